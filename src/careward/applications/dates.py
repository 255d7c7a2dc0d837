"""What a moved moment of the season means for applications: links live as long as they are of use, letters tell."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import F

from careward.accounts.models import MailedLink
from careward.applications.letters import DRAFT_PURPOSE, PURPOSE
from careward.applications.models import Application, ApplicationQuerySet
from careward.applications.procedure import WITHDRAWN
from careward.correspondence import post
from careward.flow import Step, after
from careward.kernel import clock
from careward.rulebook.season import Season
from careward.seasons.announcing import News
from careward.seasons.models import MomentMove


@after("moment_move", "move")
@after("moment_move", "take_back")
def links_follow(step: Step[MomentMove]) -> None:
    """Let every mailed link of the season die with the last thing it can be used for, as it is now.

    Source: rules/seasons, application_link_until.
    """
    row, season = step.subject, Application.objects.of_season(step.subject.season)
    for rules, ids in _by_county(season.sent(), row.county):
        _end(PURPOSE, ids, rules.application_link_expires_at)
    for rules, ids in _by_county(season.drafts(), row.county):
        _end(DRAFT_PURPOSE, ids, rules.moment("institution_window_closes").at)


def tell_applicants(news: News, **_: Any) -> None:
    """A letter to the mailbox of everything sent and not withdrawn, in the county the news is about."""
    concerned = (
        Application.objects.of_season(news.season).sent().exclude(state=WITHDRAWN).filter(news.concerns())
    )
    for application in concerned.select_for_update().order_by("pk"):
        post("moment_moved", application, **news.facts)


def tell_drafters(news: News, **_: Any) -> None:
    """A letter to whoever has begun and not sent, while it still can be sent; once a mailbox and institution.

    Only to proved mailboxes. A continuing institution's change that was begun is told with its invitation.
    """
    if news.code != "institution_window_closes":
        return
    drafts = Application.objects.of_season(news.season).drafts().filter(news.concerns(), kind="new")
    proved = drafts.filter(mailbox_proofs__proved_at__isnull=False, mailbox_proofs__mailbox=F("mailbox"))
    told: set[tuple[str, str]] = set()
    for draft in proved.order_by("-started_at", "pk").select_for_update(of=("self",)):
        whom = draft.mailbox, draft.institution_code
        if whom in told or draft.others_sent().filter(mailbox=draft.mailbox).exists():
            continue
        told.add(whom)
        if not draft.rules.moment(news.code).passed(clock.now()):
            post("draft_moment", draft, **news.facts)


def _by_county(cases: ApplicationQuerySet, county: str) -> Iterator[tuple[Season, list[str]]]:
    """The season's rules of each county beside the cases there; of one county only when it is named."""
    found: dict[tuple[str, str], list[str]] = {}
    for case in (cases.filter(county=county) if county else cases).values_list("season", "county", "pk"):
        found.setdefault(case[:2], []).append(str(case[2]))
    for (code, place), ids in found.items():
        yield Application(season=code, county=place).rules, ids


def _end(purpose: str, ids: list[str], expires: datetime) -> None:
    links = MailedLink.objects.not_revoked().filter(purpose=purpose, subject_id__in=ids)
    links.exclude(expires_at=expires).update(expires_at=expires)
