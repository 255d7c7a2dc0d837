"""Every page institutions and system vendors pass, and the lists behind them: fit for all readers and narrow windows.

Which pages there are is read from the addresses of the packages: one that is not looked at here fails.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from careward.accounts.models import MailedLink
from careward.applications import acts
from careward.continuing import rectifying
from careward.correspondence import links
from careward.journal import Actor
from careward.kernel.clock import frozen
from careward.seasons import acts as moments
from careward.seasons.models import MomentMove
from careward.vendors.models import PURPOSE as VENDOR
from careward.vendors.models import SystemVendor
from review import deciding
from support import vendors
from support.applying import APPLICANT, CLOSES, DURING, lacking, submitted, with_scan
from support.browsing import chromium_beside_the_database, look, page_in, session_of
from support.continuing import STAFF, agreed, invited, link_of
from support.opening import open_case
from support.public_form import DECLARED, PAGES, fill
from support.signing_in import person, sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.django_db(transaction=True),
]

PACKAGES: Final = ("applications", "continuing", "vendors", "seasons")
FILES: Final = {
    "applications:receipt_pdf", "applications:case_receipt", "applications:sheet", "applications:original",
    "applications:page", "seasons:calendar", "seasons:calendar_of",
}  # fmt: skip
ONLY_POSTED: Final = {
    "applications:begin_anew", "applications:new_code", "applications:send_original",
    "applications:drop_correction", "continuing:case", "continuing:carry", "continuing:invite",
}  # fmt: skip
ON_THE_WAY: Final = {"applications:resume"}
"""Leads on at once; the walk with a draft's link passes it."""

Addresses = dict[str, str]
Story = Callable[[Client], Addresses]


def _at(name: str, **values: object) -> Addresses:
    return {name: reverse(name, kwargs=values)}


def _by_name(*names: str) -> Addresses:
    return {name: reverse(name) for name in names}


def public(_client: Client) -> Addresses:
    """Nobody in particular."""
    return _by_name(
        "applications:start", "applications:which", "applications:notice", "applications:resend",
        "applications:resent", "continuing:letter", "continuing:letter_sent", "vendors:enter", "vendors:entered",
        "vendors:link", "vendors:link_sent",
    )  # fmt: skip


def drafting(client: Client) -> Addresses:
    """The form filled in up to its last page."""
    fill(client)
    step = {f"applications:step {section}": f"/apply/{section}/" for section in PAGES if section != "mailbox"}
    named = _by_name("applications:tasks", "applications:device", "applications:check")
    return {**step, **named}


def proving(client: Client) -> Addresses:
    """The code has been mailed."""
    fill(client, "mailbox")
    return _by_name("applications:mailbox")


def doubled(client: Client) -> Addresses:
    """The institution has applied already."""
    lacking(institution_code=PAGES["institution"]["institution_code"])
    client.post("/apply/institution/", PAGES["institution"])
    return _by_name("applications:already")


def sent(client: Client) -> Addresses:
    """The receipt."""
    fill(client)
    client.post("/apply/check/", DECLARED)
    return _by_name("applications:receipt")


def case(client: Client) -> Addresses:
    """缺件, one file handed in."""
    application = with_scan(lacking(mode="rented"), kind="mandate")
    open_case(client, application)
    document = application.documents.get()
    client.post("/application/correct/contact/", {**PAGES["contact"], "contact_phone": "02-23456789"})
    return {
        **_by_name("applications:case", "applications:correct", "applications:withdraw"),
        **_by_name("applications:send_correction"),
        **_at("applications:correct_step", section="sources"),
        **_at("applications:upload", kind="vendor_commitment"),
        **_at("applications:preview", document=document.pk),
        **_at("applications:remove", document=document.pk),
    }


def whole(client: Client) -> Addresses:
    """Every document is there, not yet said so."""
    open_case(client, with_scan(lacking(institution_code="W1")))
    return _by_name("applications:complete")


def withdrawn(client: Client) -> Addresses:
    """撤回."""
    application = acts.withdraw(lacking(institution_code="W2"), APPLICANT, arrived_at=DURING)
    open_case(client, application)
    return _by_name("applications:restore")


def signed(client: Client) -> Addresses:
    """簽核通過 while the form is open."""
    open_case(client, deciding.sign(submitted(institution_code="W3")))
    return _by_name("applications:reopen")


def supplementing(client: Client) -> Addresses:
    """補件, an answer is asked for again."""
    wanted = deciding.Wanted("form_complete", "contact_unreachable")
    with frozen(deciding.REVIEW):
        open_case(client, deciding.supplement(submitted(institution_code="W4"), wanted))
    return _at("applications:mend", section="contact")


def _open(client: Client, link: MailedLink, code: str) -> None:
    address = "/" + links.address(link.seed).split("/", 3)[3]
    assert client.post(address, {"code": code}).status_code == 302


def answering(client: Client) -> Addresses:
    """An invitation not answered."""
    invitation = invited("C1", "c1@example.org")
    _open(client, link_of(invitation), "C1")
    return _by_name("continuing:answer", "continuing:agree", "continuing:change", "continuing:mailbox")


def consented(client: Client) -> Addresses:
    """已同意."""
    invitation = agreed(invited("C2", "c2@example.org"))
    _open(client, link_of(invitation), "C2")
    return _by_name("continuing:take_back", "continuing:proof")


def vendor(client: Client) -> Addresses:
    """An entry in the directory."""
    entry: SystemVendor = vendors.listed()
    link = MailedLink.objects.not_revoked().get(purpose=VENDOR, subject_id=str(entry.pk))
    _open(client, link, entry.business_id)
    return _by_name("vendors:mine", "vendors:change")


def ministry(client: Client) -> Addresses:
    """The lists, one of last season's participants in each condition, a moved moment."""
    entry = vendors.listed(business_id="12345675")
    struck = rectifying.strike(invited("C3", "c3@example.org"), STAFF, reason="去年並未介接")
    asked, done = invited("C4", "c4@example.org"), agreed(invited("C5", "c5@example.org"))
    moved = moments.move(
        MomentMove(
            season="115", code="institution_window_closes", county="10007",
            at=CLOSES.replace(day=9), reason="颱風停止上班",
        ),
        Actor("ministry", "test"),
    )  # fmt: skip
    sign_in(client, person("ministry"))
    return {
        **_by_name("continuing:participants", "continuing:import", "vendors:directory", "seasons:moments"),
        **_at("vendors:close", vendor_id=entry.pk),
        **_at("continuing:participant", invitation_id=asked.pk),
        **_at("continuing:rectify", invitation_id=asked.pk),
        **_at("continuing:strike", invitation_id=asked.pk),
        **_at("continuing:put_back", invitation_id=struck.pk),
        **_at("continuing:staff_proof", invitation_id=done.pk),
        **_at("seasons:take_back", move_id=moved.pk),
    }


STORIES: Final[dict[Story, datetime]] = {
    **dict.fromkeys(
        (
            public,
            drafting,
            proving,
            doubled,
            sent,
            case,
            whole,
            withdrawn,
            signed,
            answering,
            consented,
            vendor,
            ministry,
        ),
        DURING,
    ),
    supplementing: deciding.REVIEW,
}


@pytest.fixture(scope="module")
def browser(django_db_setup: None) -> Iterator[Browser]:
    with chromium_beside_the_database() as opened:
        yield opened


def _page(browser: Browser, server: LiveServer, client: Client) -> Page:
    context = browser.new_context(base_url=server.url, bypass_csp=True, locale="zh-TW")
    return page_in(context, server, session_of(client))


def _look(page: Page, name: str, address: str) -> None:
    answer = page.goto(address)
    assert answer is not None
    assert (answer.status, page.url.endswith(address)) == (200, True), (name, page.url)
    look(page, name.replace(":", "-"))


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_the_pages_of_a_story_are_fit_for_everybody(
    browser: Browser, live_server: LiveServer, story: Story
) -> None:
    client = Client()
    with frozen(DURING):
        addresses = story(client)
    with frozen(STORIES[story]):
        page = _page(browser, live_server, client)
        for name, address in addresses.items():
            _look(page, name, address)
        page.context.close()


def test_every_page_of_the_packages_is_in_a_story() -> None:
    with frozen(DURING):
        looked = {name.split()[0] for story in STORIES for name in story(Client())}
    named = {
        f"{package}:{name}"
        for package in PACKAGES
        for name in get_resolver(f"careward.{package}.urls").reverse_dict
        if isinstance(name, str)
    }
    assert named - FILES - ONLY_POSTED - ON_THE_WAY == looked


def test_what_is_only_posted_shows_no_page() -> None:
    client = Client()
    answers = {name: client.get(reverse(name)).status_code for name in ONLY_POSTED}
    assert set(answers.values()) <= {302, 403, 405}, answers
