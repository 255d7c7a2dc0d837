"""Home, and the pages every public service owes its readers."""

from collections.abc import Sequence
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from careward.kernel import clock
from careward.kernel.texts import text
from careward.rulebook import NATIONWIDE, current
from careward.rulebook.season import Moment
from careward.shell.components import Milestone


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this is, where the season stands, and the ways in."""
    book, now = current(), clock.now()
    season = book.season_at(now, county=NATIONWIDE)
    opens, closes = season.moment("applications_open"), season.moment("institution_window_closes")
    context = {
        "season": season,
        "programme": book.programme_of(season),
        "steps": _milestones(season.public_moments, now),
        "is_open": season.window_open(now),
        "is_early": not opens.passed(now),
        "opens": opens.at,
        "closes": closes.at,
        "next": season.next_moment(now),
        "modes": [(mode, season.documents_for(mode.id)) for mode in season.modes.values()],
    }
    return render(request, "site/home.html", context)


def _milestones(moments: Sequence[Moment], now: datetime) -> list[Milestone]:
    """Passed moments are done; the first that has not come is now."""
    steps: list[Milestone] = []
    reached_now = False
    for moment in moments:
        at = moment.day if moment.whole_day or moment.opens else moment.at
        if moment.passed(now):
            steps.append(Milestone(moment.label, at, "done"))
        elif not reached_now:
            reached_now = True
            steps.append(Milestone(moment.label, at, "now", text("site:next_step")))
        else:
            steps.append(Milestone(moment.label, at, "later"))
    return steps


@require_safe
def contact(request: HttpRequest) -> HttpResponse:
    """The ministry's contact windows by institution type."""
    book = current()
    season = book.season_at(clock.now(), county=NATIONWIDE)
    rows = [
        (kind.label, book.central_unit(kind.id).label, season.contact_window(kind.id).phone)
        for kind in book.institution_types.values()
    ]
    return render(request, "site/contact.html", {"rows": rows, "counties": book.counties})


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """How personal data is treated here."""
    return render(request, "site/privacy.html")


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """What the pages promise, and whom to tell when they fail."""
    return render(request, "site/accessibility.html")
