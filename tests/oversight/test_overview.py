"""What supervisors and the ministry see: counted by the database, within their reach, to be taken away."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from careward.accounts.models import User
from careward.correspondence.models import Letter
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.kernel.clock import frozen, taipei
from careward.kernel.texts import text
from careward.oversight import figures, lists
from careward.oversight.lists import LISTS
from careward.registry.rules import types_of_office
from careward.rulebook import current
from oversight.making import cases, signed, supplemented
from review.deciding import REVIEW
from support import continuing
from support.applying import DURING
from support.signing_in import person, sign_in

pytestmark = pytest.mark.django_db
PAGES = [
    "/oversight/",
    "/oversight/report/",
    "/oversight/comparison/",
    "/oversight/comparison/?measure=rejection",
    "/oversight/comparison/?measure=unmended",
]


@pytest.fixture(autouse=True)
def _during_the_review() -> Iterator[None]:
    with frozen(REVIEW):
        yield


@pytest.fixture
def nursing(client: Client) -> Client:
    return sign_in(client, person("ministry"))


@pytest.fixture
def supervisor() -> User:
    return person("supervisor", county="10007", unit="health")


def test_the_funnel_counts_each_case_once_by_county_type_and_state() -> None:
    cases(3)
    cases(2, "lacking")
    cases(1, "signed_off", county="63000")
    cases(4, institution_type="elderly")
    rows = figures.funnel(person("auditor"), "115")
    told = {
        (row.county, row.type): (row.sent, row.states["submitted"], row.states["lacking"]) for row in rows
    }
    assert told == {
        ("63000", "general_nursing"): (1, 0, 0),
        ("10007", "elderly"): (4, 4, 0),
        ("10007", "general_nursing"): (5, 3, 2),
    }
    assert [row.county for row in rows] == ["63000", "10007", "10007"]
    assert figures.together(rows).sent == sum(row.sent for row in figures.by_county(rows)) == 10
    assert all(row.sent == sum(row.states.values()) for row in rows)


def test_everybody_counts_only_what_they_may_see(supervisor: User) -> None:
    cases(3)
    cases(2, county="63000")
    cases(4, institution_type="elderly")
    assert figures.together(figures.funnel(supervisor, "115")).sent == 3
    assert figures.together(figures.funnel(person("ministry"), "115")).sent == 5
    assert (
        figures.together(figures.funnel(person("ministry", "s@x.example", unit="social_family"), "115")).sent
        == 4
    )
    assert figures.funnel(person("administrator"), "115") == []


def test_time_in_a_stage_is_its_median_and_ninetieth_percentile() -> None:
    for case, hours in zip(cases(11, "signed_off"), range(0, 110, 10), strict=True):
        signed(case, timedelta(hours=hours))
    stays = {stay.stage: stay for stay in figures.stays(person("auditor"), "115")}
    assert (stays["documents"].count, stays["documents"].median) == (11, timedelta(hours=1))
    review = stays["review"]
    assert (review.count, review.median, review.p90) == (11, timedelta(hours=50), timedelta(hours=90))
    assert (stays["supplement"].count, stays["supplement"].median) == (0, None)


def test_a_round_of_supplement_counts_once_it_is_closed() -> None:
    one, two = cases(2, "submitted")
    supplemented(one, "licensed", took=timedelta(hours=6))
    supplemented(two, "licensed")
    stays = {stay.stage: stay for stay in figures.stays(person("auditor"), "115")}
    assert (stays["supplement"].count, stays["supplement"].median) == (1, timedelta(hours=6))


@pytest.mark.parametrize(
    ("at", "near", "overdue"),
    [
        (taipei(2025, 12, 11, 16, 59), 0, 0),
        (taipei(2025, 12, 11, 17), 2, 0),
        (taipei(2025, 12, 12, 17), 2, 0),
        (taipei(2025, 12, 12, 17, 0, 1), 0, 2),
    ],
)
def test_near_and_overdue_follow_the_deadline(at: Any, near: int, overdue: int, supervisor: User) -> None:
    cases(1)
    cases(1, "lacking")
    cases(1, "signed_off")
    with frozen(at):
        assert figures.near(supervisor, "115", at).count() == near
        assert figures.overdue(supervisor, "115", at).count() == overdue


def _compare(measure: str = "supplement", threshold: int = 5) -> figures.Comparison:
    season = current().season("115", county="")
    return figures.comparison(types_of_office("nursing"), season, measure, threshold)


def _line(found: figures.Comparison, item: str) -> figures.Compared:
    return next(line for line in found.lines if line.item.id == item)


def test_counties_are_compared_by_checklist_item() -> None:
    for case in cases(10, "signed_off")[:6]:
        supplemented(case, "licensed", "form_complete", took=timedelta(hours=1))
    for case in cases(20, "signed_off", county="63000")[:10]:
        supplemented(case, "licensed", took=timedelta(hours=1))
    cases(7, "submitted")
    found = _compare(threshold=1)
    assert (found.counties, found.reviewed) == (("63000", "10007"), (20, 10))
    licensed = _line(found, "licensed")
    assert [cell and cell.percent for cell in (*licensed.cells, licensed.total)] == [50.0, 60.0, 53.3]
    assert _line(found, "form_complete").cells[0].part == 0  # type: ignore[union-attr]


def test_a_second_round_about_the_same_item_counts_the_case_once() -> None:
    (case,) = cases(1, "signed_off")
    supplemented(case, "licensed", took=timedelta(hours=1))
    supplemented(case, "licensed", number=2, took=timedelta(hours=1))
    assert _line(_compare(threshold=1), "licensed").total == figures.Share(1, 1)


@pytest.mark.parametrize(
    ("measure", "licensed", "form"), [("supplement", 2, 2), ("rejection", 1, 1), ("unmended", 0, 1)]
)
def test_a_rejection_is_about_the_items_of_all_rounds_and_unmended_of_the_last(
    measure: str, licensed: int, form: int
) -> None:
    for case in (*cases(1, "not_mended"), *cases(1, "signed_off")):
        supplemented(case, "licensed", "form_complete", took=timedelta(hours=1))
        supplemented(case, "form_complete", number=2, took=timedelta(hours=1))
    found = _compare(measure, threshold=1)
    assert _line(found, "licensed").total == figures.Share(licensed, 2)
    assert _line(found, "form_complete").total == figures.Share(form, 2)


@pytest.mark.parametrize("measure", lists.MEASURES)
def test_the_page_says_how_it_counts(nursing: Client, measure: str) -> None:
    says = text(f"oversight:lists.{measure}.says")
    assert says in nursing.get("/oversight/comparison/", {"measure": measure}).content.decode()


def test_few_cases_of_a_county_are_not_shown_on_any_page_or_file(nursing: Client) -> None:
    cases(3, "signed_off")
    many = cases(30, "signed_off", county="63000")
    for case in many[:15]:
        supplemented(case, "licensed", took=timedelta(hours=1))
    page = nursing.get("/oversight/comparison/").content.decode()
    assert "＊" in page
    rows = list(csv.DictReader(io.StringIO(_csv(nursing, "supplement"))))
    licensed = next(row for row in rows if row["彰化縣"] == "不公布" and row["臺北市"] == "50.0")
    assert licensed["全國"] in ("不公布", "45.5")


def _csv(client: Client, name: str) -> str:
    return client.get(f"/oversight/lists/{name}/", {"format": "csv"}).content.decode("utf-8-sig")


@pytest.mark.parametrize("name", sorted(LISTS))
@pytest.mark.parametrize("kind", ["ods", "xlsx", "csv"])
def test_every_list_is_a_page_and_a_file(nursing: Client, name: str, kind: str) -> None:
    for full in (False, True):
        if full:
            for case in cases(3, "not_mended"):
                supplemented(case, "licensed", took=timedelta(hours=1))
            cases(2)
        assert nursing.get(f"/oversight/lists/{name}/").status_code == 200
        answer = nursing.get(f"/oversight/lists/{name}/", {"format": kind})
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.content


def test_a_list_there_is_not_and_a_strange_format_do_no_harm(nursing: Client) -> None:
    assert nursing.get("/oversight/lists/nothing/").status_code == 404
    assert nursing.get("/oversight/lists/unsigned/", {"format": "exe", "page": "x"}).status_code == 200


def test_a_file_holds_no_name_or_number_of_a_person(nursing: Client) -> None:
    cases(3)
    said = _csv(nursing, "unsigned")
    assert "範例護理之家" in said
    assert "林小明" not in said
    assert "陳美玉" not in said


def test_institutions_that_did_not_answer_are_listed_until_they_do(supervisor: User) -> None:
    with frozen(DURING):
        one, other = continuing.invited(), continuing.invited("1131000010")
        assert list(figures.unanswered(supervisor, "115")) == [one, other]
        assert list(figures.unanswered(person("ministry", unit="social_family"), "115")) == []
        continuing.agreed(one)
        assert list(figures.unanswered(supervisor, "115")) == [other]


def test_letters_that_did_not_go_are_listed_for_those_in_charge(nursing: Client, client: Client) -> None:
    (case,) = cases(1)
    with acting(Actor.system("test"), "prepare"):
        for error in ("SMTPRecipientsRefused", ""):
            Letter.objects.create(
                state="queued", kind="application_received", to=["x@example.org"], subject="已收到", body="x",
                about=f"applications.application:{case.pk}", attempts=3, last_error=error,
            )  # fmt: skip
    assert lists.undelivered(lists.look_of(User.objects.get(role="ministry"))).count() == 1
    assert "已收到" in nursing.get("/oversight/lists/undelivered/").content.decode()
    elsewhere = sign_in(Client(), person("ministry", "other@example.org", unit="social_family"))
    assert "已收到" not in elsewhere.get("/oversight/lists/undelivered/").content.decode()


def test_a_supervisor_opens_a_case_from_a_list_the_ministry_does_not(
    nursing: Client, supervisor: User
) -> None:
    (case,) = cases(1)
    address = f"/review/{case.pk}/"
    assert address not in nursing.get("/oversight/lists/unsigned/").content.decode()
    assert address in sign_in(Client(), supervisor).get("/oversight/lists/unsigned/").content.decode()


@pytest.mark.parametrize("address", PAGES)
def test_a_page_of_nothing_says_so(nursing: Client, address: str) -> None:
    assert nursing.get(address).status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("address", [*PAGES, "/oversight/lists/unsigned/", "/oversight/lists/overdue/"])
def test_with_two_thousand_cases_a_page_asks_the_database_no_more(client: Client, address: str) -> None:
    sign_in(client, person("ministry"))
    cases(4)
    cases(4, "signed_off", county="63000")
    with frozen(taipei(2025, 12, 13)):
        client.get(address)
        with CaptureQueriesContext(connection) as few:
            client.get(address)
        for county in current().counties:
            for state in ("submitted", "signed_off", "lacking"):
                cases(31, state, county=county)
        with CaptureQueriesContext(connection) as many:
            assert client.get(address).status_code == 200
    assert len(many) == len(few)
    assert clock.now() == REVIEW
