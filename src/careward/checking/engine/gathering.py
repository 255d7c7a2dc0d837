"""What checks across records need of a large file: key columns alone, judged when all rows were seen.

Only rows that can have something to say – doubles, orders that do not fit as they stand – go to the tests that small
files use.
"""

from collections.abc import Iterator, Sequence

import polars as pl

from careward.checking.cells import Cell
from careward.checking.engine.examination import Examination
from careward.checking.engine.kinds import RowTest, Told
from careward.checking.engine.kinds_across import Follow
from careward.checking.findings import Finding, shown
from careward.rulebook.interchange import Check
from careward.rulebook.interchange_rules import Unique

_LINE, _KEY = "\0line", "\0key"


class Doubles:
    """The keys of one check that they stand once."""

    def __init__(self, check: Check, rule: Unique, test: RowTest, one: Examination) -> None:
        self._check, self._test, self._one = check, test, one
        dataset = one.made.dataset
        self._fields = list(rule.fields)
        self._places = [[field.id for field in dataset.fields].index(name) for name in self._fields]
        self._width = len(dataset.fields)
        self._parts: list[pl.DataFrame] = []

    def take(self, lines: pl.Series, values: pl.DataFrame, keys: pl.Series | None) -> None:
        """Remember the keys of a batch; `keys` are the cells by which the institution knows the rows."""
        columns = [lines.alias(_LINE), *values.select(self._fields)]
        part = pl.DataFrame(columns if keys is None else [*columns, keys.alias(_KEY)])
        self._parts.append(part.drop_nulls(self._fields))

    def findings(self) -> Iterator[Finding]:
        """Every row that is not the first of its key."""
        if not self._parts:
            return
        whole = pl.concat(self._parts)
        hashed = whole.select(pl.struct(self._fields).hash()).to_series()
        if hashed.n_unique() == len(hashed):
            return
        for line, *values_of_key, known_as in _with_key(whole.filter(hashed.is_duplicated())).iter_rows():
            values: list[Cell] = [None] * self._width
            for place, value in zip(self._places, values_of_key, strict=True):
                values[place] = value
            told = self._test(line, values)
            if told is not None:
                found, more = told
                key = "" if known_as is None else shown(known_as.strip())
                mark = self._one.mark(self._check, known_as, values, (), more) if self._check.warns else ""
                yield Finding(line, self._check, found, key, more, mark)


def _with_key(rows: pl.DataFrame) -> pl.DataFrame:
    return rows if _KEY in rows.columns else rows.with_columns(pl.lit(None).alias(_KEY))


class Orders:
    """The events of one check that they follow each other."""

    def __init__(self, check: Check, test: Follow, fields: Sequence[str]) -> None:
        self._check, self._test = check, test
        self._names = [fields[place] for place in test.kind.places]
        self._parts: list[pl.DataFrame] = []

    def take(self, lines: pl.Series, values: pl.DataFrame) -> None:
        """Remember the events of a batch."""
        named = zip(("who", "day", "code"), self._names, strict=True)
        columns = [values.get_column(name).alias(said) for said, name in named]
        self._parts.append(pl.DataFrame([lines.alias("line"), *columns]).drop_nulls())

    def findings(self) -> Iterator[Finding]:
        """Every event that may not follow the one before it."""
        if not self._parts:
            return
        for line, who, day, code in self._test.suspects(pl.concat(self._parts)).iter_rows():
            self._test.take(line, who, day, code)
        told: list[tuple[int, Told]] = sorted(self._test.told(), key=lambda one: one[0])
        for line, (found, more) in told:
            yield Finding(line, self._check, found, values=more)
