"""What the institution's page shows of its months."""

from datetime import datetime
from typing import Final

from django.http import HttpRequest

from careward.kernel import clock
from careward.monthly import board, choosing
from careward.monthly.board import MonthLine, Participant
from careward.monthly.rules import STILL_OPEN, Standing
from careward.provisioning.models import UploadAccount
from careward.provisioning.rules import right_of
from careward.registry.models import Institution

MISSED: Final = (Standing.OVERDUE, Standing.HINDERED)


def of_institution(request: HttpRequest | None, subject: object) -> dict[str, object] | None:
    """The months that are overdue and the one that comes next; nothing while it does not deliver for real.

    Where two seasons meet, both: last season's months are sent until its accounts are closed.
    """
    assert isinstance(subject, Institution)
    now = clock.now()
    accounts = UploadAccount.objects.filter(institution=subject)
    seasons = choosing.seasons_of(accounts, now, county=subject.county)
    found = [board.of_institution(subject, season, now) for season in seasons]
    open_ = [one for one in found if one is not None and _may_still_send(one, now)]
    return {"pressing": [line for one in open_ for line in pressing(one)]} if open_ else None


def _may_still_send(participant: Participant, now: datetime) -> bool:
    ends = right_of(participant.account).ends
    return participant.account.state != "closed" and (ends is None or now < ends)


def pressing(participant: Participant) -> list[MonthLine]:
    """Every month that was due and lacks something, and the first that is still to come."""
    overdue = [line for line in participant.lines if line.whole.standing in MISSED and not line.complete]
    coming = [line for line in participant.lines if line.whole.standing in STILL_OPEN]
    return [*overdue, *coming[:1]]
