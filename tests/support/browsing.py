"""A real browser for tests: Debian's chromium through playwright, and axe-core on every page it passes."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from support.browser_setup import browser as installed_browser

T = TypeVar("T")
PICTURES = os.environ.get("CAREWARD_PICTURES")
"""A folder for pictures of the pages, when somebody wants to look at them."""
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
DROP = """([name, content]) => {
  const given = new DataTransfer();
  const bytes = Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0));
  given.items.add(new File([bytes], name));
  const place = document.querySelector("[data-cw-drop]");
  place.dispatchEvent(new DragEvent("dragover", {dataTransfer: given, bubbles: true, cancelable: true}));
  place.dispatchEvent(new DragEvent("drop", {dataTransfer: given, bubbles: true, cancelable: true}));
}"""
"""Drops a file, given by its name and its content in base64, where the page takes one."""
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser; skips the test where none is installed."""
    place = installed_browser()
    if place is None:
        pytest.skip("chromium is missing: make test installs it where it may")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=place, args=ARGUMENTS)
        try:
            yield opened
        finally:
            opened.close()


@contextmanager
def chromium_beside_the_database() -> Iterator[Browser]:
    """One browser for a module's walks; its loop runs in this thread, in which the tests look at the database."""
    with pytest.MonkeyPatch.context() as patched, chromium() as opened:
        patched.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield opened


def session_of(client: Client) -> str:
    """The session in which the client has signed in; empty when it has not."""
    cookie = client.cookies.get(settings.SESSION_COOKIE_NAME)
    return cookie.value if cookie is not None else ""


def page_in(context: BrowserContext, server: LiveServer, session: str) -> Page:
    """A page in a session; in none when it is empty."""
    if session:
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": server.url}])
    return context.new_page()


def beside(ask: Callable[[], T]) -> T:
    """Ask the database while a browser is open: its event loop holds this thread, so another one asks."""

    def asked() -> T:
        try:
            return ask()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asked).result()


def assert_accessible(page: Page) -> None:
    """No finding of axe-core on the page as it stands; names rule and place."""
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", STANDARDS)
    faults = [
        f"{v['id']}: {node['target']} {node['html'][:160]}"
        for v in found["violations"]
        for node in v["nodes"]
    ]
    assert faults == [], f"{page.url}\n" + "\n".join(faults)


def assert_no_sideways_scrolling(page: Page, width: int = 320) -> None:
    """At ``width`` CSS pixels nothing sticks out of the page (WCAG 1.4.10)."""
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": 640})
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert before is not None
    page.set_viewport_size(before)
    assert wide <= width, f"{page.url} is {wide} px wide at {width} px"


def look(page: Page, name: str) -> None:
    """The page as it stands is accessible and fits; its picture where one is wanted."""
    assert_accessible(page)
    assert_no_sideways_scrolling(page)
    for width in (1280, 375) if PICTURES else ():
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=f"{PICTURES}/{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})
