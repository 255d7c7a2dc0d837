"""The pages of the overview, of staff and of receipts as a person sees them: accessible, fitting, on one sheet."""

import re
from datetime import timedelta

import pypdfium2
import pytest
from django.conf import settings
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from careward.accounts import acts as accounts
from careward.accounts.models import MailedLink, User
from careward.correspondence.links import address
from careward.journal import Actor
from careward.kernel import clock
from careward.kernel.clock import frozen, taipei
from careward.rulebook import current
from oversight.making import cases, signed, supplemented
from support.applying import DURING, lacking
from support.browsing import PICTURES, chromium, look, page_in
from support.signing_in import person, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
LATE = taipei(2025, 12, 13, 9)


def _session(user: User) -> str:
    return sign_in(Client(), user).cookies[settings.SESSION_COOKIE_NAME].value


def _full() -> None:
    """Every county has cases signed, not mended, overdue and supplemented."""
    for county in current().counties:
        for case in cases(6, "signed_off", county=county):
            signed(case, timedelta(hours=5))
        for case in cases(6, "not_mended", county=county)[:3]:
            supplemented(case, "licensed", took=timedelta(hours=3))
        for kind in current().institution_types:
            cases(1, county=county, institution_type=kind)


def _walk(server: LiveServer, session: str, *addresses: str) -> None:
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True)
        page = page_in(context, server, session)
        for place in addresses:
            answer = page.goto(server.url + place)
            assert answer is not None
            assert answer.status == 200
            look(page, re.sub(r"\W+", "-", place).strip("-"))
        context.close()


OVERVIEW = ("/oversight/", "/oversight/comparison/", "/oversight/report/", "/oversight/lists/overdue/")


def test_an_empty_overview_is_accessible_and_fits(live_server: LiveServer) -> None:
    with frozen(LATE):
        _walk(live_server, _session(person("auditor")), *OVERVIEW)


def test_a_full_overview_is_accessible_fits_and_prints_its_report_on_one_sheet(
    live_server: LiveServer,
) -> None:
    with frozen(LATE):
        _full()
        session = _session(person("auditor"))
        _walk(live_server, session, *OVERVIEW)
        with chromium() as browser:
            context = browser.new_context()
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
            )
            page = context.new_page()
            page.goto(f"{live_server.url}/oversight/report/")
            sheets = pypdfium2.PdfDocument(page.pdf(format="A4", prefer_css_page_size=True))
            if PICTURES:
                sheets[0].render(scale=1.2).to_pil().save(f"{PICTURES}/report-sheet.png")
            count = len(sheets)
            sheets.close()
    assert count == 1


def test_the_pages_of_staff_are_accessible_and_fit(live_server: LiveServer) -> None:
    with frozen(DURING):
        officer = person("officer")
        colleague = person("officer", "colleague@example.org", name="李大同")
        today = clock.now().date()
        accounts.name_deputy(officer, colleague, Actor.system("test"), first_day=today, last_day=today)
        administrator, mine = _session(person("administrator")), _session(officer)
        _walk(
            live_server,
            administrator,
            "/staff/",
            f"/staff/{officer.pk}/",
            "/staff/import/",
            "/staff/?q=nobody",
        )
        _walk(live_server, mine, "/accounts/", "/accounts/deputies/", "/oversight/notices/")


def test_an_officer_confirms_receipt_by_the_letters_link(live_server: LiveServer) -> None:
    with frozen(DURING):
        officer = person("officer", county="10007", unit="health")
        case = lacking()
        path = re.sub(r"^https?://[^/]+", "", address(MailedLink.objects.get(purpose="receipt").seed))
        with chromium() as browser:
            page = browser.new_page(bypass_csp=True)
            page.goto(live_server.url + path)
            look(page, "receipt-open")
            page.get_by_label("電子信箱").fill(officer.email)
            page.get_by_role("button", name="開啟").click()
            page.wait_for_url("**/receipt/")
            look(page, "receipt")
            assert case.reference in page.content()
            page.get_by_role("button", name="確認收件").click()
            page.get_by_text("已確認", exact=True).wait_for()
            look(page, "receipt-done")
    assert case.arrivals.get().confirmed_by == officer
