from collections.abc import Iterator
from pathlib import Path

import pytest

from careward.kernel import clock
from gateway.memory_backend import PASSWORD, MemoryBackend, guest
from gateway.running import OpenSsh, Running, policy


@pytest.fixture
def moment() -> Iterator[None]:
    """A day on which uploads are open."""
    with clock.frozen(clock.taipei(2026, 1, 5, 9)):
        yield


@pytest.fixture(scope="session")
def host_key_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Host keys made once: an RSA key of 3072 bits takes a while."""
    from careward.gateway import keys

    home = tmp_path_factory.mktemp("host-keys")
    keys.host_keys(home)
    return home


@pytest.fixture
def home(tmp_path: Path, host_key_home: Path) -> Path:
    import shutil

    place = tmp_path / "home"
    shutil.copytree(host_key_home, place)
    return place


@pytest.fixture
def backend(moment: None) -> MemoryBackend:
    memory = MemoryBackend()
    memory.add(guest())
    return memory


@pytest.fixture
def gateway(backend: MemoryBackend, home: Path) -> Iterator[Running]:
    with Running(backend, home, policy()) as running:
        yield running


@pytest.fixture
def client(gateway: Running, tmp_path: Path) -> OpenSsh:
    folder = tmp_path / "client"
    folder.mkdir()
    return OpenSsh(gateway, folder, PASSWORD)
