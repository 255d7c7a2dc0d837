"""Homes to start clusters in, processes that use them, and an object store."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from careward.store import embedded
from careward.store.objects import FolderStore, objects
from support.store_processes import User, make_home, stopped
from support.waiting import until


@pytest.fixture(scope="session")
def founded() -> Iterator[Path]:
    """A founded, stopped home to copy: founding takes a second of processor time, copying a tenth."""
    top = make_home(Path("/tmp"))
    embedded.start(top / "home").release()
    until(lambda: stopped(top / "home"), 30, "the model server to stop")
    with (top / "home" / "database" / "data" / "postgresql.conf").open("a") as configuration:
        configuration.write("fsync = off\n")  # processes are killed here, never the machine
    yield top / "home"
    shutil.rmtree(top)


@pytest.fixture
def new_home() -> Iterator[Path]:
    """A name for a new home, removed when its server is gone."""
    top = make_home(Path("/tmp"))
    yield top / "home"
    until(lambda: stopped(top / "home"), 30, "the last server to stop")
    shutil.rmtree(top)


@pytest.fixture
def home(new_home: Path, founded: Path) -> Path:
    """A home with a founded database that has no user yet."""
    subprocess.run(["cp", "-a", str(founded), str(new_home)], check=True)
    return new_home


@pytest.fixture
def user(new_home: Path) -> Iterator[Callable[[], User]]:
    """Starts processes that use the home's cluster."""
    started: list[User] = []

    def start() -> User:
        started.append(User(new_home))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FolderStore:
    monkeypatch.setenv("CAREWARD_HOME", str(tmp_path))
    found = objects()
    assert isinstance(found, FolderStore)
    return found
