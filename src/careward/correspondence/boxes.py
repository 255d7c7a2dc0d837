"""Where notifications lie: a maildir, an mbox file, an IMAP mailbox. What was read is marked, nothing is deleted.

Each box hands its new mails to a ``Work``, and is told by it whether the mail is ours. One that is not stays unread and
flagged, for a person to look at; no later run reads it again.
"""

import imaplib
import mailbox
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

Work = Callable[[bytes], bool]
"""Notes what one mail tells; whether it is about a letter of ours."""

_SECONDS: Final = 30.0


class BoxUnreadable(RuntimeError):
    """A box does not let us read; the message says why, in the server's words where it gave any."""


@dataclass(frozen=True, slots=True)
class Account:
    """An IMAP mailbox; ``port`` speaks TLS from the first byte, its certificate is checked."""

    host: str
    port: int
    user: str
    password: str
    folder: str = "INBOX"


def maildir(folder: Path, work: Work) -> None:
    """The new mails of a maildir; each is moved to those seen once it was worked on."""
    box = mailbox.Maildir(folder, create=False)
    for key in list(box.keys()):
        mail = box[key]
        if mail.get_subdir() == "new":
            mail.add_flag("S" if work(box.get_bytes(key)) else "F")
            mail.set_subdir("cur")
            box[key] = mail
    box.close()


def mbox(file: Path, work: Work) -> None:
    """All mails of an mbox file, which is left as it is: noting a bounce twice changes nothing."""
    box = mailbox.mbox(file, create=False)
    for key in list(box.keys()):
        work(box.get_bytes(key))
    box.close()


def imap(account: Account, work: Work) -> None:
    """The mails of an IMAP mailbox that are neither seen nor flagged; each is marked once it was worked on.

    A run cut in between has marked what it did; the next goes on. Raises OSError when the server is away or cannot
    show whose it is, :class:`BoxUnreadable` when it refuses.
    """
    try:
        with imaplib.IMAP4_SSL(
            account.host, account.port, ssl_context=ssl.create_default_context(), timeout=_SECONDS
        ) as server:
            server.login(account.user, account.password)
            _said(server.select(account.folder))
            (found,) = _said(server.uid("SEARCH", "UNSEEN", "UNFLAGGED"))
            for uid in (found or b"").decode().split():
                _one(server, uid, work)
    except imaplib.IMAP4.error as refusal:
        raise BoxUnreadable(str(refusal)) from refusal


def _one(server: imaplib.IMAP4_SSL, uid: str, work: Work) -> None:
    parts = _said(server.uid("FETCH", uid, "(BODY.PEEK[])"))
    raw = next((bytes(part[1]) for part in parts if isinstance(part, tuple)), None)
    if raw is None:  # somebody else took it away meanwhile
        return
    _said(server.uid("STORE", uid, "+FLAGS.SILENT", "\\Seen" if work(raw) else "\\Flagged"))


def _said(answer: tuple[str, list[Any]]) -> list[Any]:
    """What the server answered. Raises :class:`BoxUnreadable` for a no."""
    status, parts = answer
    if status != "OK":
        raise BoxUnreadable(
            b" ".join(part for part in parts if isinstance(part, bytes)).decode(errors="replace")
        )
    return parts
