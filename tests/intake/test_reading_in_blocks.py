"""Blocks of lines give the same rows as reading row by row, whatever stands in the file."""

from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careward.intake import delimited, table
from careward.intake.findings import Notes
from careward.intake.reading import opened
from careward.intake.table import Unreadable
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
    ["", " ", "11501", "　", "\x1c", "中文", 'a"b', '"q"', '""', '"a,b"', '"x\ny"', "\x00"]
)
plain = st.sampled_from(["", "11501", "R1", "中", " b "])
ends = st.sampled_from(["\n", "\r\n", "\r"])


@st.composite
def files(draw: st.DrawFn) -> bytes:
    few = draw(st.sampled_from([0, len(NAMES)]))
    end = draw(ends)
    lines = [",".join(NAMES + ["more"] * draw(st.integers(0, 1)))]
    for _ in range(draw(st.integers(0, 12))):
        width = draw(st.integers(few, len(NAMES) + 2)) if draw(st.integers(0, 5)) == 0 else len(NAMES)
        lines.append(",".join(draw(cells if draw(st.integers(0, 5)) == 0 else plain) for _ in range(width)))
    text = end.join(lines) + draw(st.sampled_from(["", end, "\n", end + end]))
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])))


@given(files(), st.integers(1, 200))
@settings(max_examples=80)
def test_blocks_give_the_rows_that_reading_row_by_row_gives(content: bytes, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "_BLOCK", size)
        patch.setattr(table, "_GATHERED", 3)
        assert read(content, at_once=True) == read(content, at_once=False)


@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_ordinary_files_are_read_in_blocks(quoted: bool, end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = delimited.Rows.row
    counted = []
    monkeypatch.setattr(delimited.Rows, "row", lambda *given: counted.append(1) or asked(*given))
    row = ",".join(f'"{n}"' if quoted else n for n in "abcdefg"[: len(NAMES)])
    content = end.join([",".join(NAMES), *[row] * 500, ""]).encode()
    rows, _, _ = read(content, at_once=True)
    assert (len(rows), len(counted)) == (500, 1)
