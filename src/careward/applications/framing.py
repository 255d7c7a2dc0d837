"""What stands around every page of the form: the season's moments, whom to call, and that the form is shut."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from careward import rulebook
from careward.kernel import clock
from careward.rulebook import Season


def moments(season: Season, institution_type: str = "") -> dict[str, object]:
    """The moments a page speaks of and the contact windows: one's own once the type is known, else all."""
    types = rulebook.current().institution_types
    windows = [(types[window.id].label, window.phone) for window in season.contact_windows.values()]
    mine = (
        [(types[institution_type].label, season.contact_window(institution_type).phone)]
        if institution_type
        else []
    )
    return {
        "season": season,
        "opens": season.moment("applications_open"),
        "closes": season.moment("institution_window_closes"),
        "review_closes": season.moment("review_closes"),
        "supplement_latest": season.moment("supplement_latest_due"),
        "test_ends": season.moment("test_access_ends"),
        "windows": mine or windows,
    }


def closed(
    request: HttpRequest, season: Season, institution_type: str = "", refusal: str = ""
) -> HttpResponse:
    """The form is shut: why, since when, whom to call, what can still be done. A refused submission is 409."""
    over = season.moment("institution_window_closes").passed(clock.now())
    context = {"over": over, "refusal": refusal, **moments(season, institution_type)}
    return render(request, "applications/closed.html", context, status=409 if refusal else 200)
