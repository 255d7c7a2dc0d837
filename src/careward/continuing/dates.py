"""What a moved moment of the season means for invitations: links live as long as they are of use, letters tell."""

from typing import Any, Final

from careward.accounts.models import MailedLink
from careward.continuing.models import PURPOSE, Invitation
from careward.continuing.procedure import INVITED
from careward.correspondence import post
from careward.flow import Step, after
from careward.seasons.announcing import News
from careward.seasons.models import MomentMove

WINDOW: Final = ("applications_open", "institution_window_closes")
"""The moments that matter to who has not answered; who has is told as an applicant."""


@after("moment_move", "move")
@after("moment_move", "take_back")
def links_follow(step: Step[MomentMove]) -> None:
    """Let every link of an invitation die with the last thing it can be used for, as it is now.

    Where the window is open again, who was told of the lapse may be told once more when it closes.
    """
    for invitation in _of(step.subject.season, step.subject.county).select_for_update(of=("self",)):
        expires = invitation.rules.application_link_expires_at
        links = MailedLink.objects.not_revoked().filter(purpose=PURPOSE, subject_id=str(invitation.pk))
        links.exclude(expires_at=expires).update(expires_at=expires)
        if invitation.lapse_told_at is not None and not invitation.closed:
            invitation.lapse_told_at = None
            invitation.save(update_fields=["lapse_told_at"])


def tell_invited(news: News, **_: Any) -> None:
    """A letter to everybody who has not answered and still can, in the county the news is about."""
    if news.code not in WINDOW:
        return
    for invitation in _of(news.season, news.county).filter(state=INVITED).select_for_update(of=("self",)):
        if not invitation.closed and not invitation.applied_anew:
            post("continuing_moment", invitation, **news.facts)


def _of(season: str, county: str) -> Any:
    invited = Invitation.objects.of_season(season).exclude(invited_at=None).select_related("institution")
    return (invited.filter(institution__county=county) if county else invited).order_by("pk")
