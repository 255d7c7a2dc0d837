"""Blocks of lines give the same rows as reading row by row, whatever stands in the file."""

from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careward.checking.findings import Notes
from careward.checking.reading import blocks, delimited, table
from careward.checking.reading.opening import opened
from careward.checking.unreadable import Unreadable
from careward.rulebook.interchange import load_interchange

SPEC = load_interchange(Path(__file__).resolve().parents[2] / "rules" / "interchange" / "1.0")
MOVEMENTS = SPEC.dataset("movements")
NAMES = [field.id for field in MOVEMENTS.fields]

Read = tuple[list[object], tuple[object, ...], str]


def read(content: bytes, *, at_once: bool) -> Read:
    notes = Notes()
    rows: list[object] = []
    try:
        with opened(BytesIO(content), spec=SPEC, dataset=MOVEMENTS, notes=notes) as opened_table:
            if at_once:
                for batch in opened_table.batches():
                    assert batch.lines.is_sorted()
                    whole = zip(batch.lines, batch.cells.rows(), strict=True)
                    ragged = ((row.line, None, row.width) for row in batch.ragged)
                    rows += sorted([*((line, cells, len(cells)) for line, cells in whole), *ragged])
            else:
                width = len(NAMES)
                rows.extend((r.line, r.cells, width if r.cells else r.width) for r in opened_table.rows())
    except Unreadable as unreadable:
        return rows, notes.told(), repr(unreadable.faults)
    return rows, notes.told(), ""


cells = st.sampled_from(
    [
        "",
        " ",
        "11501",
        "　",
        "\x1c",
        "\x1f",
        "中文",
        'a"b',
        '"q"',
        '"q"x',
        '""',
        '"a,b"',
        '"x\ny"',
        "\x00",
        '"x\r\ny"',
        "\ufeff",
        '"',
    ]
)
plain = st.sampled_from(["", "11501", "R1", "中", " b "])
quoted = st.sampled_from(
    ['""', '"11501"', '"a,b"', '"x\ny"', '"x\r\ny"', '"say ""b"""', '"""中"""', '"\n"', "R1"]
)
ends = st.sampled_from(["\n", "\r\n", "\r"])


@st.composite
def files(draw: st.DrawFn) -> bytes:
    few = draw(st.sampled_from([0, len(NAMES)]))
    usual, seldom = draw(st.sampled_from([plain, quoted])), draw(st.sampled_from([5, 50]))
    end = draw(ends)
    lines = [",".join(NAMES + ["more"] * draw(st.integers(0, 1)))]
    for _ in range(draw(st.integers(0, 12))):
        odd, ragged = draw(st.integers(0, seldom)) == 0, draw(st.integers(0, seldom)) == 0
        width = draw(st.integers(few, len(NAMES) + 2)) if ragged else len(NAMES)
        lines.append(",".join(draw(cells if odd else usual) for _ in range(width)))
    text = end.join(lines) + draw(st.sampled_from(["", end, "\n", end + end]))
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])))


@given(files(), st.integers(1, 200), st.sampled_from([0, 0.05, 100]))
@settings(max_examples=80)
def test_blocks_give_the_rows_that_reading_row_by_row_gives(content: bytes, size: int, few: float) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "_FEW", few)
        patch.setattr(delimited, "_BLOCK", size)
        patch.setattr(table, "_GATHERED", 3)
        assert read(content, at_once=True) == read(content, at_once=False)


def rows_one_by_one(content: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """How many rows a file has, and how many of them were not read at once."""
    asked = delimited.Rows.row
    counted = []
    monkeypatch.setattr(delimited.Rows, "row", lambda *given: counted.append(1) or asked(*given))
    rows, _, _ = read(content, at_once=True)
    return len(rows), len(counted)


def lines_of(row: list[str], end: str = "\n", *, odd: dict[int, str] | None = None) -> bytes:
    """500 rows, some of them otherwise."""
    body = [(odd or {}).get(place, ",".join(row)) for place in range(500)]
    return end.join([",".join(NAMES), *body, ""]).encode()


ROW = list("abcdefg"[: len(NAMES)])


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("cell", ["a", '"a"', '"a,b"', '"a""b"', '"a\nb"', '"a\r\n\r\nb,"'])
def test_ordinary_files_are_read_in_blocks_quoted_cells_or_not(
    cell: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = lines_of([cell, *ROW[1:-1], cell], end)
    assert read(content, at_once=True) == read(content, at_once=False)
    assert rows_one_by_one(content, monkeypatch) == (500, 1)


@pytest.mark.parametrize("odd", ["a", ",".join("abcdefghi"), "", f"{','.join(ROW)},"])
def test_odd_lines_alone_are_read_one_by_one(odd: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = lines_of(ROW, odd={7: odd, 123: odd, 499: odd})
    assert read(content, at_once=True) == read(content, at_once=False)
    assert rows_one_by_one(content, monkeypatch)[1] == 4


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("cell", ['"a"', '"a,b"', '"a""b"', '""', 'a"b'])
def test_a_few_lines_with_quotes_are_read_at_once_with_the_others(
    cell: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = ",".join([cell, *ROW[1:-1], cell])
    content = lines_of(ROW, end, odd={7: line, 8: line, 499: line})
    asked: list[object] = []
    way = blocks.Blocks._without_quotes
    monkeypatch.setattr(blocks.Blocks, "_without_quotes", lambda *given: asked.append(1) or way(*given))
    assert read(content, at_once=True) == read(content, at_once=False)
    assert rows_one_by_one(content, monkeypatch) == (500, 1)
    assert asked


def test_a_quote_that_closes_before_its_cell_ends_is_told_on_its_line() -> None:
    for end in ('"b"x', '"b" ', 'b"'):
        content = lines_of(ROW, odd={300: ",".join([*ROW[:-1], end])})
        assert read(content, at_once=True) == read(content, at_once=False)


def test_a_row_with_a_cell_too_few_and_one_with_one_too_many_are_told_as_such() -> None:
    for few, many in ((1, 5), (5, 1)):
        content = lines_of(ROW, odd={few: ",".join(ROW[1:]), many: ",".join([*ROW, "more"])})
        assert read(content, at_once=True) == read(content, at_once=False)


def test_a_block_ends_where_a_row_does_whatever_stands_in_its_cells() -> None:
    row = ",".join(['"a""b\nc"', *ROW[1:]])
    content = "\n".join([",".join(NAMES), *[row] * 40, ""]).encode()
    for size in range(50, 90):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(delimited, "_BLOCK", size)
            counted = rows_one_by_one(content, patch)
        assert counted == (40, 1), size


def test_the_widest_heading_is_read_in_blocks_too(monkeypatch: pytest.MonkeyPatch) -> None:
    more = SPEC.limits.columns.value - len(NAMES)
    heading = ",".join([*NAMES, *["more"] * more])
    row = ",".join([*ROW, *['"x,"'] * more])
    content = "\n".join([heading, row, row, row, "odd", row, ""]).encode()
    assert read(content, at_once=True) == read(content, at_once=False)
    assert rows_one_by_one(content, monkeypatch) == (5, 2)
