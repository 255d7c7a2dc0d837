"""What a moved moment of the season means for 補件: a round that is due at the moment follows it."""

from careward.flow import Step, after
from careward.review.models import Supplement
from careward.seasons.models import MomentMove

_DUE = ("supplement_default_due", "supplement_latest_due")


@after("moment_move", "move")
@after("moment_move", "take_back")
def rounds_follow(step: Step[MomentMove]) -> None:
    """Let every running round that is due at the season's moment be due at it still; a time of one's own stays."""
    row = step.subject
    if row.code not in _DUE:
        return
    before = row.was if step.transition.act == "move" else row.at
    running = Supplement.objects.running().filter(application__season=row.season, due_at=before)
    if row.county:
        running = running.filter(application__county=row.county)
    for supplement in running.select_related("application"):
        supplement.due_at = supplement.application.rules.moment(row.code).at
        supplement.save(update_fields=["due_at"])
