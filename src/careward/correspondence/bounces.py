"""What a mail server sends back: reading delivery status notifications (RFC 3464), and noting them on the letter.

A bounce is matched by the letter's id, in the envelope address (VERP) or in the Message-ID of what came back; both are
random, so that a stranger cannot mark letters as bounced by guessing. Only permanent failures count.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from typing import Final
from uuid import UUID

from careward.correspondence import acts
from careward.correspondence.models import Letter
from careward.flow import NotPermitted
from careward.journal import Actor

_ID: Final = r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:\.(\d{1,4}))?"
_VERP: Final = re.compile(rf"\+{_ID}@", re.IGNORECASE)
_MESSAGE_ID: Final = re.compile(rf"message-id:\s*<{_ID}@", re.IGNORECASE)
_STATUS: Final = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_MAILBOX: Final = re.compile(r"[^\s;<>]+@[^\s;<>]+")


@dataclass(frozen=True, slots=True)
class Returned:
    """One mailbox that did not take one letter: ``code`` is the status of RFC 3463, "" when none was given."""

    letter: UUID
    round: int
    recipient: str
    code: str


def read(raw: bytes) -> list[Returned]:
    """The permanent failures a mail tells of; empty for anything that is no notification of ours. Raises nothing."""
    message = message_from_bytes(raw)
    found = _letter_of(message, raw)
    if found is None:
        return []
    return [Returned(*found, recipient, code) for recipient, code in _failures(message)]


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one mail: whether it is about a letter of ours, and how many letters it marked."""

    ours: bool
    noted: int


def take(raw: bytes, by: Actor) -> Taken:
    """Note what a mail tells. A delay or an answer on holiday is ours and marks nothing; a stranger's mail is not."""
    found = _letter_of(message_from_bytes(raw), raw)
    ours = found is not None and Letter.objects.filter(pk=found[0]).exists()
    return Taken(ours, note(read(raw), by))


def note(returned: Iterable[Returned], by: Actor) -> int:
    """Mark the letters as bounced; how many. One that was sent again since, or to whom else, stays as it is."""
    return sum(1 for one in returned if _note(one, by))


def _note(one: Returned, by: Actor) -> bool:
    letter = Letter.objects.filter(pk=one.letter).first()
    if letter is None or letter.rounds != one.round:
        return False
    if one.recipient.casefold() not in {mailbox.casefold() for mailbox in letter.to}:
        return False
    with suppress(NotPermitted):
        acts.bounce(letter, by, code=one.code)
        return True
    return False


def parse_name(name: str) -> tuple[UUID, int] | None:
    """Letter and round of a name as :func:`careward.correspondence.jobs.message_name` makes it."""
    found = re.fullmatch(_ID, name.strip(), re.IGNORECASE)
    return _named(found) if found else None


def _letter_of(message: Message, raw: bytes) -> tuple[UUID, int] | None:
    for header in ("Delivered-To", "X-Original-To", "To"):
        for value in message.get_all(header, []):
            found = _VERP.search(str(value))
            if found:
                return _named(found)
    # Folded, nested or cut off: the returned headers are looked for in the bytes themselves.
    found = _MESSAGE_ID.search(raw.decode("latin-1"))
    return _named(found) if found else None


def _named(found: re.Match[str]) -> tuple[UUID, int]:
    return UUID(found[1]), int(found[2] or 0)


def _failures(message: Message) -> Iterator[tuple[str, str]]:
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        payload = part.get_payload()
        for block in payload if isinstance(payload, list) else []:
            if not isinstance(block, Message):
                continue
            if str(block.get("Action", "")).strip().lower() != "failed":
                continue
            mailbox = _MAILBOX.search(
                str(block.get("Original-Recipient") or block.get("Final-Recipient") or "")
            )
            status = _STATUS.search(str(block.get("Status", "")))
            if mailbox and not (status and status[1].startswith("4")):
                yield mailbox[0], status[1] if status else ""
