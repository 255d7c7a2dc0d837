"""Books written row by row: what goes in comes out, as text, on as many sheets as it takes."""

import io
import zipfile
from collections.abc import Iterator

import odfdo
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from careward.store import books
from careward.store.spreadsheets import Page

KINDS = ("ods", "xlsx")
TEMPTING = [
    "=1+1",
    "+886",
    "-1",
    "@SUM(A1)",
    '=HYPERLINK("http://x")',
    "\t=1",
    "0012",
    "1e3",
    "&amp;<b>",
    "'x",
]


def _book(kind: str, *pages: Page) -> bytes:
    file = io.BytesIO()
    books.write(kind, pages, file)
    return file.getvalue()


def _read(content: bytes) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


@pytest.mark.parametrize("kind", KINDS)
def test_every_sheet_has_its_heading_and_rows(kind: str) -> None:
    content = _book(
        kind,
        Page("封面", ["項目", "內容"], [("收件編號", "0123456789")], [16, 60]),
        Page("依規則", ["列", "規則"], [(2, "staff.role.code_list"), (None, "file.empty")], [8, 40]),
        Page("空的", ["列"], []),
    )
    assert _read(content) == {
        "封面": [["項目", "內容"], ["收件編號", "0123456789"]],
        "依規則": [["列", "規則"], [2.0, "staff.role.code_list"], ["", "file.empty"]],
        "空的": [["列"]],
    }


@pytest.mark.parametrize("kind", KINDS)
def test_text_that_looks_like_a_formula_stays_text(kind: str) -> None:
    content = _book(kind, Page("x", ["a"], [(said,) for said in TEMPTING]))
    read = [row[0] for row in _read(content)["x"][1:]]
    assert [str(said).strip() for said in read] == [said.strip() for said in TEMPTING]
    inside = "".join(
        zipfile.ZipFile(io.BytesIO(content)).read(name).decode()
        for name in zipfile.ZipFile(io.BytesIO(content)).namelist()
        if name.endswith(".xml")
    )
    assert "<f>" not in inside
    assert "table:formula" not in inside


@given(st.text(max_size=60))
def test_any_text_can_be_written(said: str) -> None:
    for kind in KINDS:
        read = _read(_book(kind, Page("x", ["a", "b"], [(said, "end")])))
        assert read["x"][1][1] == "end"


@pytest.mark.parametrize("kind", KINDS)
def test_what_does_not_fit_on_a_sheet_goes_on_to_the_next(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "MOST_ROWS", 3)
    read = _read(_book(kind, Page("x", ["n"], ((n,) for n in range(7)))))
    assert list(read) == ["x", "x 2", "x 3"]
    assert [row[0] for rows in read.values() for row in rows[1:]] == list(range(7))
    assert all(rows[0] == ["n"] for rows in read.values())


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_asked_for_one_after_the_other(kind: str) -> None:
    asked: list[int] = []

    def rows() -> Iterator[tuple[int]]:
        for n in range(2_000):
            asked.append(n)
            yield (n,)

    assert len(_read(_book(kind, Page("x", ["n"], rows())))["x"]) == 2_001
    assert asked == list(range(2_000))


def test_headings_have_filters_and_stay_in_view() -> None:
    page = Page("依列", ["a", "b"], [(1, 2)])
    xlsx = zipfile.ZipFile(io.BytesIO(_book("xlsx", page))).read("xl/worksheets/sheet1.xml").decode()
    assert 'autoFilter ref="A1:B2"' in xlsx
    assert 'state="frozen"' in xlsx
    content = _book("ods", page)
    ods = zipfile.ZipFile(io.BytesIO(content))
    assert "display-filter-buttons" in ods.read("content.xml").decode()
    assert "VerticalSplitPosition" in ods.read("settings.xml").decode()
    assert ods.namelist()[0] == "mimetype"
    assert [table.name for table in odfdo.Document(io.BytesIO(content)).body.tables] == ["依列"]
