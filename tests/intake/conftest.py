"""What the tests of deliveries share: an object store of their own, and a day on which uploads are open."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from careward.kernel import clock
from careward.store.secrets import VARIABLES, secret
from support.delivering import OPEN


@pytest.fixture
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the objects of this test lie, with keys of its own."""
    monkeypatch.setenv("CAREWARD_HOME", str(tmp_path / "home"))
    for name in VARIABLES:
        secret(name)
    return tmp_path / "home" / "objects"


@pytest.fixture
def uploads_open(own_store: Path) -> Iterator[None]:
    """A moment at which every account in use may upload."""
    with clock.frozen(OPEN):
        yield
