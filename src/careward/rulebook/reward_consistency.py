"""Contradictions within a programme's reward rules, and between them and laws, types and indicators."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations, pairwise
from pathlib import Path

from careward.kernel.texts import text
from careward.rulebook.laws import Article, Laws
from careward.rulebook.programme import Programme
from careward.rulebook.reading import Desk
from careward.rulebook.reward import PerBed, PricedItems, Span


def _listed(codes: Iterable[str]) -> str:
    return text("rulebook:separator").join(codes)


def refuse_laws(desk: Desk, laws: Laws) -> None:
    """Numberings of an article follow each other without overlap."""
    path = desk.folder / "laws.yaml"
    tables: tuple[tuple[str, Mapping[str, Article]], ...] = (
        ("offences", laws.offences),
        ("penalties", laws.penalties),
    )
    for table, articles in tables:
        for id_, article in articles.items():
            _numberings(desk, path, f"{table}.{id_}.numberings", article)


def _numberings(desk: Desk, path: Path, place: str, article: Article) -> None:
    if not article.numberings:
        desk.complain(path, place, "numbering_missing")
    for number, one in enumerate(article.numberings):
        if one.valid_from and one.valid_to and one.valid_to < one.valid_from:
            desk.complain(path, f"{place}.{number}.valid_to", "days_backwards", first=one.valid_from)
    for number, (before, after) in enumerate(pairwise(article.numberings), 1):
        if before.valid_to is None or after.valid_from is None or after.valid_from <= before.valid_to:
            desk.complain(path, f"{place}.{number}.valid_from", "numberings_overlap")


@dataclass(frozen=True, slots=True)
class RewardPage:
    """One programme's reward rules beside everything they name."""

    desk: Desk
    path: Path
    programme: Programme
    laws: Laws
    types: tuple[str, ...]
    ownerships: tuple[str, ...]

    def refuse(self) -> None:
        """Note what cannot be true together."""
        match self.programme.reward:
            case PerBed() as rules:
                self._per_bed(rules)
            case PricedItems() as rules:
                self._priced(rules)

    def _complain(self, place: str, code: str, **values: object) -> None:
        self.desk.complain(self.path, f"reward.{place}", code, **values)

    def _known(self, place: str, found: Iterable[str], known: Iterable[str]) -> None:
        names = tuple(known)
        for name in found:
            if name not in names:
                self._complain(place, "unknown", found=name, known=_listed(names))

    def _per_bed(self, rules: PerBed) -> None:
        self._period(rules)
        self._routes(rules)
        self._beds(rules)
        self._rates(rules)
        self._due(rules)
        self._exits(rules)
        self._known("bonus.ownerships", rules.bonus.ownerships, self.ownerships)
        for name, cap in (("admin_cost", rules.admin_cost), ("bonus", rules.bonus)):
            if cap.warn_from_percent > cap.percent:
                self._complain(f"{name}.warn_from_percent", "warns_too_late", most=cap.percent)
        for name, value in self._single_values(rules):
            self._years(name, value)

    @staticmethod
    def _single_values(rules: PerBed) -> Iterable[tuple[str, Span]]:
        for name in (
            "judged_on", "results_due", "validity", "cap", "termination", "unmet_indicator", "admin_cost", "bonus",
        ):  # fmt: skip
            yield name, getattr(rules, name)
        tables: dict[str, Mapping[str, Span]] = {
            "routes": rules.routes,
            "beds": rules.beds,
            "rates": rules.rates,
            "due": rules.due,
            "exits": rules.exits,
        }
        for name, table in tables.items():
            for id_, line in table.items():
                yield f"{name}.{id_}", line

    def _years(self, place: str, value: Span) -> None:
        years = self.programme.years
        if value.valid_to < value.valid_from:
            self._complain(
                f"{place}.valid_to", "years_backwards", first=value.valid_from, last=value.valid_to
            )
        for name, year in (("valid_from", value.valid_from), ("valid_to", value.valid_to)):
            if years and year not in years:
                self._complain(f"{place}.{name}", "year_outside", found=year, first=years[0], last=years[-1])

    def _period(self, rules: PerBed) -> None:
        if rules.period.last_day < rules.period.first_day:
            self._complain("period.last_day", "days_backwards", first=rules.period.first_day)
        for name in ("judged_on", "results_due"):
            day = getattr(rules, name)
            try:
                date(2023, day.month, day.day)
            except ValueError:
                self._complain(f"{name}.day", "no_such_day", found=f"{day.month}/{day.day}")

    def _routes(self, rules: PerBed) -> None:
        if not rules.routes:
            self._complain("routes", "list_empty")
        for id_, route in rules.routes.items():
            if route.opened_from and route.opened_to < route.opened_from:
                self._complain(f"routes.{id_}.opened_to", "days_backwards", first=route.opened_from)
            if not route.kinds:
                self._complain(f"routes.{id_}.kinds", "list_empty")

    def _beds(self, rules: PerBed) -> None:
        for id_, basis in rules.beds.items():
            self._known(f"beds.{id_}.type", [basis.type], self.types)
        for kind in self.programme.institution_types.value:
            for year in self.programme.years:
                if rules.basis(kind, year) is None:
                    self._complain("beds", "year_without", named=kind, year=year)
        self._only_one("beds", [(i, b.type, b) for i, b in rules.beds.items()])

    def _rates(self, rules: PerBed) -> None:
        for id_, rate in rules.rates.items():
            self._known(f"rates.{id_}.ownership", [rate.ownership], self.ownerships)
        for ownership in self.ownerships:
            for year in self.programme.years:
                if rules.rate(ownership, year) is None:
                    self._complain("rates", "year_without", named=ownership, year=year)
        self._only_one("rates", [(i, r.ownership, r) for i, r in rules.rates.items()])

    def _only_one(self, table: str, lines: list[tuple[str, str, Span]]) -> None:
        for (_, key, one), (id_, other_key, other) in combinations(lines, 2):
            if key == other_key and one.valid_from <= other.valid_to and other.valid_from <= one.valid_to:
                self._complain(f"{table}.{id_}", "years_overlap", named=key)

    def _due(self, rules: PerBed) -> None:
        self._known("due", rules.due, self.programme.indicators)
        for id_, due in rules.due.items():
            self._known(f"due.{id_}.types", due.types, self.programme.institution_types.value)
        for code in self.programme.indicators:
            if code not in rules.due:
                self._complain(f"due.{code}", "missing_line", needed=code)

    def _exits(self, rules: PerBed) -> None:
        for id_, exit_ in rules.exits.items():
            self._known(f"exits.{id_}.offence", [exit_.offence], self.laws.offences)
            self._known(f"exits.{id_}.penalty", [exit_.penalty], self.laws.penalties)

    def _priced(self, rules: PricedItems) -> None:
        table = rules.price_table
        for id_, item in table.items.items():
            place = f"price_table.items.{id_}"
            self._years(place, item)
            self._known(f"{place}.prices", item.prices, table.bed_classes)
            for class_ in table.bed_classes:
                if class_ not in item.prices:
                    self._complain(f"{place}.prices", "missing_line", needed=class_)
