"""The demo season's form is open."""

from collections.abc import Iterator

import pytest

from careward.kernel.clock import frozen
from support.applying import DURING


@pytest.fixture(autouse=True)
def _during_the_window() -> Iterator[None]:
    with frozen(DURING):
        yield
