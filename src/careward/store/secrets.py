"""Secrets of one installation: from the environment in production, generated once into the home of a demo.

A variable holds one or more base64 keys of 32 bytes, separated by commas: the first is used for what is new,
all of them open what is old, which is how a key is changed (security baseline, items 69–71). None has a
default.
"""

import base64
import binascii
import os
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from secrets import token_bytes
from tempfile import mkstemp

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from careward.store.folders import default_home, fsync_folder, make_folder

KEY_BYTES = 32
VARIABLES = {
    "data-keys": "CAREWARD_DATA_KEYS",
    "link-keys": "CAREWARD_LINK_KEYS",
    "django-key": "CAREWARD_DJANGO_KEY",
    "hash-key": "CAREWARD_HASH_KEY",
    "receipt-keys": "CAREWARD_RECEIPT_KEYS",
}
"""Name → environment variable. data-keys seal what is stored, link-keys derive mailed links, django-key signs
sessions, hash-key makes IDs comparable without keeping them (changing it means rewriting the hashes), receipt-keys sign
receipts."""


class SecretMissing(RuntimeError):
    """A secret is not there, is malformed, or lies open to others; the message says what to do."""


def secret(name: str, environ: Mapping[str, str] = os.environ) -> bytes:
    """Give the key in use, 32 bytes. Raises SecretMissing; KeyError for a name not in VARIABLES."""
    return secrets(name, environ)[0]


def secrets(name: str, environ: Mapping[str, str] = os.environ) -> list[bytes]:
    """Give all keys under this name, the one in use first. Raises as ``secret`` does."""
    variable = VARIABLES[name]
    value = environ.get(variable)
    if value:
        return list(_parse(value, variable))
    if not generates(environ):
        raise SecretMissing(
            f"{variable} is not set. Outside a demo careward makes up no secrets: set it to the output of"
            " `openssl rand -base64 32`, and keep a copy where the database is not"
        )
    return list(_kept(default_home(environ), name))


def generates(environ: Mapping[str, str]) -> bool:
    """Whether missing secrets are generated: with the embedded database, or where CAREWARD_DEMO=1 says so."""
    return "CAREWARD_DATABASE_URL" not in environ or environ.get("CAREWARD_DEMO") == "1"


def hasher(domain: str = "identifier") -> Callable[[str], str]:
    """Read the key once and give :func:`keyed_hash` of one domain, for hashing many texts."""
    begun = HMAC(secret("hash-key"), SHA256())
    begun.update(b"careward\0" + domain.encode() + b"\0")

    def hashed(text: str) -> str:
        one = begun.copy()
        one.update(text.encode())
        return one.finalize().hex()

    return hashed


def keyed_hash(text: str, domain: str = "identifier") -> str:
    """HMAC-SHA256 of the text, hex: equal texts of one domain compare equal; no guessing without the key.

    Normalise before hashing; two domains never share a hash.
    """
    return hasher(domain)(text)


@lru_cache(maxsize=64)
def _parse(value: str, source: str) -> tuple[bytes, ...]:
    """Decode a list of keys; the message never quotes one."""
    keys = []
    for number, part in enumerate(value.split(","), start=1):
        try:
            key = base64.b64decode(part.strip(), validate=True)
        except binascii.Error:
            key = b""
        if len(key) != KEY_BYTES or len(set(key)) == 1:
            raise SecretMissing(f"{source}: key {number} is not the base64 of {KEY_BYTES} random bytes")
        keys.append(key)
    if len(set(keys)) != len(keys):
        raise SecretMissing(f"{source}: the same key is listed twice")
    return tuple(keys)


@lru_cache(maxsize=64)
def _kept(home: Path, name: str) -> tuple[bytes, ...]:
    """Read the generated key, generating it at the first call of the first process."""
    file = home / "secrets" / name
    if not file.exists():
        _generate(file)
    if file.stat().st_mode & 0o077:
        raise SecretMissing(f"{file} can be read by others: chmod 600 it, and change the key if they could")
    return _parse(file.read_text("ascii").strip(), str(file))


def _generate(file: Path) -> None:
    """Write a new key durably; of two processes at once, the first wins and both read the same."""
    make_folder(file.parent.parent, 0o711 if os.geteuid() == 0 else 0o700)
    make_folder(file.parent, 0o700)
    descriptor, name = mkstemp(prefix=f".{file.name}.", dir=file.parent)
    fresh = Path(name)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(base64.b64encode(token_bytes(KEY_BYTES)).decode())
        stream.flush()
        os.fsync(descriptor)
    try:
        os.link(fresh, file)
    except FileExistsError:
        return
    finally:
        fresh.unlink()
    fsync_folder(file.parent)
