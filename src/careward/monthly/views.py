"""The month boards: an institution's own months, and those of all institutions somebody may see."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from careward import rulebook
from careward.accounts.access import at_seat, for_roles, user_of
from careward.accounts.exporting import list_download
from careward.accounts.models import COUNTY, User
from careward.kernel import clock
from careward.kernel.texts import text
from careward.monthly import asking, choosing
from careward.monthly import board as boards
from careward.monthly.asking import Wish
from careward.monthly.board import Participant
from careward.monthly.rules import Result, Standing
from careward.provisioning.models import UploadAccount
from careward.registry.models import Institution
from careward.rulebook.season import Season
from careward.shell.components import Tab
from careward.store.spreadsheets import FORMATS, Cell

READERS: Final = (*COUNTY, "ministry", "vendor")
PAGE_SIZE: Final = 50
MONTH_STANDINGS: Final = (
    Standing.ON_TIME, Standing.LATE, Standing.WAITING, Standing.TO_COME, Standing.PAUSED, Standing.OVERDUE,
    Standing.HINDERED, Standing.NOT_ASKED,
)  # fmt: skip


@never_cache
@require_safe
@at_seat("read")
def own(request: HttpRequest) -> HttpResponse:
    """An institution's months: what came in time, what is missing, what 指標 3.1 would say."""
    return _months_of(request, get_object_or_404(Institution.objects.visible_to(user_of(request))))


@never_cache
@require_safe
@for_roles(*READERS)
def of_institution(request: HttpRequest, code: str) -> HttpResponse:
    """The same page of any institution somebody may see."""
    reachable = Institution.objects.visible_to(user_of(request)).with_code(code)
    return _months_of(request, get_object_or_404(reachable))


def _months_of(request: HttpRequest, institution: Institution) -> HttpResponse:
    wish, now = Wish.read(request.GET), clock.now()
    accounts = UploadAccount.objects.filter(institution=institution)
    seasons = choosing.seasons_of(accounts, now, county=institution.county)
    season = choosing.chosen(seasons, wish.season, now)
    participant = boards.of_institution(institution, season, now)
    context: dict[str, Any] = {
        "institution": institution,
        "participant": participant,
        "season": season,
        "seasons": choosing.tabs(seasons, season, ""),
    }
    if participant is not None:
        context |= {
            "required": _required(season),
            "hindered": participant.counted(Standing.HINDERED),
            "own": user_of(request).role == "institution",
            "late": participant.counted(Standing.LATE),
            "overdue": participant.counted(Standing.OVERDUE),
            "stops": participant.shown_stops,
        }
    return render(request, "monthly/months.html", context)


@never_cache
@require_safe
@for_roles(*READERS)
def board(request: HttpRequest) -> HttpResponse:
    """One month of all institutions in reach: which dataset is accepted, checked, rejected, missing."""
    wish, seasons = Wish.read(request.GET), _seasons(user_of(request))
    season = choosing.chosen(seasons, wish.season, clock.now())
    month = wish.month(season, clock.now())
    everybody = boards.participants(_reachable(request, wish, season), season, clock.now(), [month])
    rows = [(one, one.line(month)) for one in everybody]
    shown = [row for row in rows if not wish.standing or row[1].whole.standing == wish.standing]
    required = _required(season)
    kind = request.GET.get("as", "")
    if kind in FORMATS:
        heading = [*asking.heading(), *required, *asking.words("month", "also")]
        cells = [[*asking.place(one), *_month_cells(line)] for one, line in shown]
        return list_download(request, kind, text("monthly:titles.board", month=month), heading, cells)
    standings = [line.whole.standing for _, line in rows]
    context = {
        **_frame(wish, seasons, season, user_of(request)),
        "month": month,
        "due": season.due_at(month),
        "months": [(str(one), str(one)) for one in season.months],
        "required": required,
        "tabs": _tabs(wish, standings, MONTH_STANDINGS, "standing", "months"),
        "page": Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page")),
    }
    return render(request, "monthly/board.html", context)


def _required(season: Season) -> list[str]:
    names = boards.titles(season)
    return [names[dataset] for dataset in season.datasets.required.value]


def _month_cells(line: boards.MonthLine) -> list[Cell]:
    said = ("" if line.expects_nothing and not cell.ticket else cell.label for cell in line.cells.values())
    return [*said, line.whole.label, len(line.also)]


@never_cache
@require_safe
@for_roles(*READERS)
def year(request: HttpRequest) -> HttpResponse:
    """All months of all institutions in reach, with the proposed result of the season's indicator."""
    wish, seasons = Wish.read(request.GET), _seasons(user_of(request))
    season = choosing.chosen(seasons, wish.season, clock.now())
    everybody = boards.participants(_reachable(request, wish, season), season, clock.now())
    shown = [one for one in everybody if not wish.result or one.proposal.result == wish.result]
    kind = request.GET.get("as", "")
    if kind in FORMATS:
        heading = [
            *asking.heading(),
            *map(str, season.months),
            *asking.words("since", "on_time", "asked", "hindered", "result", "state"),
        ]
        cells = [[*asking.place(one), *_year_cells(one)] for one in shown]
        title = text("monthly:titles.year", season=season.season.label)
        return list_download(request, kind, title, heading, cells)
    context = {
        **_frame(wish, seasons, season, user_of(request)),
        "legend": [(one, text(f"monthly:months.{one}")) for one in MONTH_STANDINGS],
        "tabs": _tabs(wish, [one.proposal.result for one in everybody], list(Result), "result", "results"),
        "page": Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page")),
    }
    return render(request, "monthly/year.html", context)


def _year_cells(one: Participant) -> list[Cell]:
    made = one.proposal
    states = [line.whole.label for line in one.lines]
    hindered, result = one.counted(Standing.HINDERED), text(f"monthly:results.{made.result}")
    state = text(f"provisioning:states.account.{one.account.state}")
    return [*states, one.connected_since, made.on_time, made.asked, hindered, result, state]


def _seasons(viewer: User) -> list[Season]:
    accounts = UploadAccount.objects.visible_to(viewer)
    return choosing.seasons_of(accounts, clock.now(), county=viewer.county or rulebook.NATIONWIDE)


def _reachable(request: HttpRequest, wish: Wish, season: Season) -> Any:
    return wish.narrowed(boards.delivering(season.code).visible_to(user_of(request)))


def _frame(wish: Wish, seasons: Sequence[Season], season: Season, viewer: User) -> dict[str, object]:
    book = rulebook.current()
    return {
        "season": season,
        "seasons": choosing.tabs(seasons, season, wish.address(season="", month="", standing="", result="")),
        "wish": wish,
        "types": [(kind.id, kind.label) for kind in book.institution_types.values()],
        "counties": [] if viewer.county else [(one.code, one.name) for one in book.counties.values()],
        "formats": FORMATS,
        "here": wish.address(),
    }


def _tabs(
    wish: Wish, found: Sequence[str], kinds: Sequence[Standing | Result], name: str, words: str
) -> list[Tab]:
    chosen: Mapping[str, str] = wish.values
    tabs = [Tab(text("monthly:tabs.all"), f"?{wish.address(**{name: ''})}", name not in chosen, len(found))]
    for kind in kinds:
        count = found.count(kind)
        if count or chosen.get(name) == kind:
            address = f"?{wish.address(**{name: kind})}"
            tabs.append(Tab(text(f"monthly:{words}.{kind}"), address, chosen.get(name) == kind, count))
    return tabs
