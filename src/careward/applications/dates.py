"""What a moved moment of the season means for applications: links live as long as they are of use, letters tell."""

from typing import Any

from careward.accounts.models import MailedLink
from careward.applications.letters import PURPOSE
from careward.applications.models import Application
from careward.applications.procedure import WITHDRAWN
from careward.correspondence import post
from careward.flow import Step, after
from careward.seasons.announcing import News
from careward.seasons.models import MomentMove


@after("moment_move", "move")
@after("moment_move", "take_back")
def links_follow(step: Step[MomentMove]) -> None:
    """Let every mailed link of the season die with the last thing it can be used for, as it is now.

    Source: rules/seasons, application_link_until.
    """
    row = step.subject
    for county, ids in _sent(row.season, row.county).items():
        expires = Application(season=row.season, county=county).rules.application_link_expires_at
        links = MailedLink.objects.not_revoked().filter(purpose=PURPOSE, subject_id__in=ids)
        links.exclude(expires_at=expires).update(expires_at=expires)


def tell_applicants(news: News, **_: Any) -> None:
    """A letter to the mailbox of everything sent and not withdrawn, in the county the news is about."""
    concerned = (
        Application.objects.of_season(news.season).sent().exclude(state=WITHDRAWN).filter(news.concerns())
    )
    for application in concerned.select_for_update().order_by("pk"):
        post("moment_moved", application, **news.facts)


def _sent(season: str, county: str) -> dict[str, list[str]]:
    by_county: dict[str, list[str]] = {}
    sent = Application.objects.of_season(season).sent()
    for pk, place in (sent.filter(county=county) if county else sent).values_list("pk", "county"):
        by_county.setdefault(place, []).append(str(pk))
    return by_county
