"""The demo's mail: every letter becomes one file of a folder, which the mailbox page reads."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage as Parsed
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from careward.kernel import clock

_COARSE_NS: Final = 100_000_000
"""A folder changed so lately may change again without its time showing it."""

_counted: dict[str, tuple[int, int]] = {}


def folder() -> Path:
    """Where the demo's letters lie."""
    return Path(settings.HOME) / "mail"


class FolderBackend(BaseEmailBackend):
    """Keeps each mail as ``<message id>.eml``: sent twice after a crash, it is still one letter."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the mails; returns how many."""
        folder().mkdir(parents=True, exist_ok=True)
        for mail in email_messages:
            message = mail.message()
            message["X-Careward-Time"] = clock.now().isoformat()
            name = str(message["Message-ID"]).strip("<>").partition("@")[0]
            fresh = folder() / f".{name}.{os.getpid()}"
            fresh.write_bytes(message.as_bytes())
            fresh.replace(folder() / f"{name}.eml")
        return len(email_messages)


@dataclass(frozen=True, slots=True)
class Mail:
    """One letter as it arrived."""

    id: str
    at: datetime
    to: str
    cc: str
    subject: str
    body: str


def all_mails() -> list[Mail]:
    """Every letter, newest first."""
    files = folder().glob("[!.]*.eml") if folder().is_dir() else ()
    return sorted((_read(file) for file in files), key=lambda mail: mail.at, reverse=True)


def mail(mail_id: str) -> Mail | None:
    """One letter by its id, or None."""
    return next((found for found in all_mails() if found.id == mail_id), None)


def count() -> int:
    """How many letters there are, counted anew when the folder has changed: every page of the demo asks."""
    place = f"{settings.HOME}/mail"
    try:
        changed = os.stat(place).st_mtime_ns  # noqa: PTH116
    except FileNotFoundError:
        return 0
    known = _counted.get(place)
    if known is None or known[0] != changed:
        names = os.listdir(place)  # noqa: PTH208 - names alone are quicker than paths
        letters = sum(name.endswith(".eml") and not name.startswith(".") for name in names)
        if time.time_ns() - changed < _COARSE_NS:
            return letters
        known = _counted[place] = changed, letters
    return known[1]


def _read(file: Path) -> Mail:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(message, Parsed)
    body = message.get_body(("plain",))
    return Mail(
        id=file.stem,
        at=datetime.fromisoformat(str(message["X-Careward-Time"])),
        to=str(message["To"]),
        cc=str(message["Cc"] or ""),
        subject=str(message["Subject"]),
        body=body.get_content() if body else "",
    )
