"""Where notifications lie: a maildir, an mbox file, an IMAP mailbox. What was read is marked, nothing is deleted."""

import imaplib
import mailbox
from collections.abc import Iterator
from pathlib import Path


def maildir(folder: Path) -> Iterator[bytes]:
    """The new mails of a maildir; each is moved to those seen once it was worked on."""
    box = mailbox.Maildir(folder, create=False)
    for key in list(box.keys()):
        mail = box[key]
        if mail.get_subdir() == "new":
            yield box.get_bytes(key)
            mail.set_subdir("cur")
            mail.add_flag("S")
            box[key] = mail
    box.close()


def mbox(file: Path) -> Iterator[bytes]:
    """All mails of an mbox file, which is left as it is: noting a bounce twice changes nothing."""
    box = mailbox.mbox(file, create=False)
    for key in list(box.keys()):
        yield box.get_bytes(key)
    box.close()


def imap(host: str, user: str, password: str, folder: str = "INBOX") -> Iterator[bytes]:
    """The unseen mails of an IMAP mailbox, over TLS; each is marked as seen once it was worked on."""
    with imaplib.IMAP4_SSL(host, timeout=30) as server:
        server.login(user, password)
        server.select(folder)
        _, (numbers,) = server.search(None, "UNSEEN")
        for number in numbers.split():
            _, parts = server.fetch(number, "(BODY.PEEK[])")
            yield next(part[1] for part in parts if isinstance(part, tuple))
            server.store(number, "+FLAGS", "\\Seen")
