"""The style page in a real browser: every component, wide and at 320 px, with and without scripts."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test import override_settings
from django.test.testcases import LiveServerThread
from django.urls import reverse
from playwright.sync_api import Browser, Page, sync_playwright

from careward.shell import build
from support import browser_setup

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browser_setup.browser() is None, reason="no chromium"),
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser_setup.browser(), args=QUIET)
        yield started
        started.close()


@pytest.fixture
def address() -> Iterator[str]:
    """Serves without a database: a page of the shell asks none."""
    build.build()
    with override_settings(DEMO=True, ALLOWED_HOSTS=["127.0.0.1"]):
        server = LiveServerThread("127.0.0.1", StaticFilesHandler, connections_override={})
        server.daemon = True
        server.start()
        server.is_ready.wait(20)
        assert server.error is None
        yield f"http://127.0.0.1:{server.port}{reverse('shell:style')}"
        server.terminate()
        server.join(20)


@contextmanager
def opened(browser: Browser, address: str, width: int, **options: bool) -> Iterator[tuple[Page, list[str]]]:
    """The page, and whatever the browser complained of."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **options)  # type: ignore[arg-type]
    page, complaints = context.new_page(), []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    yield page, complaints
    context.close()


@pytest.mark.parametrize("width", [1280, 320])
def test_the_accessibility_checker_finds_nothing(browser: Browser, address: str, width: int) -> None:
    with opened(browser, address + "?messages", width, bypass_csp=True) as (page, _):
        page.add_script_tag(path=build.AXE)
        found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found["violations"]] == []


@pytest.mark.parametrize("width", [1280, 375, 320])
def test_nothing_is_wider_than_the_window_and_the_policy_is_kept(
    browser: Browser, address: str, width: int
) -> None:
    with opened(browser, address, width) as (page, complaints):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert complaints == []


def test_no_page_asks_another_host(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    context.close()
    assert asked
    assert {url.split("/")[2] for url in asked} == {address.split("/")[2]}


def test_every_target_is_large_enough_for_a_finger(browser: Browser, address: str) -> None:
    with opened(browser, address, 320) as (page, _):
        small = page.evaluate(
            """() => [...document.querySelectorAll('header a, header button, footer a, .cw-quiet-button,'
                + '.govuk-button, .govuk-pagination__link, .cw-clock a')]
                .filter(e => e.offsetParent && (e.offsetHeight < 24 || e.offsetWidth < 24))
                .map(e => e.outerHTML)"""
        )
    assert small == []


def test_without_scripts_everything_is_there_but_the_buttons_that_need_them(
    browser: Browser, address: str
) -> None:
    with opened(browser, address, 1280, java_script_enabled=False) as (page, _):
        assert page.get_by_role("heading", level=1).is_visible()
        assert page.locator("[data-cw-copy] button").is_hidden()
        assert page.locator("[data-cw-paper-tools]").first.is_hidden()


def test_with_scripts_the_paper_turns_and_enlarges(browser: Browser, address: str) -> None:
    with opened(browser, address, 1280) as (page, complaints):
        enlarge = page.locator("[data-act=enlarge]").first
        enlarge.click()
        assert enlarge.get_attribute("aria-pressed") == "true"
        page.locator("[data-act=turn]").first.click()
        assert "cw-paper--turn-90" in str(page.locator("[data-cw-paper]").first.get_attribute("class"))
        assert complaints == []


def test_the_keyboard_comes_past_the_frame_first(browser: Browser, address: str) -> None:
    with opened(browser, address, 1280) as (page, _):
        page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
        page.locator(".govuk-skip-link").focus()
        assert page.locator(".govuk-skip-link").is_visible()
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
