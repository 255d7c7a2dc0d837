"""Receipts signed with Ed25519, so that anybody can tell, offline and years later, that one is genuine.

Canonical form: the receipt without its member ``signature``, as JSON in UTF-8 with the members of every object
sorted by name, no blanks between tokens, whole numbers only and nothing escaped that need not be – what RFC 8785
makes of it. Signed is the line ``careward-receipt/1 <SHA-256 of the canonical form, hex>``, in ASCII and without
an end; a large receipt is so read once and never held whole. A key's id is the first 16 hex digits of the SHA-256
of the raw public key. For people: docs/reference/receipt.md.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from careward.store.secrets import secrets

ALGORITHM: Final = "Ed25519"
SIGNATURE: Final = "signature"
CANONICAL: Final = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
)
"""Writes a receipt, or a part of one, in its canonical form."""
_CONTEXT: Final = "careward-receipt/1"
_ID_DIGITS: Final = 16
_MEMBERS: Final = {"algorithm", "key", "value"}


class NotAReceipt(ValueError):
    """The bytes are no JSON object, or one that two readers could read differently."""


class NotGenuine(Exception):
    """The receipt was changed, or never signed."""


class KeyUnknown(Exception):
    """Signed with a key that is not among those given; its id is the message."""


def canonical(document: Mapping[str, Any]) -> bytes:
    """The one form of a receipt that is signed. Raises NotAReceipt for what has none."""
    plain = {name: value for name, value in document.items() if name != SIGNATURE}
    try:
        return CANONICAL.encode(plain).encode()
    except (UnicodeEncodeError, ValueError, RecursionError) as error:
        raise NotAReceipt("the receipt has no canonical form") from error


def signed(document: Mapping[str, Any]) -> dict[str, Any]:
    """The receipt with its signature by the key in use; raises SecretMissing when there is no key."""
    return {**document, SIGNATURE: _signature(hashlib.sha256(canonical(document)).hexdigest())}


class Signing:
    """Signs a receipt piece by piece, for one too large to be held: give it all of the canonical form in order."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def take(self, piece: bytes) -> bytes:
        """Count the piece in and give it back to be written; the brace that ends the receipt is left out."""
        self._digest.update(piece)
        return piece

    def end(self) -> tuple[str, bytes]:
        """The id of the key, and what ends the file in place of the last brace: the signature."""
        self._digest.update(b"}")
        signature = _signature(self._digest.hexdigest())
        return signature["key"], _tail(signature)


def _signature(digest: str) -> dict[str, str]:
    private = Ed25519PrivateKey.from_private_bytes(secrets("receipt-keys")[0])
    value = private.sign(_message(digest))
    key = key_id(_raw(private.public_key()))
    return {"algorithm": ALGORITHM, "key": key, "value": base64.b64encode(value).decode()}


def _tail(signature: Mapping[str, Any]) -> bytes:
    said = json.dumps(signature, sort_keys=True, separators=(",", ":"))
    return f',"{SIGNATURE}":{said}}}'.encode()


def written(document: Mapping[str, Any]) -> bytes:
    """A signed receipt as a file: the canonical form with the signature as last member."""
    return canonical(document)[:-1] + _tail(document[SIGNATURE])


def read(content: bytes) -> dict[str, Any]:
    """A receipt read strictly: no member twice, no fractions. Raises NotAReceipt."""
    try:
        document = json.loads(
            content.decode(), object_pairs_hook=_each_once, parse_float=_no_number, parse_constant=_no_number
        )
    except (ValueError, RecursionError) as error:
        raise NotAReceipt("not JSON as receipts are") from error
    if not isinstance(document, dict):
        raise NotAReceipt("not an object")
    return document


def verify(document: Mapping[str, Any], keys: Mapping[str, bytes]) -> str:
    """The id of the key that signed it; ``keys`` are raw public keys by id.

    Raises NotGenuine, KeyUnknown, NotAReceipt.
    """
    signature = document.get(SIGNATURE)
    if not isinstance(signature, dict) or set(signature) != _MEMBERS or signature["algorithm"] != ALGORITHM:
        raise NotGenuine("without a signature")
    key = signature["key"]
    if not isinstance(key, str) or key not in keys:
        raise KeyUnknown(str(key))
    try:
        value = base64.b64decode(signature["value"], validate=True)
        if base64.b64encode(value).decode() != signature["value"]:
            raise NotGenuine("the signature is not written as signatures are")
        digest = hashlib.sha256(canonical(document)).hexdigest()
        Ed25519PublicKey.from_public_bytes(keys[key]).verify(value, _message(digest))
    except (InvalidSignature, TypeError, binascii.Error, ValueError) as error:
        raise NotGenuine("changed after it was signed") from error
    return key


def key_id(public: bytes) -> str:
    """The public name of a key, made of its raw public half."""
    return hashlib.sha256(public).hexdigest()[:_ID_DIGITS]


def own_keys() -> dict[str, bytes]:
    """Raw public keys by id of the secrets this process has, the one in use first."""
    return dict(_public(private) for private in secrets("receipt-keys"))


def pem(public: bytes) -> str:
    """A raw public key in the form other programs read."""
    key = Ed25519PublicKey.from_public_bytes(public)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@lru_cache(maxsize=64)
def _public(private: bytes) -> tuple[str, bytes]:
    raw = _raw(Ed25519PrivateKey.from_private_bytes(private).public_key())
    return key_id(raw), raw


def _raw(public: Ed25519PublicKey) -> bytes:
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _message(digest: str) -> bytes:
    return f"{_CONTEXT} {digest}".encode()


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a member twice")
    return made


def _no_number(said: str) -> Any:
    raise ValueError("not a whole number")
