"""Whoever may be stuck reads whom to call: the ministry's contact windows by institution type (S0 註).

The pages of those who sign in are asked on the walk of tests/house/test_pages.py; here those open to strangers, those
behind a mailed link, and those that tell of an error.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from careward.applications.models import Application
from careward.kernel.clock import frozen, taipei
from careward.rulebook import current
from careward.shell import errors
from house.test_pages import OPEN_TO_ALL, PAGES, Page
from review.deciding import REVIEW, officer, signed_off, supplement
from support.applying import ANSWERS, DURING, lacking, submitted
from support.calling import is_page, windows_on
from support.opening import open_case
from support.signing_in import sign_in

WITHOUT_A_THING = [page for page in PAGES if page.line in OPEN_TO_ALL and "<" not in page.route]
BEFORE, OVERDUE, OVER = taipei(2025, 10, 1, 9), taipei(2025, 12, 15, 9), taipei(2026, 6, 1, 9)
EVERY_TYPE = set(current().institution_types)
MINE = {ANSWERS["institution_type"]}


def in_supplement() -> Application:
    application = submitted()
    with frozen(REVIEW):
        return supplement(application)


def asked(client: Client, method: str, page: Page) -> Any:
    return getattr(client, method)("/" + page.route)


@pytest.mark.django_db
@pytest.mark.parametrize("at", [BEFORE, DURING, OVERDUE, OVER], ids=lambda at: f"{at:%m-%d}")
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stranger_reads_every_window_on_every_page(client: Client, method: str, at: datetime) -> None:
    seen = 0
    for page in WITHOUT_A_THING:
        with frozen(at):
            answer = asked(client, method, page)
            if is_page(answer):
                assert windows_on(answer) == EVERY_TYPE, (page.name, answer.status_code)
                seen += 1
    assert seen > len(WITHOUT_A_THING) / 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("make", "at"),
    [(lacking, DURING), (submitted, DURING), (in_supplement, REVIEW), (signed_off, REVIEW)],
    ids=["lacking", "submitted", "supplement", "signed off"],
)
def test_behind_the_link_every_page_names_the_window_of_ones_type(
    client: Client, make: Callable[[], Application], at: datetime
) -> None:
    with frozen(DURING):
        application = make()
    with frozen(at):
        open_case(client, application)
        for page in WITHOUT_A_THING:
            if page.line != "link":
                continue
            for method in ("get", "post"):
                answer = asked(client, method, page)
                assert not is_page(answer) or windows_on(answer) >= MINE, (page.name, method)


@pytest.mark.parametrize(
    "tell",
    [
        errors.bad_request, errors.forbidden, errors.not_found, errors.too_large, errors.too_many,
        errors.server_error, errors.csrf_failure,
    ],
    ids=lambda tell: tell.__name__,
)  # fmt: skip
def test_an_error_names_every_window_and_asks_no_database(
    rf: RequestFactory, tell: Callable[[HttpRequest], HttpResponse]
) -> None:
    answer = tell(rf.get("/"))
    assert is_page(answer)
    assert windows_on(answer) == EVERY_TYPE


@pytest.mark.django_db
def test_a_list_that_is_empty_for_want_of_reach_names_the_windows_of_ones_unit(client: Client) -> None:
    social = {"elderly", "disability"}
    sign_in(client, officer("social@county.example", county="63000", unit="social"))
    with frozen(REVIEW):
        submitted(DURING)
        for address in (
            "/review/",
            "/review/?shown=all&q=none",
            "/participants/",
            "/months/",
            "/staff/letters/",
        ):
            assert windows_on(client.get(address)) == social, address
