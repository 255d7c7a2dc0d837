"""``careward mail bounces``: read what mail servers sent back, and note it on the letters."""

import os
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from careward.correspondence import boxes
from careward.correspondence.bounces import note, read
from careward.journal import Actor

_out = Console(highlight=False, soft_wrap=True)
_errors = Console(stderr=True, highlight=False, soft_wrap=True)


def run(*, maildir: Path | None, mbox: Path | None, imap: bool) -> int:
    """Work through one box; returns the exit code: 0 done, 2 no box, or it cannot be read."""
    if sum((maildir is not None, mbox is not None, imap)) != 1:
        _errors.print("mail bounces: name one of --maildir, --mbox, --imap")
        return 2
    try:
        seen, noted = _work(_box(maildir, mbox))
    except (OSError, KeyError) as fault:
        _errors.print(f"mail bounces: {type(fault).__name__}: {fault}", markup=False)
        return 2
    _out.print(f"mail bounces: {seen} mails read, {noted} letters bounced")
    return 0


def _box(maildir: Path | None, mbox: Path | None) -> Iterator[bytes]:
    if maildir:
        if not (maildir / "new").is_dir():
            raise FileNotFoundError(maildir)
        return boxes.maildir(maildir)
    if mbox:
        if not mbox.is_file():
            raise FileNotFoundError(mbox)
        return boxes.mbox(mbox)
    names = ("CAREWARD_IMAP_HOST", "CAREWARD_IMAP_USER", "CAREWARD_IMAP_PASSWORD")
    return boxes.imap(*(os.environ[name] for name in names))


def _work(mails: Iterator[bytes]) -> tuple[int, int]:
    seen = noted = 0
    for raw in mails:
        seen += 1
        noted += note(read(raw), Actor.system("bounce mailbox"))
    return seen, noted
