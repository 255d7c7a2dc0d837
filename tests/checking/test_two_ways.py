"""Row by row and by whole columns: one rule list, the same findings, adaptations and rows, whatever the file."""

import csv
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from careward.checking.engine import columns, suspects
from careward.checking.engine.compiling import compiled
from careward.checking.engine.exact import exact_of
from careward.checking.files import check as check_file
from careward.checking.known import NOTHING_KNOWN, Known, KnownTable
from careward.checking.marking import Marker
from careward.checking.reading import blocks, delimited, table
from careward.checking.sample_forms import as_csv
from careward.checking.samples import Record, SampleFile, faulty_rows, good_rows, known_table, sample_file
from careward.kernel.roc import RocMonth
from careward.rulebook.interchange import Check, Dataset, Interchange, Sample, load_interchange

RULES = Path(__file__).resolve().parents[2] / "rules" / "interchange"
SPEC = load_interchange(RULES / "1.0")
PERIOD = RocMonth.parse("11501")
CODE = "1331010018"
NEVER, ALWAYS = 10**9, 0
AS_FOUND = (Phase.explicit, Phase.reuse, Phase.generate)  # a file is small enough to be read as it is


class Kept:
    """Rows as values, in whatever way they came."""

    def __init__(self, dataset: Dataset) -> None:
        self.rows: list[tuple[object, ...]] = []
        self._kinds = {field.id: columns.kind_of(field) for field in dataset.fields}

    def add(self, values: Sequence[Sequence[object]], /) -> None:
        self.rows += pl.DataFrame(dict(zip(self._kinds, values, strict=True)), schema=self._kinds).rows()

    def add_all(self, values: pl.DataFrame, /) -> None:
        self.rows += values.rows()


def both_ways(
    content: bytes,
    dataset: Dataset,
    *,
    known: Known = NOTHING_KNOWN,
    code: str | None = CODE,
    **given: object,
) -> None:
    """Check a file in both ways and hold every word of the two answers beside each other."""
    answers = []
    for least in (NEVER, ALWAYS):
        kept = Kept(dataset)
        facts = {"spec": SPEC, "period": PERIOD, "today": date(2026, 2, 1)} | given
        result = check_file(
            content,
            dataset=dataset,
            institution_code=code,
            keep=kept,
            known=known,
            by_columns_from=least,
            marker=Marker(code or CODE, dataset, PERIOD),
            **facts,  # type: ignore[arg-type]
        )
        told = [
            (f.line, f.rule, f.record_key, f.found, f.what, f.expected, f.why, f.how, f.mark)
            for f in result.findings
        ]
        rows = kept.rows if result.accepted else []
        answers.append((told, result.adaptations, result.row_count, result.readable, rows))
    by_rows, by_columns = answers
    assert by_columns == by_rows


def of_sample(file: SampleFile) -> None:
    both_ways(
        file.content,
        file.dataset,
        known=file.known,
        code=file.institution_code,
        spec=file.spec,
        period=file.period,
        today=file.today,
    )


def samples() -> list[tuple[Check, Sample]]:
    return [(check, sample) for check in SPEC.checks for sample in (*check.good, *check.bad)]


def test_every_good_and_bad_sample_is_answered_the_same() -> None:
    for check, sample in samples():
        if sample.form == "csv" and sample.file_name is None:
            of_sample(sample_file(SPEC, check, sample))


ODD = ("", " ", "　", "?", "1.5", "-1", "007", "0", "2.50", "50.0", "1,000", "x" * 70, "A 0001", "Ａ１", "臺")
DAYS = (
    "114/12/8",
    "１１５０１０５",
    "115年1月5日",
    " 1150105",
    "1150230",
    "2026/01/05",
    "115.1.5",
    "民國115年1月5日",
)
NUMBERS = (
    "A123456789",
    "a123456789",
    "A800000014",
    "AA00000009",
    "A123456780",
    "A-123456789",
    "Ａ１２３４５６７８９",
)
NAMES = ("林小明", " 林 小明 ", "王", "John Smith", "\u3000陳\u3000", "𠮷野", "n" * 61)
QUOTED = ("1,000", "x\ny", "x\r\ny", 'the "old" one', '"', ",", "\n", '""')
MONTHS = ("11501", "11502", "１１５０１", "115/01", " 11501")


def variants(spec: Interchange, dataset: Dataset, name: str) -> tuple[str, ...]:
    """Cells that are clean, written otherwise, or wrong, for one field."""
    field = dataset.field(name)
    if field.type == "code":
        codes = spec.code_list(field.codes or "").codes.values()
        return (*(code.code for code in codes), *(code.label for code in codes), "?", "", " ", *QUOTED)
    kinds = {"date": DAYS, "personal_id": NUMBERS, "roc_month": MONTHS}
    own = NAMES if field.keep == "name_masked" else kinds.get(field.type, ODD)
    return (field.in_example, field.example, "", *own, *ODD[:3], *QUOTED)


@cache
def clean_rows(dataset: str) -> tuple[Record, ...]:
    return good_rows(
        SPEC, SPEC.dataset(dataset), institution_code=CODE, period=PERIOD, n=12, seed=len(dataset)
    )


STRAY = (b'"', b"\n", b"\r", b",", b"\0", b"\n\n", b'",', b',"', b'""')


@st.composite
def tables(draw: st.DrawFn, dataset: Dataset) -> tuple[list[Record], bytes]:
    """Good rows, some cells of which are written otherwise or wrong; some rows twice, some as the one before."""
    rows = list(clean_rows(dataset.id)[: draw(st.integers(0, 12))])
    names = [field.id for field in dataset.fields]
    for _ in range(draw(st.integers(0, 10)) if rows else 0):
        place, name = draw(st.integers(0, len(rows) - 1)), draw(st.sampled_from(names))
        rows[place] = {**rows[place], name: draw(st.sampled_from(variants(SPEC, dataset, name)))}
    for _ in range(draw(st.integers(0, 3)) if rows else 0):
        rows.append(draw(st.sampled_from(rows)))
    content = as_csv(
        dataset,
        rows,
        line_end=draw(st.sampled_from(["\n", "\r\n"])),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
    )
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        at = draw(st.integers(0, len(content)))
        content = content[:at] + draw(st.sampled_from(STRAY)) + content[at:]
    return rows, content


class Before:
    """Some of what the file says, accepted before, with some of it otherwise."""

    def __init__(self, dataset: Dataset, rows: Sequence[Record], draw: st.DrawFn) -> None:
        self._rows, self._draw = rows, draw
        self._month = {name: self._drawn(SPEC.dataset(name), PERIOD) for name in ("residents", "staff")}
        self._before = self._drawn(dataset, RocMonth.parse("11412"))

    def month(self, dataset: str) -> KnownTable | None:
        return self._month[dataset]

    def before(self, dataset: str) -> KnownTable | None:
        return self._before

    def _drawn(self, dataset: Dataset, period: RocMonth) -> KnownTable | None:
        if self._draw(st.integers(0, 3)) == 0:
            return None
        names = {field.id for field in dataset.fields}
        told = []
        for row in self._rows:
            for _ in range(self._draw(st.integers(0, 2))):
                known = {name: cell for name, cell in row.items() if name in names}
                if dataset.record_key and "staff_key" in row:
                    known[dataset.record_key] = row["staff_key"] or known.get(dataset.record_key, "X")
                known |= {
                    name: self._draw(st.sampled_from(["", "1150101", "1150115", "1150120", "1140101"]))
                    for name in ("admitted_on", "discharged_on", "employed_from")
                    if name in names and self._draw(st.booleans())
                }
                if "weight_kg" in names:
                    known["weight_kg"] = self._draw(st.sampled_from(["", "50", "55.5", "0", "47.5"]))
                told.append(known)
        return known_table(SPEC, dataset, told, period)


def one_file(dataset: Dataset, data: st.DataObject) -> None:
    rows, content = data.draw(tables(dataset))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "_BLOCK", data.draw(st.integers(50, 2_000)))
        patch.setattr(delimited, "_COUNTED", data.draw(st.sampled_from([200, 1 << 20])))
        patch.setattr(blocks, "_FEW", data.draw(st.sampled_from([0.05, 100])))
        patch.setattr(suspects, "_AT_ONCE", data.draw(st.sampled_from([3, 2_000])))
        patch.setattr(table, "_IN_PART", data.draw(st.sampled_from([3, 1_000])))
        patch.setattr(columns, "_MANY", data.draw(st.sampled_from([-1.0, 0.5])))
        patch.setattr(columns, "_MOST_REMEMBERED", data.draw(st.sampled_from([0, 50_000])))
        known = Before(dataset, rows, data.draw)
        both_ways(content, dataset, known=known, code=data.draw(st.sampled_from([CODE, None])))


@pytest.mark.parametrize("dataset", SPEC.datasets.values(), ids=lambda dataset: dataset.id)
@given(data=st.data())
@settings(max_examples=12, phases=AS_FOUND)
def test_any_table_is_answered_the_same(dataset: Dataset, data: st.DataObject) -> None:
    one_file(dataset, data)


@pytest.mark.slow
@pytest.mark.parametrize("dataset", SPEC.datasets.values(), ids=lambda dataset: dataset.id)
@given(data=st.data())
@settings(max_examples=60, phases=AS_FOUND)
def test_many_more_tables_are_answered_the_same(dataset: Dataset, data: st.DataObject) -> None:
    one_file(dataset, data)


def test_a_large_file_of_every_dataset_is_answered_the_same() -> None:
    for dataset in SPEC.datasets.values():
        made = faulty_rows(SPEC, dataset, institution_code=CODE, period=PERIOD, n=600, seed=7)
        both_ways(as_csv(dataset, made.records), dataset)


FIELDS = [(dataset, field.id) for dataset in SPEC.datasets.values() for field in dataset.fields]


@pytest.mark.parametrize(("dataset", "name"), FIELDS, ids=lambda said: getattr(said, "id", said))
@given(data=st.data())
@settings(max_examples=15, phases=AS_FOUND)
def test_a_column_taken_at_once_has_nothing_that_its_cells_would_tell(
    dataset: Dataset, name: str, data: st.DataObject
) -> None:
    field = dataset.field(name)
    column = next(made for made in compiled(SPEC, dataset).columns if made.field is field)
    exact = exact_of(field, [check for check, _ in column.tests])
    good = st.sampled_from([row[name] for row in clean_rows(dataset.id)])
    odd = st.sampled_from([*variants(SPEC, dataset, name), "A-123456789", "0000101", "1150101 "])
    cells = data.draw(st.lists(st.one_of(good, good, good, odd), min_size=1, max_size=4))
    told = None if exact is None else exact(cells)
    if told is not None:
        assert [(value, [], ()) for value in told] == [column.judged(cell) for cell in cells]
    elif exact is not None:
        assert any(cell not in {row[name] for row in clean_rows(dataset.id)} for cell in cells)
