"""Check kinds that need more than one row: all of them, an order in time, other files, the month before."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import groupby, pairwise, permutations
from typing import Any, Final, Protocol

import polars as pl

from careward.checking.cells import UNREAD, Cell, Value, written
from careward.checking.engine.kinds import Columns, Lines, RecordKind, RowTest, Scope, Told, Values, silent
from careward.checking.known import KnownTable
from careward.kernel.texts import text
from careward.rulebook.interchange_across import (
    ChangeWithin,
    CountsOther,
    InOther,
    SameAsBefore,
    Sequence,
    WithinStay,
)
from careward.rulebook.interchange_kind import Kind
from careward.rulebook.interchange_rules import Unique

_MOST_ON_ONE_DAY: Final = 5
"""Of more events of one person on one day only the order in the file is tried: 6! orders would be 720."""

_HAIR: Final = 1e-6


class WholeTest(Protocol):
    """A check that can only be judged when all rows were seen."""

    def add(self, line: int, values: Values) -> None:
        """Take one row."""

    def told(self) -> Iterator[tuple[int, Told]]:
        """What failed, with its line, in no particular order."""


@dataclass(frozen=True, slots=True)
class _Event:
    line: int
    day: date
    code: str


@dataclass
class Follow:
    """Takes events and says which may not follow the one before."""

    kind: "Follows"
    _events: dict[Cell, list[_Event]] = field(default_factory=dict)

    def add(self, line: int, values: Values) -> None:
        """See WholeTest."""
        self.take(line, *(values[place] for place in self.kind.places))

    def take(self, line: int, who: Cell, day: Cell, code: Cell) -> None:
        """As :meth:`add`, of its three values alone."""
        if isinstance(day, date) and isinstance(code, str) and who is not None and who is not UNREAD:
            self._events.setdefault(who, []).append(_Event(line, day, code))

    def told(self) -> Iterator[tuple[int, Told]]:
        """See WholeTest."""
        for events in self._events.values():
            before: _Event | None = None
            for event in self._ordered(events):
                if before is not None and not self._may_follow(before.code, event.code):
                    yield event.line, self._say(before, event)
                before = event

    def suspects(self, events: pl.DataFrame) -> pl.DataFrame:
        """Of columns ``line``, ``who``, ``day``, ``code``: all rows of those whose order does not fit as it stands."""
        then = self.kind.rule.then
        fitting = [f"{before}\0{code}" for before, codes in then.items() for code in codes]
        before, same = pl.col("code").shift(1), pl.col("who") == pl.col("who").shift(1)
        pair = pl.concat_str(before, pl.lit("\0"), pl.col("code"))
        ordered = events.sort("who", "day", maintain_order=True)
        odd = ordered.filter(same & ~pair.is_in(fitting)).select("who").unique()
        return events.join(odd, on="who", how="semi", maintain_order="left")

    def _ordered(self, events: list[_Event]) -> list[_Event]:
        """By day; those of one day in the first order that fits, else as they stand."""
        ordered: list[_Event] = []
        for _, on_day in groupby(sorted(events, key=lambda event: event.day), key=lambda event: event.day):
            same = list(on_day)
            orders = permutations(same) if len(same) <= _MOST_ON_ONE_DAY else iter([tuple(same)])
            last = ordered[-1] if ordered else None
            ordered.extend(next((o for o in orders if self._fits(last, o)), tuple(same)))
        return ordered

    def _fits(self, last: _Event | None, order: tuple[_Event, ...]) -> bool:
        chain = (last, *order) if last else order
        return all(self._may_follow(a.code, b.code) for a, b in pairwise(chain))

    def _may_follow(self, before: str, code: str) -> bool:
        return code in self.kind.rule.then.get(before, ())

    def _say(self, before: _Event, event: _Event) -> Told:
        rule = self.kind.rule
        allowed = text("checking:findings.separator").join(
            self.kind.told(rule.field, code) for code in rule.then.get(before.code, ())
        )
        values = {
            "before": self.kind.told(rule.field, before.code),
            "allowed": allowed or text("checking:findings.none"),
            "first_line": before.line,
        }
        return self.kind.told(rule.field, event.code), values


class Follows(RecordKind[Sequence]):
    """Events of one person follow each other as the table allows."""

    @property
    def places(self) -> tuple[int, int, int]:
        """Where whose, when and what stand in a row."""
        return self.at(self.rule.by), self.at(self.rule.order), self.at(self.rule.field)

    def whole(self, _scope: Scope) -> Follow:
        """Return a fresh test for one file."""
        return Follow(self)


@dataclass
class Once:
    """Remembers the keys of one file."""

    kind: "_StandsOnce"
    places: list[int]
    first_lines: dict[tuple[Cell, ...], int] = field(default_factory=dict)

    def __call__(self, line: int, values: Values) -> Told | None:
        """See RowTest."""
        key = tuple([values[place] for place in self.places])
        if None in key or UNREAD in key:
            return None
        first = self.first_lines.setdefault(key, line)
        return None if first == line else self.kind.said(key[0], first)

    def all_new(self, lines: Lines, columns: Columns) -> bool:
        """Take many rows without an unread cell, if no key of theirs was met before or stands twice."""
        chosen = [columns[place] for place in self.places]
        if any(None in column for column in chosen):
            return False
        keys = dict(zip(zip(*chosen, strict=True), lines, strict=True))
        if len(keys) < len(lines) or not self.first_lines.keys().isdisjoint(keys):
            return False
        self.first_lines.update(keys)
        return True


class _StandsOnce(RecordKind[Unique]):
    def rows(self, scope: Scope) -> RowTest:
        return Once(self, [self.at(name) for name in self.rule.fields])

    def said(self, value: Cell, first_line: int) -> Told:
        """What is told of a row that is not the first."""
        return self.told(self.rule.fields[0], value), {"first_line": first_line}

    def suspects(self, scope: Scope) -> pl.Expr | None:
        """None by itself: all rows are needed, see :mod:`careward.checking.engine.gathering`."""
        return None


class _IsInOther(RecordKind[InOther]):
    def rows(self, scope: Scope) -> RowTest:
        here, other = self.at(self.rule.field), scope.known.month(self.rule.dataset)
        named = self.spec.dataset(self.rule.dataset).title
        if other is None:
            return silent

        def test(_line: int, values: Values) -> Told | None:
            found = values[here]
            if found is None or found is UNREAD or other.with_value(self.rule.key, found):
                return None
            return self.told(self.rule.field, found), {"dataset": named}

        return test

    def suspects(self, scope: Scope) -> pl.Expr | None:
        other = scope.known.month(self.rule.dataset)
        return (
            None if other is None else ~pl.col(self.rule.field).is_in(other.column(self.rule.key).implode())
        )


class _LiesWithinStay(RecordKind[WithinStay]):
    def rows(self, scope: Scope) -> RowTest:
        here, by = self.at(self.rule.field), self.at(self.rule.by)
        other, named = scope.known.month(self.rule.dataset), self.spec.dataset(self.rule.dataset).title
        if other is None:
            return silent

        def test(_line: int, values: Values) -> Told | None:
            day, who = values[here], values[by]
            if not isinstance(day, date) or who is None or who is UNREAD:
                return None
            stays = [
                (row.get(self.rule.start), row.get(self.rule.end))
                for row in other.with_value(self.rule.key, who)
            ]
            if not stays or any(_holds(day, start, end) for start, end in stays):
                return None
            start, end = stays[-1]
            values_told = {
                "dataset": named,
                "start": self._day(start),
                "end": self._day(end),
                "other_found": self.told(self.rule.by, who),
            }
            return self.told(self.rule.field, day), values_told

        return test

    def _day(self, day: Value) -> str:
        return written(self.dataset.field(self.rule.field), day) or text("checking:findings.open_end")

    def suspects(self, scope: Scope) -> pl.Expr | None:
        """Where no stay told is open on the day by its earliest arrival and its latest leaving."""
        rule, other = self.rule, scope.known.month(self.rule.dataset)
        if other is None:
            return None
        far = pl.date(9999, 12, 31)
        stays = other.frame.filter(pl.col(rule.key).is_not_null()).group_by(rule.key)
        one = stays.agg(
            pl.len().alias("stays"),
            pl.col(rule.start).min().alias("from"),
            pl.col(rule.end).fill_null(far).max().alias("to"),
        ).filter(pl.col("stays") == 1)
        who, day = pl.col(rule.by), pl.col(rule.field)
        begins, ends = (_looked_up(who, one, rule.key, name) for name in ("from", "to"))
        several = who.is_in(other.column(rule.key).implode()) & ~who.is_in(one.get_column(rule.key).implode())
        return several | (day < begins) | (day > ends)


def _holds(day: date, start: Value, end: Value) -> bool:
    return (not isinstance(start, date) or start <= day) and (not isinstance(end, date) or day <= end)


class _CountsRows(RecordKind[CountsOther]):
    def rows(self, scope: Scope) -> RowTest:
        here, other = self.at(self.rule.field), scope.known.month(self.rule.dataset)
        if other is None:
            return silent
        count = len(other.with_value(self.rule.open, None))
        values_told = {"dataset": self.spec.dataset(self.rule.dataset).title, "count": count}

        def test(_line: int, values: Values) -> Told | None:
            found = values[here]
            if not isinstance(found, int) or found == count:
                return None
            return self.told(self.rule.field, found), values_told

        return test

    def suspects(self, scope: Scope) -> pl.Expr | None:
        return None if scope.known.month(self.rule.dataset) is None else pl.col(self.rule.field).is_not_null()


@dataclass
class AsBefore:
    """Compares with the file of an earlier month."""

    kind: "_IsAsBefore"
    earlier: KnownTable

    def __call__(self, _line: int, values: Values) -> Told | None:
        """See RowTest."""
        rule, found, who = self.kind.rule, values[self._here], values[self._key]
        if None in (found, who) or UNREAD in (found, who):
            return None
        rows = self.earlier.with_value(rule.key, who)  # type: ignore[arg-type]
        told = [row[rule.field] for row in rows if row.get(rule.field) is not None]
        if not told or found in told:
            return None
        before = self.kind.told(rule.field, told[-1])
        return self.kind.told(rule.field, found), {
            "before": before,
            "before_period": str(self.earlier.period),
        }

    def all_as_before(self, _lines: Lines, columns: Columns) -> bool:
        """Whether no row says otherwise than one of the earlier rows of its key."""
        here, key = columns[self._here], columns[self._key]
        pairs = zip(key, here, strict=True)
        return not [
            1 for pair in pairs if pair not in self._said and pair[0] in self._keys and pair[1] is not None
        ]

    @cached_property
    def _here(self) -> int:
        return self.kind.at(self.kind.rule.field)

    @cached_property
    def _key(self) -> int:
        return self.kind.at(self.kind.rule.key)

    @cached_property
    def _said(self) -> set[tuple[Cell, Cell]]:
        rule, earlier = self.kind.rule, self.earlier
        said = zip(earlier.column(rule.key).to_list(), earlier.column(rule.field).to_list(), strict=True)
        return {pair for pair in said if None not in pair}

    @cached_property
    def _keys(self) -> set[Cell]:
        return {who for who, _ in self._said}


class _IsAsBefore(RecordKind[SameAsBefore]):
    def rows(self, scope: Scope) -> RowTest:
        earlier = scope.known.before(self.dataset.id)
        return silent if earlier is None else AsBefore(self, earlier)

    def suspects(self, scope: Scope) -> pl.Expr | None:
        rule, earlier = self.rule, scope.known.before(self.dataset.id)
        if earlier is None:
            return None
        before = earlier.frame.select(rule.key, rule.field).drop_nulls().unique(rule.key, keep="last")
        found = pl.col(rule.field)
        return found != _looked_up(pl.col(rule.key), before, rule.key, rule.field)


class _ChangesWithin(RecordKind[ChangeWithin]):
    def rows(self, scope: Scope) -> RowTest:
        rule, here = self.rule, self.at(self.rule.field)
        key = self.at(rule.key) if rule.key else None
        earlier = scope.known.before(self.dataset.id)
        if earlier is None:
            return silent

        def before_of(values: Values) -> Any:
            if key is None:
                return earlier.only.get(rule.field) if earlier.only else None
            who = values[key]
            rows = () if who is None or who is UNREAD else earlier.with_value(rule.key or "", who)
            return rows[-1].get(rule.field) if rows else None

        def test(_line: int, values: Values) -> Told | None:
            found, before = values[here], before_of(values)
            if not isinstance(found, int | Decimal) or not isinstance(before, int | Decimal):
                return None
            now, then = Decimal(found), Decimal(before)
            if max(now, then) < rule.least or abs(now - then) * 100 <= then * rule.percent:
                return None
            values_told = {
                "before": self.told(rule.field, before),
                "before_period": str(earlier.period),
                "percent": rule.percent,
            }
            return self.told(rule.field, found), values_told

        return test

    def suspects(self, scope: Scope) -> pl.Expr | None:
        """By floating point, a hair wider than the rule."""
        rule, earlier = self.rule, scope.known.before(self.dataset.id)
        if earlier is None:
            return None
        now = pl.col(rule.field).cast(pl.Float64)
        if rule.key is None:
            return now.is_not_null()
        before = earlier.frame.unique(rule.key, keep="last", maintain_order=True)
        then = _looked_up(pl.col(rule.key), before, rule.key, rule.field).cast(pl.Float64)
        return (now - then).abs() * 100 > then * rule.percent - _HAIR


def _looked_up(keys: pl.Expr, frame: pl.DataFrame, key: str, field: str) -> pl.Expr:
    """What `field` holds where `key` is that of the row; null for none."""
    told = frame.get_column(field)
    return keys.replace_strict(frame.get_column(key), told, default=None, return_dtype=told.dtype)


ACROSS_KINDS: Final[Mapping[type[Kind], type[RecordKind[Any]]]] = {
    Unique: _StandsOnce,
    InOther: _IsInOther,
    WithinStay: _LiesWithinStay,
    CountsOther: _CountsRows,
    SameAsBefore: _IsAsBefore,
    ChangeWithin: _ChangesWithin,
}
WHOLE_KINDS: Final[Mapping[type[Kind], type[Follows]]] = {Sequence: Follows}
