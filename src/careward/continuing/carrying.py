"""Last season's institutions from what the platform itself knows: applications signed off, accounts in use."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from django.db import transaction

from careward.applications.models import Application
from careward.applications.procedure import SIGNED_OFF
from careward.continuing import acts
from careward.continuing.models import CARRIED, Invitation
from careward.journal import Actor
from careward.registry.models import Institution

Ask = Callable[[Application], Sequence[str] | None]
AskAnswers = Callable[[Application], Mapping[str, Any]]

_asked: Final[list[Ask]] = []
_answers: Final[list[AskAnswers]] = []


def networks_from(ask: Ask) -> None:
    """Let a later package say which addresses an account has now; they may have changed during the season."""
    _asked.append(ask)


def answers_from(ask: AskAnswers) -> None:
    """Let a later package say which other answers are different by now, by field of :data:`CARRIED`."""
    _answers.append(ask)


def to_carry(season: str) -> list[tuple[Application, Institution]]:
    """Signed-off applications of the season before whose institution is not listed for this one yet."""
    before = Application.objects.of_season(str(int(season) - 1)).filter(state=SIGNED_OFF)
    listed = set(Invitation.objects.of_season(season).values_list("institution__code", flat=True))
    latest = {one.institution_code: one for one in before.order_by("submitted_at", "pk")}
    known = Institution.objects.filter(code__in=set(latest) - listed)
    return [(latest[one.code], one) for one in known]


def carry_over(season: str, by: Actor) -> int:
    """List them for this season, to the mailbox and with the data of last season; how many. Again: none."""
    with transaction.atomic():
        found = to_carry(season)
        for application, institution in found:
            known = {name: getattr(application, name) for name in CARRIED}
            known["sources"] = list(_networks(application))
            for ask in _answers:
                known |= ask(application)
            acts.enlist(
                Invitation(
                    season=season,
                    institution=institution,
                    mailbox=application.mailbox,
                    origin="accounts",
                    **known,
                ),
                by,
            )
    return len(found)


def _networks(application: Application) -> Sequence[str]:
    told = (ask(application) for ask in _asked)
    return next((networks for networks in told if networks), application.sources)
