"""The interchange specification as it is published: what is in force, its files and the keys of receipts."""

import atexit
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Final

from careward import rulebook
from careward.checking.receipt import signing
from careward.checking.receipt.verifying import PUBLISHED as RECEIPT_KEYS
from careward.intake.models import ReceiptKey
from careward.kernel import clock
from careward.kernel.roc import RocMonth
from careward.rulebook.book import ENVIRONMENT, rules_folder
from careward.rulebook.interchange import Interchange
from careward.rulebook.season import Season

_LONGEST: Final = 120.0
"""Seconds, on a machine that does much else; a few otherwise."""
_making: Final = Lock()
"""Who asks while they are made waits, and makes nothing a second time."""


def season_in_force() -> Season:
    """The season served now."""
    return rulebook.current().season_at(clock.now(), county=rulebook.NATIONWIDE)


def specification_in_force() -> Interchange:
    """The version of the specification that season follows."""
    return rulebook.current().interchange(season_in_force().season.interchange)


def files() -> Mapping[str, bytes]:
    """What lies below ``/spec``, by path: every version as YAML with ``samples/``, the keys of receipts."""
    made: dict[str, bytes] = {}
    for version in rulebook.current().interchanges:
        made |= files_of(version)
    return {**made, RECEIPT_KEYS: receipt_keys()}


def files_of(version: str) -> Mapping[str, bytes]:
    """What lies there of one version, which need not be in force yet, or any more."""
    season = season_in_force()
    with _making:
        return _files(rules_folder(), version, season.months[0], tuple(season.datasets.required.value))


def other_versions() -> list[Interchange]:
    """The versions beside the one in force, the latest first: institutions and vendors get ready for the next."""
    known = rulebook.current().interchanges
    own = season_in_force().season.interchange
    return [known[version] for version in sorted(known, reverse=True) if version != own]


def receipt_keys() -> bytes:
    """The published keys of receipts, the one in use first: what ``careward receipt verify`` reads."""
    keys = [
        {
            "id": key.key,
            "algorithm": signing.ALGORITHM,
            "public_key": key.public,
            "pem": key.pem,
            "first_used_at": key.first_used_at.isoformat() if key.first_used_at else None,
            "in_use": key.in_use,
        }
        for key in ReceiptKey.objects.published()
    ]
    document = {"schema": "careward-receipt-keys/1", "keys": keys}
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


@cache
def _files(versions: Path, version: str, period: RocMonth, required: Sequence[str]) -> Mapping[str, bytes]:
    """Made by a process of its own, which ends: what it needs for it is large, and needed once."""
    words = [sys.executable, "-m", "careward.intake.specification_files", version, str(period), *required]
    environment = {**os.environ, ENVIRONMENT: str(versions)}
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own command
        atexit.register(process.kill)  # who asked may end first
        try:
            packed, _ = process.communicate(timeout=_LONGEST)
        finally:
            process.kill()
            atexit.unregister(process.kill)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words)
    with zipfile.ZipFile(io.BytesIO(packed)) as files:
        return {name: files.read(name) for name in files.namelist()}
