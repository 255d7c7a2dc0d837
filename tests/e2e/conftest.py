"""What the walks share: a platform of their own with the demo season, and a browser, for each file."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from support.browsing import chromium
from support.platform import Platform, running


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    with running() as started:
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened
