"""The public pages of the interchange specification, generated from the rulebook."""

import time
from collections.abc import Iterator
from io import BytesIO
from itertools import chain, pairwise
from typing import Any

import pypdfium2
import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from careward.checking.files import check
from careward.checking.spill import CheckResult
from careward.intake import catalogue, publishing, specification_files
from careward.kernel import clock
from careward.kernel.roc import RocMonth
from careward.rulebook import current
from careward.rulebook.interchange import Dataset, Interchange
from support import delivering
from support.waiting import until

pytestmark = pytest.mark.django_db
Box = tuple[float, float, float, float]


def test_the_specification_is_public_and_says_whose_it_is(client: Client) -> None:
    response = client.get("/specification/")
    page = response.content.decode()
    assert response.status_code == 200
    assert "因此本規格不是主管機關的規格" in page


def test_the_largest_file_it_names_is_the_largest_that_is_taken(client: Client) -> None:
    said = client.get("/specification/").content.decode().replace("\xa0", " ")
    spec, taken = publishing.specification_in_force(), current().policies.delivery.max_bytes.value
    assert f"最大 {min(spec.limits.file_bytes.value, taken) >> 20}.0 MB" in said


def page_at(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    page: str = response.content.decode().replace("<wbr>", "")
    assert "{" not in page
    return page


def test_every_dataset_has_a_page_with_its_fields_and_checks(client: Client) -> None:
    overview = page_at(client, "/specification/")
    for dataset in publishing.specification_in_force().datasets.values():
        assert f'href="/specification/{dataset.id}/"' in overview
        page = page_at(client, f"/specification/{dataset.id}/")
        for field in dataset.fields:
            assert f'id="field-{field.id}"' in page
            assert field.label in page
        assert all(f'id="check-{each.id}"' in page for each in dataset.checks)


def test_all_codes_and_all_checks_of_files_are_published(client: Client) -> None:
    spec = publishing.specification_in_force()
    codes_page, checks_page = (
        page_at(client, "/specification/codes/"),
        page_at(client, "/specification/checks/"),
    )
    for codes in spec.code_lists.values():
        assert f'id="codes-{codes.id}"' in codes_page
        assert all(code.label in codes_page for code in codes.codes.values())
    assert all(f'id="check-{check.id}"' in checks_page for check in spec.file_checks)


@pytest.mark.parametrize(
    ("asked", "href"),
    [
        ("身分證號 統一", "/specification/staff/#field-personal_id"),
        ("ＥＭＰＬＯＹＥＤ_to", "/specification/staff/#field-employed_to"),
        ("file.quote", "/specification/checks/#check-file.quote"),
        ("鼻胃管", "/specification/codes/#codes-tube"),
        ("體重 5%", ""),
    ],
)
def test_a_search_leads_to_the_place(client: Client, asked: str, href: str) -> None:
    page = client.get("/specification/", {"q": asked}).content.decode()
    assert (href in page) if href else ("沒有找到" in page)


def test_what_nobody_would_find_is_said(client: Client) -> None:
    page = client.get("/specification/", {"q": "<b>不存在</b>"}).content.decode()
    assert "沒有找到" in page
    assert "<b>" not in page


@pytest.mark.parametrize("kind", ["ods", "xlsx"])
def test_the_whole_specification_is_one_book(client: Client, kind: str) -> None:
    spec = publishing.specification_in_force()
    content = client.get(f"/specification/interchange.{kind}").content
    book = CalamineWorkbook.from_filelike(BytesIO(content))
    fields = book.get_sheet_by_name("欄位").to_python()
    checks = book.get_sheet_by_name("檢核").to_python()
    assert len(fields) == 1 + sum(len(each.fields) for each in spec.datasets.values())
    assert {row[1] for row in checks[1:]} == {check.id for check in spec.checks}
    assert client.get("/specification/interchange.exe").status_code == 404


def test_the_whole_specification_can_be_printed_and_is_tagged(client: Client) -> None:
    content = client.get("/specification/interchange.pdf").content
    assert content.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in content
    pages = pypdfium2.PdfDocument(content)
    assert len(pages) > 10
    assert "介接規格" in pages[0].get_textpage().get_text_bounded()


@pytest.mark.parametrize("form", ["csv", "xlsx", "ods", "json", "jsonl"])
def test_a_sample_is_served_in_every_form_as_a_delivery_would_be_named(client: Client, form: str) -> None:
    spec = publishing.specification_in_force()
    for dataset in spec.datasets.values():
        response = client.get(f"/specification/sample/{dataset.id}.{form}")
        assert response["Content-Disposition"] == f'attachment; filename="{dataset.id}-11501.{form}"'
        assert checked(spec, dataset, response.content).accepted


def test_a_faulty_sample_shows_what_is_refused(client: Client) -> None:
    spec = publishing.specification_in_force()
    for dataset in spec.datasets.values():
        response = client.get(f"/specification/sample/{dataset.id}.csv?faulty")
        assert not checked(spec, dataset, response.content).accepted


def checked(spec: Interchange, dataset: Dataset, content: bytes) -> CheckResult:
    code = dataset.example["institution_code"]
    month = RocMonth.parse("11501")
    today = month.following().first_day
    return check(content, spec=spec, dataset=dataset, period=month, institution_code=code, today=today)


@pytest.mark.parametrize("name", ["nothing", "..", "staff-11501"])
def test_there_is_no_sample_of_an_unknown_dataset(client: Client, name: str) -> None:
    assert client.get(f"/specification/sample/{name}.csv").status_code == 404


@pytest.mark.usefixtures("uploads_open")
def test_a_sample_as_it_is_served_passes_the_checks_of_the_test_lane(client: Client) -> None:
    content = client.get("/specification/sample/staff.csv").content
    example = publishing.specification_in_force().dataset("staff").example["institution_code"]
    with clock.frozen(delivering.OPEN):
        delivery = delivering.checked(delivering.account("test", code=example), content)
    assert (delivery.state, delivery.warning_count) == ("accepted", 0)


def test_the_files_of_a_version_are_the_same_bytes_every_time() -> None:
    """So that what lies in /spec, what the site gives and what another process makes are one and the same."""
    facts: Any = ("1.0", RocMonth.parse("11501"), ["staff"])
    before = specification_files.made(*facts)
    began = time.time()
    until(
        lambda: time.time() >= began + 2.1, 5, "the clock of ZIP files, in steps of two seconds, has gone on"
    )
    after = specification_files.made(*facts)
    assert [name for name in before if before[name] != after[name]] == []


def test_no_word_of_the_printed_specification_lies_upon_another() -> None:
    printed = pypdfium2.PdfDocument(catalogue.paper(current().interchange("1.0"), ["staff"]))
    upon = []
    for number, page in enumerate(printed, start=1):
        text = page.get_textpage()
        boxes = sorted(text.get_rect(place) for place in range(text.count_rects()))
        for left, other in pairwise_on_lines(boxes):
            if left[2] > other[0] + 1:
                upon.append((number, text.get_text_bounded(*left), text.get_text_bounded(*other)))
    assert upon == []


def pairwise_on_lines(boxes: list[Box]) -> Iterator[tuple[Box, Box]]:
    """Neighbours, from left to right, on each line of a page."""
    lines: dict[int, list[Box]] = {}
    for box in boxes:
        lines.setdefault(round((box[1] + box[3]) / 6), []).append(box)
    return chain.from_iterable(map(pairwise, lines.values()))


def test_the_sources_of_checks_are_told_in_words_in_the_book_too() -> None:
    checks = catalogue.book(current().interchange("1.0"), ["staff"])[2]
    assert {str(row[-1]).split(" ")[0].split(":")[0] for row in checks.rows} & {
        "decided",
        "law",
        "public",
    } == set()
