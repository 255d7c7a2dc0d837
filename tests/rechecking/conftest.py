"""What the tests of rechecks share: uploads are open, and the store is their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from careward.kernel import clock
from careward.store.secrets import VARIABLES, secret
from support.delivering import OPEN


@pytest.fixture
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder in which the objects of this test lie; uploads are open."""
    monkeypatch.setenv("CAREWARD_HOME", str(tmp_path / "home"))
    for name in VARIABLES:
        secret(name)
    with clock.frozen(OPEN):
        yield tmp_path / "home" / "objects"
