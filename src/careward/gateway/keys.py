"""Host keys of the gateway: made at first start, 0600, shown to people as SHA-256 fingerprints.

Algorithms: security-baseline.md "SSH/SFTP". RSA signs with SHA-512 only: a host key that lists more would
also offer SHA-1, and asyncssh keeps the chosen signature algorithm in the key all connections share.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import asyncssh

from careward.vendors.keys import SMALLEST_RSA

KEX: Final = ("mlkem768x25519-sha256", "curve25519-sha256", "curve25519-sha256@libssh.org")
CIPHERS: Final = (
    "aes256-gcm@openssh.com",
    "aes128-gcm@openssh.com",
    "aes256-ctr",
    "aes192-ctr",
    "aes128-ctr",
)
MACS: Final = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com")
_HOST_KEYS: Final[dict[str, Callable[[], asyncssh.SSHKey]]] = {
    "ssh_host_ed25519_key": lambda: asyncssh.generate_private_key("ssh-ed25519"),
    "ssh_host_rsa_key": lambda: asyncssh.generate_private_key("ssh-rsa", key_size=SMALLEST_RSA),
}
_NEXT: Final = ".next"
"""Ending of a key that is prepared for a rotation."""
_SHORT: Final = {b"ssh-ed25519": "ED25519", b"ssh-rsa": "RSA"}


def folder(home: Path) -> Path:
    """Return where the host keys lie below the data home."""
    return home / "secrets" / "ssh"


def host_keys(home: Path) -> list[asyncssh.SSHKeyPair]:
    """Read the host keys, making those that are missing; safe when several processes start at once.

    Those prepared for a rotation come last: they are announced to clients (hostkeys-00@openssh.com), and for the
    key exchange the first of each algorithm is used.
    """
    with _sole(home) as place:
        for name, generate in _HOST_KEYS.items():
            _make_sure_of(place / name, generate)
        paths = [place / name for name in _HOST_KEYS] + _prepared(place)
        pairs = list(asyncssh.load_keypairs([str(path) for path in paths]))
    for pair in pairs:
        if pair.algorithm == b"ssh-rsa":
            pair.set_sig_algorithm(b"rsa-sha2-512")
            pair.host_key_algorithms = [b"rsa-sha2-512"]
    return pairs


class NothingPrepared(RuntimeError):
    """A rotation is switched before it was prepared."""


def prepare_rotation(home: Path) -> None:
    """Make the keys that come next, unless there are some; gateways announce them from their next start."""
    host_keys(home)
    with _sole(home) as place:
        for name, generate in _HOST_KEYS.items():
            _make_sure_of(place / f"{name}{_NEXT}", generate)


def switch_rotation(home: Path) -> None:
    """Use the prepared keys from the gateways' next start; the former ones stay beside them as ``.former``.

    May be repeated after it was interrupted. Raises :class:`NothingPrepared`.
    """
    with _sole(home) as place:
        if not _prepared(place):
            raise NothingPrepared
        for name in _HOST_KEYS:
            if (coming := place / f"{name}{_NEXT}").exists():
                (place / name).replace(place / f"{name}.former")
                coming.replace(place / name)
                (place / f"{name}{_NEXT}.pub").replace(place / f"{name}.pub")


def _prepared(place: Path) -> list[Path]:
    return [path for name in _HOST_KEYS if (path := place / f"{name}{_NEXT}").exists()]


@contextmanager
def _sole(home: Path) -> Iterator[Path]:
    """Give the folder of the keys to one process at a time."""
    place = folder(home)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (place / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield place


def _make_sure_of(path: Path, generate: Callable[[], asyncssh.SSHKey]) -> None:
    if not path.exists():
        _keep(path, generate())
    public = path.with_name(f"{path.name}.pub")
    if not public.exists():
        public.write_bytes(asyncssh.read_private_key(path).export_public_key())


def _keep(path: Path, key: asyncssh.SSHKey) -> None:
    key.set_comment("careward")
    path.with_name(f"{path.name}.pub").unlink(missing_ok=True)
    unfinished = path.with_name(f"{path.name}.new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.export_private_key())
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def public_keys(home: Path) -> list[str]:
    """Return the public host keys, ed25519 first, as ``known_hosts`` lines without the host's name."""
    host_keys(home)
    lines = [(folder(home) / f"{name}.pub").read_text("ascii") for name in _HOST_KEYS]
    return [" ".join(line.split()[:2]) for line in lines]


def fingerprints(home: Path) -> list[str]:
    """Return ``ED25519 SHA256:…`` and ``RSA SHA256:…``, for pages, letters and the command line."""
    public = [asyncssh.import_public_key(line) for line in public_keys(home)]
    return [f"{_SHORT[key.algorithm]} {key.get_fingerprint()}" for key in public]
