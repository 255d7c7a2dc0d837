"""The same decisions for very many institutions, as columns of polars; any row is explained by deciding it again.

A property test holds this and :mod:`careward.rewards.reckoning` equal, row by row. Nothing here knows a figure: the
rules of the year are the same objects.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from typing import Any, Final, Self

import polars as pl

from careward.kernel.roc import ad_year
from careward.rewards.columns import KINDS
from careward.rewards.facts import MET, Accreditation, Facts, Penalty
from careward.rewards.reckoning import YearRules
from careward.rulebook.laws import Article
from careward.rulebook.reward import Route

_PENDING, _MET, _UNMET = 0, 1, 2
_CODE: Final = {"pending": _PENDING, "unmet": _UNMET, **dict.fromkeys(MET, _MET)}
_STATE: Final = {_PENDING: "pending", _MET: "met", _UNMET: "unmet"}
_COUNTS: Final = ("open_beds", "residents", "anyang_residents", "early_intervention_residents")
_TEXTS: Final = ("institution_code", "name", "county", "type", "ownership")


@dataclass(frozen=True, slots=True)
class Table:
    """Facts of many institutions, in frames joined by ``n``, the row's number in ``rows``.

    ``accreditations`` are sorted by ``n`` and the day they count from; ``first`` marks an institution's earliest day.
    """

    rows: pl.DataFrame
    accreditations: pl.DataFrame
    penalties: pl.DataFrame
    indicators: tuple[str, ...]

    @classmethod
    def of(cls, facts: Iterable[Facts], indicators: Sequence[str]) -> Self:
        """Lay facts out in columns."""
        rows: list[dict[str, Any]] = []
        accreditations: list[tuple[Any, ...]] = []
        penalties: list[tuple[Any, ...]] = []
        for n, one in enumerate(facts):
            row = {name: getattr(one, name) for name in (*_TEXTS, *_COUNTS, "founded_on", "ended_on")}
            row.update({id_: _CODE[one.state_of(id_)] for id_ in indicators})
            rows.append(row)
            accreditations += [
                (n, a.grade, a.announced, a.valid_from, a.valid_to, a.kind, a.passed, a.since)
                for a in one.accreditations
            ]
            penalties += [(n, p.offence, p.provision, p.offence_date, p.penalty_date) for p in one.penalties]
        return cls(
            pl.DataFrame(rows, schema=_rows_schema(indicators)),
            _sorted(pl.DataFrame(accreditations, schema=_ACCREDITATIONS, orient="row")),
            pl.DataFrame(penalties, schema=_PENALTIES, orient="row"),
            tuple(indicators),
        )

    def facts(self, n: int, origin: str = "") -> Facts:
        """Give back the facts of one row, so that it can be decided and explained by itself."""
        row = self.rows.row(n, named=True)
        mine = self.accreditations.filter(pl.col("n") == n).drop("n", "since", "first")
        penalties = self.penalties.filter(pl.col("n") == n).drop("n")
        indicators = {id_: _STATE[row.pop(id_)] for id_ in self.indicators}
        return Facts(
            **row,
            accreditations=tuple(Accreditation(**one) for one in mine.iter_rows(named=True)),
            penalties=tuple(Penalty(**one) for one in penalties.iter_rows(named=True)),
            indicators=indicators,
            origin=origin,
        )

    def times(self, count: int) -> Self:
        """The same institutions ``count`` times over: large tables for benchmarks."""
        height = self.rows.height
        copies = pl.DataFrame({"copy": pl.arange(0, count, eager=True).cast(pl.UInt32)})

        def again(frame: pl.DataFrame) -> pl.DataFrame:
            many = copies.join(frame, how="cross")
            return many.with_columns(n=pl.col("n") + pl.col("copy") * height).drop("copy").rechunk()

        rows = copies.join(self.rows, how="cross").drop("copy").rechunk()
        return type(self)(rows, again(self.accreditations), again(self.penalties), self.indicators)


_ACCREDITATIONS: Final[dict[str, Any]] = {
    "n": pl.UInt32,
    "grade": pl.String,
    "announced": pl.Date,
    "valid_from": pl.Date,
    "valid_to": pl.Date,
    "kind": pl.Enum(KINDS),
    "passed": pl.Boolean,
    "since": pl.Date,
}
_PENALTIES: Final[dict[str, Any]] = {
    "n": pl.UInt32,
    "offence": pl.String,
    "provision": pl.String,
    "offence_date": pl.Date,
    "penalty_date": pl.Date,
}


def _rows_schema(indicators: Sequence[str]) -> Any:
    words = {
        **dict.fromkeys(_TEXTS, pl.String),
        "type": pl.Categorical,
        "ownership": pl.Categorical,
    }
    counts = dict.fromkeys(_COUNTS, pl.Int32)
    return {
        **words,
        **counts,
        "founded_on": pl.Date,
        "ended_on": pl.Date,
        **dict.fromkeys(indicators, pl.UInt8),
    }


def _sorted(frame: pl.DataFrame) -> pl.DataFrame:
    frame = frame.sort("n", "since", maintain_order=True)
    return frame.with_columns(
        first=(pl.col("since") == pl.col("since").min().over("n")).fill_null(value=False)
    )


def decide_all(table: Table, rules: YearRules, ended: pl.Series | None = None) -> pl.DataFrame:
    """Decide one year for every row; ``ended`` marks rows with an exit in an earlier year.

    Returns eligible, route, eligible_from, beds_counted, rate, amount and ``exits``, the next year's ``ended``.
    """
    height = table.rows.height
    earlier, now = _exits(table, rules)
    opened = _opened(table, rules)
    day = rules.judged_on
    covering = table.accreditations.filter(
        pl.col("passed")
        & (pl.col("since") <= day)
        & (pl.col("valid_to") >= day)
        & pl.col("kind").is_in(rules.rules.validity.carried_by)
    )
    judged = table.rows.select(
        inside=_by_word("type", dict.fromkeys(rules.due, True), False),  # noqa: FBT003 – what is not listed
        ended=pl.col("ended_on").dt.year().fill_null(9999) <= day.year,
        beds=_beds(rules),
        rate=_rate(rules),
        met=_states(rules, _MET, every=True),
        unmet=_states(rules, _UNMET, every=False),
    ).with_columns(
        *opened,
        carried=_marked(covering["n"], height),
        before=earlier if ended is None else earlier | ended,
        now=now,
    )
    return _outcome(
        judged, ends=rules.rules.unmet_indicator.ends and rules.rules.unmet_indicator.holds_in(rules.year)
    )


def _outcome(judged: pl.DataFrame, *, ends: bool) -> pl.DataFrame:
    ok = pl.col("inside") & pl.col("route").is_not_null() & pl.col("carried")
    eligible = ok & ~pl.col("before") & ~pl.col("ended")
    exits = pl.col("now") | (eligible & pl.col("unmet") & ends)
    rate = pl.when("inside").then("rate").otherwise(0)
    beds = pl.when("inside").then("beds").otherwise(0)
    return judged.select(
        eligible=eligible,
        route=pl.when("inside").then("route"),
        eligible_from=pl.when("inside").then("eligible_from"),
        beds_counted=beds,
        rate=rate,
        amount=pl.when(eligible & ~exits & pl.col("met")).then(beds.cast(pl.Int64) * rate).otherwise(0),
        exits=exits | pl.col("before"),
    )


def _marked(n: pl.Series, height: int) -> pl.Series:
    """True in the rows named by ``n``."""
    return pl.repeat(value=False, n=height, eager=True).scatter(n, True)  # noqa: FBT003


def _by_word(column: str, values: dict[str, Any], otherwise: Any) -> pl.Expr:
    """A value by the word of a categorical column."""
    found: Any = pl.lit(otherwise)
    for word, value in values.items():
        found = pl.when(pl.col(column) == word).then(value).otherwise(found)
    expression: pl.Expr = found
    return expression


def _beds(rules: YearRules) -> pl.Expr:
    counted = {}
    for kind in rules.due:
        if basis := rules.rules.basis(kind, rules.year):
            left = reduce(lambda beds, name: beds - pl.col(name), basis.taken_out, pl.col(basis.counted))
            counted[kind] = left.clip(0, rules.rules.cap.beds)
    return _by_word("type", counted, 0)


def _rate(rules: YearRules) -> pl.Expr:
    rates = {one.ownership: one.amount for one in rules.rules.rates.values() if one.holds_in(rules.year)}
    return _by_word("ownership", rates, 0)


def _states(rules: YearRules, state: int, *, every: bool) -> pl.Expr:
    """Whether every, or some, indicator due for the row's type is in a state."""
    together = pl.all_horizontal if every else pl.any_horizontal
    by_due: dict[tuple[str, ...], list[str]] = {}
    for kind, due in rules.due.items():
        by_due.setdefault(tuple(one.id for one in due), []).append(kind)
    told = {due: together(pl.col(id_) == state for id_ in due) if due else pl.lit(every) for due in by_due}
    if len(told) == 1:
        return next(iter(told.values()))
    return _by_word("type", {kind: told[due] for due, kinds in by_due.items() for kind in kinds}, every)


def _opened(table: Table, rules: YearRules) -> tuple[pl.Series, pl.Series]:
    """Route and opening day of every row; the last written wins, so the first route and earliest day come last."""
    height = table.rows.height
    ids = [one.id for one in rules.routes]
    route = pl.repeat(None, height, dtype=pl.UInt32, eager=True)
    since = pl.repeat(None, height, dtype=pl.Date, eager=True)
    for place, one in reversed([*enumerate(rules.routes)]):
        opening = (
            table.accreditations.filter(_opens(one, table, rules.judged_on)).select("n", "since").reverse()
        )
        route = route.scatter(opening["n"], place)
        since = since.scatter(opening["n"], opening["since"])
    named = pl.Series("route", ids, dtype=pl.Enum(ids)).gather(route)
    return named, since.alias("eligible_from")


def _opens(route: Route, table: Table, day: date) -> pl.Expr:
    height, known = table.rows.height, table.accreditations
    asked = pl.col("passed") & (pl.col("since") <= min(route.opened_to, day))
    if route.kinds != KINDS:
        asked &= pl.col("kind").is_in(route.kinds)
    if route.opened_from:
        asked &= pl.col("since") >= route.opened_from
    if route.still_valid_on:
        asked &= pl.col("valid_to") >= route.still_valid_on
    if route.first_accreditation:
        asked &= pl.col("first")
    if route.founded_by:
        founded = (table.rows["founded_on"] <= route.founded_by).fill_null(value=False)
        asked &= pl.lit(founded.gather(known["n"]))
    if route.failed_by:
        failed = known.filter(~pl.col("passed") & (pl.col("since") <= route.failed_by))
        asked &= pl.lit(_marked(failed["n"], height).gather(known["n"]))
    return asked


def _exits(table: Table, rules: YearRules) -> tuple[pl.Series, pl.Series]:
    """Rows penalised in an earlier year, and in this one."""
    height, period = table.rows.height, rules.rules.period
    within = table.penalties.filter(pl.col("penalty_date").is_between(period.first_day, period.last_day))
    listed = [
        (pl.col("offence") == one.offence)
        & (pl.col("provision") == one.penalty)
        & _in_force(rules.laws.offences[one.offence])
        & _in_force(rules.laws.penalties[one.penalty])
        & pl.col("penalty_date").dt.year().is_between(ad_year(one.valid_from), ad_year(one.valid_to))
        for one in rules.exits.values()
    ]
    if not listed:
        return _marked(within["n"].head(0), height), _marked(within["n"].head(0), height)
    found = within.filter(reduce(or_, listed))
    year = found["penalty_date"].dt.year()
    this = rules.judged_on.year
    return _marked(found["n"].filter(year < this), height), _marked(found["n"].filter(year == this), height)


def _in_force(article: Article) -> pl.Expr:
    """Whether an article's id was in force on the day of the offence."""
    spans = []
    for one in article.numberings:
        span = pl.lit(value=True)
        if one.valid_from:
            span &= pl.col("offence_date") >= one.valid_from
        if one.valid_to:
            span &= pl.col("offence_date") <= one.valid_to
        spans.append(span)
    return reduce(or_, spans)
