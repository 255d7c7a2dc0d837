"""An officer signs 80 clean cases in a real browser: how much of the 45 seconds a case may take the machine uses.

80 cases an hour are 45 seconds each; what the pages do not take is the officer's, to look and compare.
"""

import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from benchmarks.codes import read_codes_of
from benchmarks.figures import Figure
from careward.kernel.clock import frozen, taipei
from support.browsing import chromium
from support.person import Person, sign_in
from support.platform import running
from support.waiting import until

if TYPE_CHECKING:
    from playwright.sync_api import Page

CASES: Final = 80
NAME: Final = "快審護理之家"
SECONDS_A_CASE: Final = 45.0
REVIEW: Final = taipei(2025, 12, 9, 9)
ROOM: Final = 300.0
"""Seconds for the worker to draw the pages of all documents."""


def run() -> Iterator[Figure]:
    """Machine time of the clicks, mean over the cases ÷ 45 s: clicked until the next page stands with pictures."""
    with running() as platform:
        read_codes_of(platform)
        for number in range(CASES):
            _clean_case(number)
        until(_all_drawn, ROOM, "the pages of all documents are drawn")
        platform.set_clock(REVIEW)
        with chromium() as browser:
            person = Person(browser.new_context(base_url=platform.web).new_page())
            person.look = lambda: None  # type: ignore[method-assign]
            sign_in(person, "連江縣衛生局承辦人")
            spent = _walk(person.page)
        signed = _signed()
    mean = sum(spent) / len(spent)
    print(
        f"{len(spent)} cases signed: {mean:.2f} s of machine time a case (median {median(spent):.2f}, "
        f"longest {max(spent):.2f}); {SECONDS_A_CASE - mean:.1f} s of {SECONDS_A_CASE:.0f} are the officer's"
    )
    yield Figure("desk-cases-signed", signed, "=", CASES)
    yield Figure("desk-machine-share", mean / SECONDS_A_CASE, "<=", 0.1)


def _clean_case(number: int) -> None:
    """Sent with the platform's own document, its code readable, so that there is nothing to judge."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    from careward.applications import acts, documents, receiving
    from support.applying import APPLICANT, lacking

    at = taipei(2025, 12, 1, 9)
    with frozen(at):
        application = lacking(
            at, county="09007", institution_code=f"{1_400_000_000 + number}",
            institution_name=f"{NAME}{number:02}",
            mailbox=f"desk{number}@home.example", sources=[f"168.95.{number}.77/32"],
        )  # fmt: skip
        for document in application.needed_documents:
            sheet = documents.prefilled(application, document)
            scan = receiving.receive(application, SimpleUploadedFile(f"{document.id}.pdf", sheet.pdf))
            application = acts.add_document(
                application, APPLICANT, kind=document.id, scan=scan, arrived_at=at
            )
        acts.complete(application, APPLICANT, arrived_at=at)


def _cases() -> Any:
    from careward.applications.models import Application

    return Application.objects.filter(institution_name__startswith=NAME)


def _all_drawn() -> bool:
    from careward.applications.models import Document

    return not Document.objects.filter(application__in=_cases(), rendered_at=None).exists()


def _signed() -> int:
    return int(_cases().filter(state="signed_off").count())


def _walk(page: "Page") -> list[float]:
    """From the queue into the first case, then case by case; seconds of each, all pages of it together."""
    page.goto(f"/review/?q={NAME}")
    page.wait_for_load_state("load")
    spent = []
    first = page.get_by_role("link", name=NAME).first
    opening = _timed(page, first.click)
    for number in range(CASES):
        ticking = _timed(page, page.get_by_role("button", name="已看過資料與文件，全部相符").click)
        onward = "簽核通過，看下一件" if number + 1 < CASES else "簽核通過"
        signing = _timed(page, page.get_by_role("button", name=onward, exact=True).click)
        spent.append((0.0 if number else opening) + ticking + signing)
    return spent


def _timed(page: "Page", click: Callable[[], None]) -> float:
    """Seconds from the click until the page that comes stands with its pictures."""
    begun = time.perf_counter()
    with page.expect_navigation(wait_until="load"):
        click()
    return time.perf_counter() - begun
