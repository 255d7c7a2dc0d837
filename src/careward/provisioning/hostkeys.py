"""The SFTP host keys as people compare them.

The keys belong to the gateway, which lies above; their public halves lie in the home folder, where letters and
pages read them.
"""

import base64
import hashlib
from pathlib import Path

from django.conf import settings

_NAMES = {"ssh-ed25519": "ED25519", "ssh-rsa": "RSA"}


class NoHostKeys(RuntimeError):
    """The gateway has made no host keys yet: a letter without their fingerprints must not leave."""


def fingerprints() -> tuple[str, ...]:
    """One line per host key as OpenSSH prints it, ``ED25519 SHA256:…`` first. Raises :class:`NoHostKeys`."""
    place = Path(settings.HOME) / "secrets" / "ssh"
    lines = [file.read_text(encoding="ascii") for file in sorted(place.glob("ssh_host_*_key.pub"))]
    if not lines:
        raise NoHostKeys(str(place))
    return tuple(_fingerprint(line) for line in lines)


def coming_fingerprints() -> tuple[str, ...]:
    """The same of keys prepared for a rotation, which clients may see soon; most of the time there are none."""
    place = Path(settings.HOME) / "secrets" / "ssh"
    lines = [file.read_text(encoding="ascii") for file in sorted(place.glob("ssh_host_*_key.next.pub"))]
    return tuple(_fingerprint(line) for line in lines)


def fingerprints_if_any() -> tuple[str, ...]:
    """The same for pages, which show the rest while the gateway has never been started."""
    try:
        return fingerprints()
    except NoHostKeys:
        return ()


def _fingerprint(line: str) -> str:
    algorithm, blob = line.split()[:2]
    digest = base64.b64encode(hashlib.sha256(base64.b64decode(blob)).digest()).decode("ascii").rstrip("=")
    return f"{_NAMES.get(algorithm, algorithm)} SHA256:{digest}"
