"""Secrets in mailed links: made from a seed when a mail is sent, recognised by their digest, never stored.

Source: security-baseline.md, "Mailed links" 4 (at least 128 bit, stored hashed).
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from typing import Final

SHORTEST_KEY: Final = 16
"""Bytes. A shorter key would make tokens weaker than the 128 bit asked for."""


def derive(key: bytes, seed: str) -> str:
    """Make the token of ``seed``: HMAC-SHA256 under ``key``, 43 characters safe in an address, no padding.

    The same key and seed give the same token, so that the database keeps the seed and the digest only.
    Raises ValueError when the key is shorter than :data:`SHORTEST_KEY`.
    """
    if len(key) < SHORTEST_KEY:
        raise ValueError(f"a key of {len(key)} bytes is too short; at least {SHORTEST_KEY}")
    return urlsafe_b64encode(hmac.digest(key, _octets(seed), "sha256")).rstrip(b"=").decode("ascii")


def digest(token: str) -> str:
    """Return what is stored and looked up instead of the token: SHA-256, 64 hex digits."""
    return hashlib.sha256(_octets(token)).hexdigest()


def new_seed() -> str:
    """Return 256 fresh random bits, safe in an address."""
    return secrets.token_urlsafe(32)


def same(a: str, b: str) -> bool:
    """Compare in a time that does not tell how much of ``a`` is right."""
    return hmac.compare_digest(_octets(a), _octets(b))


def _octets(text: str) -> bytes:
    # surrogatepass: a token typed into an address may hold anything and must be wrong, not an error.
    return text.encode("utf-8", "surrogatepass")
