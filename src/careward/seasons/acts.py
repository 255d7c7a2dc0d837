"""Moving a moment, and taking a move back."""

from careward.flow import Refusal, Step, act, guard
from careward.journal import Actor
from careward.kernel import clock
from careward.kernel.roc import closing, format_date
from careward.kernel.texts import text
from careward.rulebook import Moment, current
from careward.rulebook.moving import Move
from careward.seasons import moves
from careward.seasons.jobs import announce
from careward.seasons.models import MomentMove
from careward.seasons.procedure import PROCEDURE
from careward.seasons.rules import out_of_order, why_not, with_move, without


@guard("moment_move", "moment_is_ahead")
def moment_is_ahead(step: Step[MomentMove]) -> Refusal | None:
    """It is moved into the future, and for a closing not before what the rules published."""
    row = step.subject
    written = current().as_written(row.season).moment(row.code)
    code = why_not(row.rules.moment(row.code), written, row.at, step.at)
    return Refusal(code, {"published": _said(written)}) if code else None


@guard("moment_move", "moments_stay_in_order")
def moments_stay_in_order(step: Step[MomentMove]) -> Refusal | None:
    """In no county a moment would come before the one it must follow."""
    return _order(step.subject.season, with_move(moves.in_force(), step.subject.move))


@guard("moment_move", "may_be_taken_back")
def may_be_taken_back(step: Step[MomentMove]) -> Refusal | None:
    """The moment that would hold again is still ahead: nobody's time is taken after the fact."""
    row = step.subject
    left = without(moves.in_force(), row.move)
    again = current().season_with(row.season, left, county=row.county).moment(row.code)
    if not again.opens and again.passed(step.at):
        return Refusal("former_moment_passed", {"published": _said(again)})
    return _order(row.season, left)


@act("moment_move", "move")
def move(step: Step[MomentMove]) -> None:
    """Put a moment at a new time: ``subject`` is unsaved and carries season, code, county, at and reason."""
    row = step.subject
    row.was = row.rules.moment(row.code).at
    row.moved_at = step.at
    former = MomentMove.objects.in_force().filter(season=row.season, code=row.code, county=row.county)
    for other in former:
        replace(other, step.by)
    moves.forget()
    announce.defer(move_id=str(row.pk), ended=False)


@act("moment_move", "replace")
def replace(step: Step[MomentMove]) -> None:
    """Make room for a newer move of the same moment and place."""
    step.subject.ended_at = step.at


@act("moment_move", "take_back")
def take_back(step: Step[MomentMove]) -> None:
    """Let the moment hold again that held without this move."""
    step.subject.ended_at = step.at
    moves.forget()
    announce.defer(move_id=str(step.subject.pk), ended=True)


def would_refuse(row: MomentMove, by: Actor) -> str:
    """What the guards would say to this move now, worded; empty when they let it through."""
    step = Step(row, by, clock.now(), PROCEDURE.rows(None, "move", by.role)[0], {})
    refusal = moment_is_ahead(step) or moments_stay_in_order(step)
    return text(f"seasons:refusals.{refusal.code}", **refusal.values) if refusal else ""


def _order(season: str, would_be: list[Move]) -> Refusal | None:
    wrong = out_of_order(current().as_written(season), would_be)
    if wrong is None:
        return None
    before, after = wrong
    return Refusal("out_of_order", {"after": after.label, "before": before.label, "before_at": _said(before)})


def _said(moment: Moment) -> str:
    day, time = (moment.at, f"{moment.at:%H:%M}") if moment.opens else closing(moment.at)
    return f"{format_date(day)} {time}"
