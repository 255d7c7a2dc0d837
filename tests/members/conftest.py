"""An institution at a moment at which uploads are open."""

from collections.abc import Iterator

import pytest

from careward.kernel import clock
from careward.registry.models import Institution
from support import delivering


@pytest.fixture(autouse=True)
def _open() -> Iterator[None]:
    with clock.frozen(delivering.OPEN):
        yield


@pytest.fixture
def home(db: None) -> Institution:
    """The institution whose people it is about."""
    return delivering.institution()
