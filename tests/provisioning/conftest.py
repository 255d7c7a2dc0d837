"""Host keys to compare, and the days in which the vendor makes the accounts."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import argon2
import pytest

from careward.kernel.clock import frozen
from careward.provisioning import acts, hostkeys
from provisioning.making import VENDOR_AT_WORK


@pytest.fixture(autouse=True)
def _vendor_at_work() -> Iterator[None]:
    with frozen(VENDOR_AT_WORK):
        yield


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 as in production, but not its cost."""
    cheap = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(acts, "PasswordHasher", lambda: cheap)


@pytest.fixture(scope="session")
def _keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("host-keys")
    folder = home / "secrets" / "ssh"
    folder.mkdir(parents=True)
    for kind in ("ed25519", "rsa"):
        words = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(folder / f"ssh_host_{kind}_key")]
        subprocess.run(words, check=True)
    return home


@pytest.fixture(autouse=True)
def host_keys(_keys: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The fingerprints of the house's host keys, as OpenSSH itself prints them."""
    monkeypatch.setattr(hostkeys, "settings", SimpleNamespace(HOME=_keys))
    return [
        subprocess.run(
            ["ssh-keygen", "-lf", str(key)], check=True, capture_output=True, text=True
        ).stdout.split()[1]
        for key in sorted((_keys / "secrets" / "ssh").glob("*.pub"))
    ]
