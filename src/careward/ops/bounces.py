"""``careward mail bounces``: read what mail servers sent back, and note it on the letters."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from careward.correspondence import boxes
from careward.correspondence.bounces import take
from careward.journal import Actor

_out = Console(highlight=False, soft_wrap=True)
_errors = Console(stderr=True, highlight=False, soft_wrap=True)

IMAPS: Final = 993


@dataclass
class _Tally:
    """What a run has done so far; its own :data:`boxes.Work`."""

    seen: int = 0
    noted: int = 0
    left: int = 0

    def __call__(self, raw: bytes) -> bool:
        taken = take(raw, Actor.system("bounce mailbox"))
        self.seen += 1
        self.noted += taken.noted
        self.left += not taken.ours
        return taken.ours

    def __str__(self) -> str:
        said = f"{self.seen} mails read, {self.noted} letters bounced"
        return f"{said}, {self.left} not about our letters: left for a person" if self.left else said


def run(*, maildir: Path | None, mbox: Path | None, imap: bool) -> int:
    """Work through one box; returns the exit code: 0 done, 2 no box, or it cannot be read."""
    if sum((maildir is not None, mbox is not None, imap)) != 1:
        _errors.print("mail bounces: name one of --maildir, --mbox, --imap")
        return 2
    tally = _Tally()
    try:
        _read(tally, maildir, mbox)
    except (OSError, boxes.BoxUnreadable) as fault:
        _errors.print(f"mail bounces: {type(fault).__name__}: {fault}", markup=False)
        _errors.print(f"mail bounces: ended early; until then {tally}", markup=False)
        return 2
    _out.print(f"mail bounces: {tally}")
    return 0


def _read(work: boxes.Work, maildir: Path | None, mbox: Path | None) -> None:
    if maildir:
        if not (maildir / "new").is_dir():
            raise FileNotFoundError(maildir)
        boxes.maildir(maildir, work)
    elif mbox:
        if not mbox.is_file():
            raise FileNotFoundError(mbox)
        boxes.mbox(mbox, work)
    else:
        boxes.imap(_account(), work)


def _account() -> boxes.Account:
    """The mailbox of the environment. Raises BoxUnreadable naming what is missing."""
    host, user, password = (_set(f"CAREWARD_IMAP_{name}") for name in ("HOST", "USER", "PASSWORD"))
    port = os.environ.get("CAREWARD_IMAP_PORT") or str(IMAPS)
    if not port.isdecimal():
        raise boxes.BoxUnreadable("CAREWARD_IMAP_PORT must be a number")
    return boxes.Account(host, int(port), user, password)


def _set(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise boxes.BoxUnreadable(f"{name} must be set")
    return value
