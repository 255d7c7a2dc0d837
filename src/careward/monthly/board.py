"""The month board: institutions that deliver, their datasets and months; a constant number of questions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from django.db.models import Exists, Min, OuterRef, Q

from careward.intake.models import AcceptedFile, Delivery
from careward.intake.procedure import ACCEPTED, CHECKING, DISPOSED, HELD, RECEIVED, REJECTED, SUPERSEDED
from careward.kernel.roc import RocMonth
from careward.kernel.spans import Span
from careward.kernel.texts import text
from careward.monthly.rules import (
    Proposal,
    Sent,
    Standing,
    asked_months,
    complete,
    month_standing,
    proposal,
    standing_of,
)
from careward.provisioning.models import Lane, UploadAccount, UploadAccountQuerySet
from careward.provisioning.stops import stops_of
from careward.registry.models import Institution
from careward.rulebook import current
from careward.rulebook.season import Season

_NEWEST: Final = {
    HELD: Standing.CHECKING,
    RECEIVED: Standing.CHECKING,
    CHECKING: Standing.CHECKING,
    REJECTED: Standing.REJECTED,
}
_NOTHING: Final = Sent()
_COLOURS: Final = {
    Standing.ON_TIME: "green",
    Standing.LATE: "orange",
    Standing.CHECKING: "blue",
    Standing.REJECTED: "red",
    Standing.WAITING: "grey",
    Standing.TO_COME: "grey",
    Standing.OVERDUE: "red",
    Standing.NOT_ASKED: "grey",
    Standing.PAUSED: "yellow",
    Standing.HINDERED: "purple",
}

Months = Mapping[str, Mapping[str, Sent]]
"""What an institution sent: by month, then by dataset."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One dataset of one month, ``title`` its name, or a month as a whole; ``at`` the first accepted file came."""

    standing: Standing
    ticket: str = ""
    at: datetime | None = None
    title: str = ""
    words: str = "standings"

    @property
    def label(self) -> str:
        """The standing in words; ``words`` are those of a dataset or of a whole month (``months``)."""
        return text(f"monthly:{self.words}.{self.standing}")

    @property
    def colour(self) -> str:
        """The colour of its tag."""
        return _COLOURS[self.standing]


@dataclass(frozen=True, slots=True)
class MonthLine:
    """One month of one institution: required datasets by id, titles of others that were accepted, all together."""

    month: RocMonth
    due: datetime
    cells: Mapping[str, Cell]
    also: tuple[str, ...]
    whole: Cell

    @property
    def complete(self) -> bool:
        """Whether every required dataset was accepted, in time or late."""
        return complete(cell.standing for cell in self.cells.values())

    @property
    def expects_nothing(self) -> bool:
        """Whether nothing can come of it now: it has not begun, or the account is stopped."""
        return self.whole.standing in (Standing.TO_COME, Standing.PAUSED)


@dataclass(frozen=True)
class Participant:
    """An institution that delivers for real in a season: since ``begins``, by ``account``, but for its ``stops``."""

    account: UploadAccount
    season: Season
    begins: datetime
    sent: Months
    stops: tuple[Span, ...]
    now: datetime

    @property
    def institution(self) -> Institution:
        """Whose months these are."""
        return self.account.institution

    @cached_property
    def asked(self) -> frozenset[RocMonth]:
        """The months asked of it."""
        return frozenset(asked_months(self.season, self.begins))

    def line(self, month: RocMonth) -> MonthLine:
        """One month of it."""
        due = self.season.due_at(month)
        sent = self.sent.get(str(month), {})
        names = titles(self.season)
        required = {dataset: sent.get(dataset, _NOTHING) for dataset in self.season.datasets.required.value}
        cells = {
            dataset: Cell(standing_of(one, due, self.now), one.ticket, one.first_accepted, names[dataset])
            for dataset, one in required.items()
        }
        also = tuple(
            names[dataset]
            for dataset in self.season.datasets.optional.value
            if dataset in sent and sent[dataset].first_accepted is not None
        )
        whole = Standing.NOT_ASKED
        if month in self.asked:
            states = [cell.standing for cell in cells.values()]
            whole = month_standing(states, self.season, month, self.stops, self.now)
        return MonthLine(month, due, cells, also, Cell(whole, words="months"))

    @cached_property
    def lines(self) -> tuple[MonthLine, ...]:
        """Every data month of the season."""
        return tuple(self.line(month) for month in self.season.months)

    @cached_property
    def proposal(self) -> Proposal:
        """What is proposed for the season's indicator."""
        return proposal(self.season, {line.month: line.whole.standing for line in self.lines})

    @cached_property
    def connected_since(self) -> datetime | None:
        """When the first file that was accepted came; None before."""
        sent = (one for month in self.sent.values() for one in month.values())
        found = [one.first_accepted for one in sent if one.first_accepted]
        return min(found, default=None)

    @property
    def shown_stops(self) -> list[Span]:
        """The stops since it has been asked for data, oldest first."""
        lasting = [one for one in self.stops if one.ends is None or one.ends > self.begins]
        begun = [Span(max(one.begins, self.begins), one.ends, one.reason) for one in lasting]
        return sorted((one for one in begun if one.begins <= self.now), key=lambda one: one.begins)

    def counted(self, standing: Standing) -> int:
        """How many asked months stand so."""
        return sum(line.whole.standing is standing for line in self.lines)


def titles(season: Season) -> dict[str, str]:
    """What each dataset of the season's specification is called, by id."""
    spec = current().interchange(season.season.interchange)
    return {id_: dataset.title for id_, dataset in spec.datasets.items()}


def deliverers(accounts: UploadAccountQuerySet) -> UploadAccountQuerySet:
    """Of these accounts those that were handed over and deliver for real, suspended and closed ones included."""
    return accounts.exclude(state__in=("requested", "held")).filter(lane=Lane.LIVE)


def delivering(season: str) -> UploadAccountQuerySet:
    """The accounts of everybody who delivers in a season, by county and code.

    One for each institution: a closed one stands only until the next is made, but its months stay to be seen.
    """
    mine = deliverers(UploadAccount.objects.filter(season=season))
    newer = mine.filter(institution=OuterRef("institution"), requested_at__gt=OuterRef("requested_at"))
    accounts = mine.exclude(Exists(newer))
    return accounts.select_related("institution").order_by("institution__county", "institution__code")


def participants(
    accounts: UploadAccountQuerySet, season: Season, now: datetime, months: Sequence[RocMonth] | None = None
) -> list[Participant]:
    """The institutions of these accounts with what they sent for ``months`` (all of the season when None)."""
    found = list(accounts)
    sent = _sent([account.institution_id for account in found], months or season.months)
    stops = stops_of(found)
    return [
        Participant(one, season, _begins(one), sent.get(one.institution_id, {}), stops[one.pk], now)
        for one in found
    ]


def _begins(account: UploadAccount) -> datetime:
    """From when it could deliver for real: nobody is asked for what was due before the account was made [decided]."""
    opens = account.rules.moment("upload_opens").at
    return max(opens, account.created_at or opens, account.indicator_recorded_at or opens)


def _sent(institutions: Iterable[int], months: Iterable[RocMonth]) -> Mapping[int, Months]:
    live = Q(institution__in=list(institutions), lane=Lane.LIVE, period__in=[str(month) for month in months])
    keys = ("institution", "dataset", "period")
    accepted: dict[Any, datetime] = {
        (row["institution"], row["dataset"], row["period"]): row["first"]
        for row in AcceptedFile.objects.filter(live)
        .order_by()
        .values(*keys)
        .annotate(first=Min("delivery__received_at"))
    }
    newest = (
        Delivery.objects.filter(live)
        .filter(state__in=(*_NEWEST, ACCEPTED, SUPERSEDED, DISPOSED))
        .order_by(*keys, "-received_at", "-pk")
        .distinct(*keys)
        .values_list(*keys, "state", "ticket")
    )
    found: dict[int, dict[str, dict[str, Sent]]] = defaultdict(lambda: defaultdict(dict))
    for institution, dataset, period, state, ticket in newest:
        first = accepted.get((institution, dataset, period))
        found[institution][period][dataset] = Sent(first, _NEWEST.get(state, ""), ticket)
    return found


def of_institution(institution: Institution, season: Season, now: datetime) -> Participant | None:
    """The months of one institution in a season; None while it does not deliver there."""
    found = participants(delivering(season.code).filter(institution=institution), season, now)
    return found[0] if found else None
