"""What the institution's page shows of its months."""

from django.http import HttpRequest

from careward.kernel import clock
from careward.monthly import board
from careward.monthly.board import MonthLine, Participant
from careward.monthly.rules import Standing
from careward.registry.models import Institution


def of_institution(request: HttpRequest | None, subject: object) -> dict[str, object] | None:
    """The months that are overdue and the one that comes next; nothing while it does not deliver for real."""
    assert isinstance(subject, Institution)
    found = board.of_institution(subject, clock.now())
    return {"participant": found, "pressing": pressing(found)} if found else None


def pressing(participant: Participant) -> list[MonthLine]:
    """Every overdue month, and the first that is still to come."""
    overdue = [line for line in participant.lines if line.whole.standing is Standing.OVERDUE]
    coming = [line for line in participant.lines if line.whole.standing is Standing.WAITING]
    return [*overdue, *coming[:1]]
