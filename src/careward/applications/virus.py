"""Asking the virus scanner (clamd) about a file, by its socket.

Without a scanner nothing is claimed: the file is 未掃毒 and says so. Whether it is then taken is the operator's
choice by a setting of that name; production refuses. Source: security-baseline.md, "Documents people upload".
"""

import logging
import socket
import struct
from pathlib import Path
from typing import Final

from django.conf import settings

from careward.applications.inspecting import Unacceptable

log = logging.getLogger(__name__)

SECONDS: Final = 30.0
_PIECE: Final = 1 << 16
_LONGEST_ANSWER: Final = 4096


class ScannerAway(RuntimeError):
    """The scanner did not answer, or not with yes or no."""


def passed(path: Path) -> bool:
    """Whether the scanner found nothing; False means nobody looked, and that this is allowed here.

    Raises Unacceptable: ``infected``, or ``not_scanned`` where unscanned files are not taken.
    """
    try:
        if settings.VIRUS_SCANNER:
            if not _is_clean(settings.VIRUS_SCANNER, path):
                raise Unacceptable("infected")
            return True
    except (OSError, ScannerAway) as away:
        log.error("the virus scanner did not answer: %s", type(away).__name__)  # noqa: TRY400
    if settings.ACCEPT_UPLOADS_WITHOUT_VIRUS_SCAN:
        return False
    raise Unacceptable("not_scanned")


def _is_clean(address: str, path: Path) -> bool:
    with _connected(address) as scanner, path.open("rb") as file:
        scanner.sendall(b"zINSTREAM\0")
        while piece := file.read(_PIECE):
            scanner.sendall(struct.pack(">I", len(piece)) + piece)
        scanner.sendall(struct.pack(">I", 0))
        answer = _answer(scanner)
    if answer.endswith(b" FOUND"):
        return False
    if answer.endswith(b": OK"):
        return True
    raise ScannerAway


def _connected(address: str) -> socket.socket:
    """``host:port``, or the path of a Unix socket."""
    if address.startswith("/"):
        scanner = socket.socket(socket.AF_UNIX)
        scanner.settimeout(SECONDS)
        try:
            scanner.connect(address)
        except OSError:
            scanner.close()
            raise
        return scanner
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=SECONDS)


def _answer(scanner: socket.socket) -> bytes:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < _LONGEST_ANSWER:
        piece = scanner.recv(_LONGEST_ANSWER)
        if not piece:
            break
        answer += piece
    return answer.rstrip(b"\0\n")
