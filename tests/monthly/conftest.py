"""What the tests of months share: see tests/intake/conftest.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from careward.kernel import clock
from careward.store.secrets import VARIABLES, secret
from support.delivering import OPEN


@pytest.fixture
def uploads_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A moment at which every account in use may upload, with an object store of its own."""
    monkeypatch.setenv("CAREWARD_HOME", str(tmp_path / "home"))
    for name in VARIABLES:
        secret(name)
    with clock.frozen(OPEN):
        yield
