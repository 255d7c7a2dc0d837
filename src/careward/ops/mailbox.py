"""The demo's mail: every letter becomes one file of a folder, which the mailbox page reads."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage as Parsed
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from careward.kernel import clock


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
    """How many letters there are."""
    try:
        names = os.listdir(folder())  # noqa: PTH208 - on every page: names alone are quicker than paths
    except FileNotFoundError:
        return 0
    return sum(name.endswith(".eml") and not name.startswith(".") for name in names)


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
