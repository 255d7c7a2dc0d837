"""What people really send is read alike, or refused with the reason; nothing crashes the reader."""

from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careward.checking.findings import Notes
from careward.checking.reading.opening import opened
from careward.checking.reading.table import Source
from careward.checking.sample_forms import as_csv
from careward.checking.unreadable import Unreadable
from careward.rulebook.interchange import Dataset, load_interchange

SPEC = load_interchange(Path(__file__).resolve().parents[2] / "rules" / "interchange" / "1.0")
STAFF = SPEC.dataset("staff")
HEADER = ",".join(field.id for field in STAFF.fields)
ROW = ",".join(STAFF.example[field.id] for field in STAFF.fields)

Cells = list[tuple[str, ...] | None]


def read(source: Source, dataset: Dataset = STAFF, notes: Notes | None = None) -> Cells:
    with opened(source, spec=SPEC, dataset=dataset, notes=notes or Notes()) as table:
        return [row.cells for row in table.rows()]


def told(source: Source) -> Cells | list[str]:
    """The rows, or why there are none."""
    try:
        return read(source)
    except Unreadable as refusal:
        return [fault.problem for fault in refusal.faults]


def lines_of(content: str) -> list[tuple[int, bool]]:
    with opened(content.encode(), spec=SPEC, dataset=STAFF, notes=Notes()) as table:
        return [(row.line, row.cells is None) for row in table.rows()]


def refused(source: Source) -> list[str]:
    with pytest.raises(Unreadable) as refusal:
        read(source)
    return [fault.problem for fault in refusal.value.faults]


# Characters every one of the encodings has; a cell with blanks only would make an empty row.
CELL = st.text("王小明林美玲照顧服務員Az09,;\t\"' -_\n/", max_size=12)
RECORD = st.fixed_dictionaries({field.id: CELL for field in STAFF.fields}).filter(
    lambda record: any(cell.strip() for cell in record.values())
)


@given(
    records=st.lists(RECORD, min_size=1, max_size=5),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp950"]),
    delimiter=st.sampled_from([",", "\t", ";"]),
    headings=st.sampled_from(["id", "label"]),
    order=st.permutations([field.id for field in STAFF.fields]),
    line_end=st.sampled_from(["\r\n", "\n"]),
)
@settings(max_examples=100)
def test_a_table_reads_equal_in_every_encoding_delimiter_and_order(
    records: list[dict[str, str]],
    encoding: str,
    delimiter: str,
    headings: str,
    order: list[str],
    line_end: str,
) -> None:
    content = as_csv(
        STAFF,
        records,
        encoding=encoding,
        delimiter=delimiter,
        headings="id" if headings == "id" else "label",
        order=order,
        line_end=line_end,
    )
    assert read(content) == [tuple(record[field.id] for field in STAFF.fields) for record in records]


@given(st.binary(max_size=400))
@settings(max_examples=200)
def test_no_bytes_crash_the_reader(content: bytes) -> None:
    assert told(content) != []


@given(st.binary(max_size=200), st.sampled_from([HEADER.encode() + b"\n", HEADER.encode("utf-16") + b"\n\0"]))
@settings(max_examples=200)
def test_no_bytes_after_a_good_heading_crash_the_reader(content: bytes, header: bytes) -> None:
    assert told(header + content) != []


@given(st.text(max_size=300))
@settings(max_examples=150)
def test_no_text_after_a_good_heading_crashes_the_reader(content: str) -> None:
    assert told((HEADER + "\n" + content).encode("utf-8", "surrogatepass")) != []


def test_path_bytes_and_stream_are_read_alike_and_a_stream_stays_open(tmp_path: Path) -> None:
    content = f"{HEADER}\n{ROW}\n".encode()
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    stream = BytesIO(content)
    assert read(path) == read(content) == read(stream)
    assert not stream.closed


def test_a_last_line_without_its_end_is_whole() -> None:
    assert len(read(f"{HEADER}\n{ROW}".encode())) == 1


def test_lines_are_counted_as_an_editor_does_though_a_cell_spans_several() -> None:
    spanning = ROW.replace("林小明", '"林\n小明"')
    assert lines_of(f"\n{HEADER}\n{spanning}\n\n{ROW}\n11501\n") == [(3, False), (6, False), (7, True)]


def test_an_old_macintosh_line_end_is_a_line_end() -> None:
    assert len(read(f"{HEADER}\r{ROW}\r{ROW}\r".encode())) == 2


def test_what_was_adapted_is_told_with_count_and_first_line() -> None:
    notes = Notes()
    content = f"{HEADER};備註;備註\n{ROW};;\n;;\n{ROW};;;;\n".replace(",", ";").encode("cp950")
    read(content, notes=notes)
    told = {(a.kind, a.count, a.first_line) for a in notes.told()}
    assert told == {
        ("encoding", 1, 1),
        ("delimiter", 1, 1),
        ("extra_column", 2, 1),
        ("blank_rows", 1, 3),
        ("trailing_cells", 1, 4),
    }
    assert all(adaptation.says for adaptation in notes.told())


def test_every_missing_and_every_repeated_column_is_named() -> None:
    with pytest.raises(Unreadable) as refusal:
        read(b"period,Period,name\n11501,11501,x\n")
    told = [(fault.problem, fault.found) for fault in refusal.value.faults]
    assert told[0] == ("column_twice", "資料年月（period）")
    assert [found for problem, found in told if problem == "column_missing"] == [
        f"{field.label}（{field.id}）" for field in STAFF.fields if field.id not in ("period", "name")
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"PK\x03\x04" + b"x" * 50 + b"xl/workbook.xml", "workbook_broken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "workbook_broken"),
        (b"<html><table>", "not_text"),
        (b'[{"period": }]', "json_broken"),
        (HEADER.encode() + b"\n\x80\xff", "encoding"),
        (HEADER.encode() + b"\n\0", "nul"),
        ((HEADER + "\n" + "x" * 30_000).encode(), "line_too_long"),
        ((HEADER + '\n"' + "x\n" * 100_000).encode(), "quote"),
        (b'"\n', "no_header"),
    ],
)
def test_what_is_no_table_is_refused_with_its_reason(content: bytes, problem: str) -> None:
    assert refused(content) == [problem]


def test_the_line_where_the_encoding_breaks_is_named_however_far_it_lies() -> None:
    content = (f"{HEADER}\n" + f"{ROW}\n" * 5_000).encode() + b"\xff\xff\n"
    with pytest.raises(Unreadable) as refusal:
        read(content)
    assert refusal.value.faults[0].line == 5_002


def test_big5_beginning_far_into_the_file_is_still_big5() -> None:
    plain = ROW.replace("林小明", "Lin").replace("護理字第000001號", "")
    content = (f"{HEADER}\n" + f"{plain}\n" * 20_000).encode() + f"{ROW}\n".encode("cp950")
    cells = read(content)[-1]
    assert cells is not None
    assert cells[3] == "林小明"


def test_a_missing_file_is_the_callers_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "none.csv")
