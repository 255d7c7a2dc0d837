"""What an upload account sees of its deliveries over SFTP: those that wait, the receipts of the others."""

import shutil
from codecs import BOM_UTF8
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Final, cast
from uuid import UUID

from careward.checking.naming import clean_name
from careward.checking.receipt.report import short_moment
from careward.intake.models import Delivery
from careward.intake.questions import Sender
from careward.kernel.texts import text
from careward.store.objects import ObjectStore, StoredMissing, objects

FORMS: Final = ("json", "txt")
"""The forms of a receipt, which are also the endings of its objects and files."""
BOOKS: Final = ("ods", "xlsx")
"""Its forms as a workbook, where something was found (:mod:`careward.intake.receipt_books`); the house's own first."""
PAGE: Final = "page.json"
"""Ending of what a page shows of a receipt with more than :data:`MOST_ON_PAGE` findings; never sent anywhere."""
MOST_ON_PAGE: Final = 5_000
ENDINGS: Final = (*FORMS, *BOOKS, PAGE)
"""Every ending an object of a receipt may have."""
_IN_MEMORY: Final = 1 << 20
_HELD: Final = "-held.txt"
"""Ending of the note about a file that may not have come whole; gone once it is confirmed or set aside."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One file of a listing: ``size`` in bytes, ``mtime`` aware."""

    name: str
    size: int
    mtime: datetime


def is_long(delivery: Delivery) -> bool:
    """Whether it has more findings than a page can show."""
    return delivery.error_count + delivery.warning_count > MOST_ON_PAGE


def receipts_of(account: Sender, lane: str) -> list[Listed]:
    """Every receipt of the account in a lane, newest first, in each form: ``11501-staff-0123456789.txt``."""
    store = objects()
    listed = []
    for delivery in Delivery.objects.of_account(account, lane).answered().select_related("repeats"):
        for form in FORMS:
            size = store.size(f"{delivery.receipt_key}.{form}") + len(_repetition(delivery, form))
            listed.append(Listed(f"{delivery.receipt_name}.{form}", size, delivery.answered_at))
        listed += _books(delivery, store)
    held = Delivery.objects.of_account(account, lane).held()
    return listed + [Listed(_held_name(d), len(_held_note(d)), d.received_at) for d in held]


def _books(delivery: Delivery, store: ObjectStore) -> list[Listed]:
    """Its workbooks, once they are made."""
    there = [
        form for form in BOOKS if delivery.has_findings and store.exists(f"{delivery.receipt_key}.{form}")
    ]
    name, at = delivery.receipt_name, delivery.answered_at
    return [Listed(f"{name}.{form}", store.size(f"{delivery.receipt_key}.{form}"), at) for form in there]


def receipt_file(account: Sender, lane: str, name: str) -> BinaryIO | None:
    """One receipt by its name in the listing, as a stream; None when the account has none of that name."""
    if name.endswith(_HELD):
        held = Delivery.objects.of_account(account, lane).held()
        return next(
            (BytesIO(_held_note(delivery)) for delivery in held if _held_name(delivery) == name), None
        )
    stem, _, form = name.rpartition(".")
    ticket = stem.rpartition("-")[2]
    delivery = Delivery.objects.of_account(account, lane).answered().filter(ticket=ticket).first()
    if delivery is None or form not in (*FORMS, *BOOKS) or stem != delivery.receipt_name:
        return None
    try:
        return open_receipt(delivery, form)
    except StoredMissing:  # a workbook: none is made where nothing was found, and some are not made yet
        return None


def _held_name(delivery: Delivery) -> str:
    return f"{delivery.receipt_name}{_HELD}"


def _held_note(delivery: Delivery) -> bytes:
    """Tell programs and people that the file was kept, but is not checked before it is confirmed."""
    note = text("intake:held_note", name=delivery.name, size=delivery.size, ticket=delivery.ticket)
    return note.encode("utf-8-sig")


def receipt_in(delivery: Delivery, form: str) -> bytes:
    """The same as :func:`open_receipt`, whole: for receipts that are short, or what a page shows of a long one."""
    with open_receipt(delivery, form) as file:
        return file.read()


def open_receipt(delivery: Delivery, form: str) -> BinaryIO:
    """The receipt of an answered delivery as it was written when the check ended, to be read from any place.

    It may have a gigabyte. Of one that repeats another it is that one's receipt; as text it says so first.
    Raises StoredMissing.
    """
    stored = objects().open(f"{delivery.receipt_key}.{form}")
    said = _repetition(delivery, form)
    if not said:
        return stored
    folder = str(objects().working_folder())
    told = cast("BinaryIO", SpooledTemporaryFile(_IN_MEMORY, dir=folder))  # noqa: SIM115 - whoever asked closes it
    with stored:
        told.write(BOM_UTF8 + said + stored.read(len(BOM_UTF8)).removeprefix(BOM_UTF8))
        shutil.copyfileobj(stored, told)
    told.seek(0)
    return told


def _repetition(delivery: Delivery, form: str) -> bytes:
    """What stands before the text of an earlier receipt; the signed one stays as it was signed."""
    if form != "txt" or delivery.repeats is None:
        return b""
    earlier = delivery.repeats
    moment = short_moment(delivery.received_at)
    return text("intake:repetition", ticket=delivery.ticket, moment=moment, earlier=earlier.ticket).encode()


def waiting_of(account: Sender, lane: str) -> list[Listed]:
    """Deliveries without an answer yet; of several with one name the newest."""
    waiting = Delivery.objects.of_account(account, lane).in_the_inbox()
    return list({d.name: Listed(d.name, d.size, d.received_at) for d in waiting}.values())


def waiting_named(account: UUID | str, lane: str, name: str) -> Listed | None:
    """The newest waiting delivery of a name."""
    clean = clean_name(name)
    newest = Delivery.objects.newest_waiting(account, lane, clean)
    return Listed(clean, *newest) if newest else None


def names_waiting(account: UUID | str, lane: str, most: int) -> frozenset[str] | None:
    """Names, as :func:`clean_name` gives them, of what waits; None when there are more than ``most``."""
    names = Delivery.objects.names_waiting(account, lane, most + 1)
    return frozenset(names) if len(names) <= most else None


def copy_waiting(account: UUID | str, lane: str, name: str, path: Path) -> bool:
    """Copy the newest waiting delivery of that name to ``path`` (0600); False when there is none."""
    waiting = Delivery.objects.waiting_named(account, lane, clean_name(name))
    if not waiting:
        return False
    path.touch(mode=0o600)
    with objects().open(waiting[-1].raw_key) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target)
    return True
