"""Public keys that open upload accounts: those institutions register, and those of their system vendors.

Allowed: ed25519, NIST ECDSA, RSA of 3072 bits and more (security-baseline.md "SSH/SFTP").
"""

from typing import Final

import asyncssh

SIGNATURES: Final = (
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
"""What a client's key may sign with."""
SMALLEST_RSA: Final = 3072
"""Bits, for host keys and for the keys of institutions and vendors."""

_LONGEST: Final = 4_000


class RefusedKey(ValueError):
    """A public key cannot be registered; ``code`` is one of private, putty, several, unreadable, weak."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def is_secret(self) -> bool:
        """Whether what was pasted is a secret key, which no page shows again."""
        return self.code in ("private", "putty")


def is_strong(key: asyncssh.SSHKey) -> bool:
    """Whether a public key may open an account."""
    if key.algorithm == b"ssh-rsa":
        return getattr(key.pyca_key, "key_size", 0) >= SMALLEST_RSA
    return key.algorithm.decode("ascii") in SIGNATURES


def public_line(pasted: str) -> str:
    """Algorithm and key of what somebody pasted, without options and comment.

    Reads OpenSSH's one-line form and RFC 4716, as PuTTY saves it. Raises :class:`RefusedKey`.
    """
    told = pasted.strip()
    if told.startswith("PuTTY-User-Key-File"):
        raise RefusedKey("putty")
    if "PRIVATE KEY" in told:
        raise RefusedKey("private")
    if len(told) > _LONGEST:
        raise RefusedKey("unreadable")
    if (
        "-----" not in told.replace("---- ", "")
        and not told.startswith("---- ")
        and len(told.splitlines()) > 1
    ):
        raise RefusedKey("several")
    try:
        key = asyncssh.import_public_key(told)
    except (asyncssh.KeyImportError, ValueError) as error:
        raise RefusedKey("unreadable") from error
    if not is_strong(key):
        raise RefusedKey("weak")
    return " ".join(key.export_public_key("openssh").decode("ascii").split()[:2])
