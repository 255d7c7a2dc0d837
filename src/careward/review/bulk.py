"""The same act on many cases: each by itself, in its own transaction, and every one with its own answer."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from careward.accounts.models import User
from careward.applications.models import Application
from careward.flow import Refused
from careward.kernel.texts import text
from careward.registry.deputies import actor_for
from careward.review import acts
from careward.review.assigning import assign

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one case; ``name`` and ``reference`` are empty for one that is not there."""

    id: UUID
    name: str
    reference: str
    done: bool
    says: str


def _sign(application: Application, user: User, remark: str) -> str:
    """Every item counts as looked at; what the platform noticed must have been judged case by case."""
    undecided = application.findings.in_force().filter(verdict=None).count()
    if undecided:
        raise Refused("findings_undecided", text("review:bulk.findings_undecided", count=undecided))
    ticked = [item.id for item in application.checklist]
    by = actor_for(user, application, "sign_off")
    return acts.sign_off(application, by, ticked=ticked, remark=remark).state_label


def _mark(application: Application, user: User, remark: str) -> str:
    by = actor_for(user, application, "mark_not_mended")
    return acts.mark_not_mended(application, by, remark=remark).state_label


def _confirm(application: Application, user: User, _remark: str) -> str:
    return acts.confirm(application, actor_for(user, application, "confirm")).state_label


def _take(application: Application, user: User, _remark: str) -> str:
    assign(application, user, user)
    return text("review:assigning.given", name=user.name)


ACTS: Final[Mapping[str, Callable[[Application, User, str], str]]] = {
    "sign_off": _sign,
    "mark_not_mended": _mark,
    "confirm": _confirm,
    "take": _take,
}
WITH_REMARK: Final = ("sign_off", "mark_not_mended")
"""Acts that keep a remark with the signature."""


def perform(act: str, ids: Iterable[UUID], user: User, remark: str) -> list[Result]:
    """Do ``act`` with each case, in the order given; one that cannot be done stops none of the others."""
    return [_one(act, id_, user, remark) for id_ in dict.fromkeys(ids)]


def _one(act: str, id_: UUID, user: User, remark: str) -> Result:
    application = Application.objects.visible_to(user).filter(pk=id_).first()
    if application is None:
        return Result(id_, "", "", done=False, says=text("review:bulk.not_here"))
    name, reference = application.institution_name, application.reference
    try:
        says = ACTS[act](application, user, remark)
    except Refused as refused:
        return Result(id_, name, reference, done=False, says=refused.message)
    except Exception:
        # Broad on purpose: every case is committed by itself, so what ended the request here would leave the officer
        # without the answers of those already signed, and the rest undone. The act is one transaction: nothing of this
        # case was changed. The fault is logged with its trace like any other, and the officer is told to report it.
        log.exception("bulk %s of %s failed", act, reference)
        return Result(id_, name, reference, done=False, says=text("review:bulk.failed"))
    return Result(id_, name, reference, done=True, says=says)
