"""``careward receipt verify``: whether a receipt is genuine, offline, with the published keys. No database."""

import base64
import binascii
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TextIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from careward.checking.receipt import signing
from careward.checking.receipt.report import short_moment
from careward.kernel.texts import text

GENUINE: Final = 0
NOT_GENUINE: Final = 1
CANNOT_TELL: Final = 2
PUBLISHED: Final = "receipt-keys.json"
"""The file of published keys, as ``/spec`` and the site hand it out."""
_RAW_BYTES: Final = 32
_OUTCOMES: Final = frozenset({"accepted", "rejected", "unreadable"})


class NotAKey(ValueError):
    """What was given as a key is none."""


def run(file: Path, keys: Sequence[str], out: TextIO | None = None) -> int:
    """Say whether ``file`` is genuine; ``keys`` are files or the base64 of a public key.

    Without ``keys`` the published file in the current folder is taken. Returns 0 genuine, 1 changed or unsigned,
    2 when it cannot be told: no such file, no receipt, no key, or signed with another one.
    """
    out = out or sys.stdout
    code, said = _verdict(file, keys or [PUBLISHED])
    out.write(said + "\n")
    return code


def _verdict(file: Path, keys: Sequence[str]) -> tuple[int, str]:
    try:
        known = {signing.key_id(raw): raw for given in keys for raw in published(given)}
    except (NotAKey, OSError):
        return CANNOT_TELL, _say("no_key", keys=" ".join(keys))
    try:
        document = signing.read(file.read_bytes())
        key = signing.verify(document, known)
    except OSError:
        return CANNOT_TELL, _say("missing", name=file)
    except signing.NotAReceipt:
        return CANNOT_TELL, _say("no_receipt", name=file)
    except signing.KeyUnknown as unknown:
        return CANNOT_TELL, _say("key_unknown", name=file, key=unknown)
    except signing.NotGenuine:
        return NOT_GENUINE, _say("not_genuine", name=file)
    return GENUINE, _say("genuine", name=file, key=key, **_told(document))


def _told(document: Mapping[str, Any]) -> dict[str, str]:
    """What a person wants to know of a genuine receipt, in words; that of a ZIP has no one result."""
    outcome = document.get("result")
    checked = datetime.fromisoformat(document["checked_at"])
    return {
        "ticket": document["ticket"],
        "outcome": _say(f"outcomes.{outcome if outcome in _OUTCOMES else 'of_each_file'}"),
        "moment": short_moment(checked),
    }


def published(given: str) -> list[bytes]:
    """Raw public keys: of a published file (JSON), of a PEM file, or the base64 itself. Raises NotAKey, OSError."""
    if _is_raw(raw := _decoded(given)):
        return [raw]
    content = Path(given).read_bytes()
    if content.lstrip().startswith(b"-----BEGIN"):
        return [_of_pem(content)]
    try:
        listed: Any = json.loads(content)
        raws = [_decoded(entry["public_key"]) for entry in listed["keys"]]
    except (ValueError, KeyError, TypeError) as error:
        raise NotAKey(given) from error
    if not raws or not all(map(_is_raw, raws)):
        raise NotAKey(given)
    return raws


def _of_pem(content: bytes) -> bytes:
    try:
        key = load_pem_public_key(content)
    except ValueError as error:
        raise NotAKey("not a public key") from error
    if not isinstance(key, Ed25519PublicKey):
        raise NotAKey("not an Ed25519 key")
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _decoded(said: str) -> bytes:
    try:
        return base64.b64decode(said, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _is_raw(raw: bytes) -> bool:
    return len(raw) == _RAW_BYTES


def _say(part: str, /, **values: object) -> str:
    return text(f"checking:verifying.{part}", **values)
