"""The demo season's form is open."""

from collections.abc import Iterator

import pytest
from support.applying import DURING

from careward.kernel.clock import frozen


@pytest.fixture(autouse=True)
def _during_the_window() -> Iterator[None]:
    with frozen(DURING):
        yield
