"""Pure decisions of the application: references, names of files, what is still missing."""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final

from careward.kernel import roc
from careward.kernel.clock import TAIPEI
from careward.kernel.text import nfkc, seen
from careward.kernel.texts import text
from careward.rulebook.season import DocumentKind, Mode

ALPHABET: Final = "23456789ACDEFHJKMPRTWXY"
"""No two signs that look or sound alike: of 0 O Q D only D, of 2 Z only 2, of 5 S only 5, of 6 G only 6, of 8
B only 8, of M N only M; no 1 I L U V. 23 signs, a prime, so that the weighted check sign finds every single
wrong sign and every swap of two neighbours [decided]."""

_DRAWN: Final = 4
_LONGEST_NAME: Final = 100

EXTENSIONS: Final[Mapping[str, str]] = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/heic": ".heic",
}
"""What may be handed in, by content; the name a file came with decides nothing."""


def new_reference(season: str) -> str:
    """Draw a reference such as ``115-K7M3-P``: season, four random signs, check sign.

    Not unique by itself.
    """
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(_DRAWN))
    return f"{season}-{drawn}-{_check_sign(season, drawn)}"


def is_reference(written: str) -> bool:
    """Whether ``written``, as :func:`new_reference` writes it, carries the right check sign."""
    season, _, rest = written.partition("-")
    drawn, _, check = rest.partition("-")
    if not (season.isascii() and season.isdigit() and len(drawn) == _DRAWN):
        return False
    return all(sign in ALPHABET for sign in drawn) and check == _check_sign(season, drawn)


def _check_sign(season: str, drawn: str) -> str:
    values = [int(digit) for digit in season] + [ALPHABET.index(sign) for sign in drawn]
    total = sum(weight * value for weight, value in enumerate(values, start=2))
    return ALPHABET[total % len(ALPHABET)]


def say(moment: datetime, *, exact: bool = False) -> str:
    """A moment as letters and refusals write it, in Taipei; ``exact`` to the millisecond."""
    local = moment.astimezone(TAIPEI)
    time = f"{local:%H:%M:%S}.{local.microsecond // 1000:03d}" if exact else f"{local:%H:%M}"
    return text(
        "shell:dates.moment", date=roc.format_date(local), weekday=roc.weekday_zh(local)[-1], time=time
    )


def say_until(moment: datetime) -> str:
    """A moment at which something ends, as pages write it: midnight is 24:00 of the day before."""
    day, time = roc.closing(moment)
    return text("shell:dates.moment", date=roc.format_date(day), weekday=roc.weekday_zh(day)[-1], time=time)


def listed(names: Iterable[str]) -> str:
    """Names in a row, as a sentence lists them."""
    return text("applications:list_separator").join(names)


def shown_source(network: str) -> str:
    """A source address as people write it: a single address without its prefix length."""
    address, _, length = network.partition("/")
    return address if length == ("128" if ":" in address else "32") else network


def clean_name(given: str, media_type: str) -> str:
    """Make a file name fit to be shown and sent back.

    One line, no path, no invisible or turning signs, at most 100 characters, ending as the content
    is, whatever it claimed to be.
    """
    stem = PurePosixPath(seen(nfkc(given)).replace("\\", "/")).name
    for known in (*EXTENSIONS.values(), ".jpeg", ".heif"):
        if stem.lower().endswith(known):
            stem = stem[: -len(known)]
            break
    kept = "".join("_" if sign in '":*?<>|;' else sign for sign in stem).strip(" .")
    return (kept[:_LONGEST_NAME] or "document") + EXTENSIONS[media_type]


@dataclass(frozen=True, slots=True)
class Section:
    """A page of the form and the fields it fills; those of ``free`` may stay empty."""

    id: str
    fields: tuple[str, ...]
    free: tuple[str, ...] = ()


_SECTIONS: Final = (
    Section(
        "institution", ("institution_code", "institution_name", "institution_type", "county", "ownership")
    ),
    Section("person", ("person_name", "person_id")),
    Section("contact", ("contact_name", "contact_phone", "mailbox")),
    Section("mailbox", ("mailbox_proved",)),
    Section("mode", ("mode",)),
    Section(
        "vendor",
        ("vendor_code", "vendor_name", "vendor_business_id", "vendor_contact", "vendor_phone"),
        free=("vendor_code",),
    ),
    Section("sources", ("sources",)),
)


def sections(mode: Mode | None) -> tuple[Section, ...]:
    """The pages an application of this mode needs, in order; all of them while no mode is chosen."""
    left_out = set() if mode is None else _not_needed(mode)
    return tuple(section for section in _SECTIONS if section.id not in left_out)


def _not_needed(mode: Mode) -> set[str]:
    asked = {"sources": mode.asks_source_addresses.value, "vendor": mode.asks_vendor.value}
    return {section for section, needed in asked.items() if not needed}


def fields_of(section: str) -> tuple[str, ...]:
    """The answers a page of the form gives. Raises StopIteration for a page that does not exist."""
    return next(known.fields for known in _SECTIONS if known.id == section)


def label_of(field: str) -> str:
    """An answer's name as the form's page calls it; one alone on its page is called as the page.

    Raises KeyError for a field no page asks for.
    """
    section = next((known for known in _SECTIONS if field in known.fields), Section("", ()))
    if section.fields == (field,):
        return text(f"applications:sections.{section.id}")
    return text(f"applications:{section.id}.fields.{field}.label")


def unfinished(
    needed: Sequence[Section], filled: Mapping[str, object], not_asked: Collection[str] = ()
) -> tuple[Section, ...]:
    """The pages with an empty field, those aside that this kind of application is not asked for."""
    return tuple(
        section
        for section in needed
        if not all(filled.get(f) for f in section.fields if f not in not_asked and f not in section.free)
    )


def missing(needed: Sequence[DocumentKind], present: Iterable[str]) -> tuple[DocumentKind, ...]:
    """The documents of which nothing has been handed in yet, in the order they are asked for."""
    there = set(present)
    return tuple(document for document in needed if document.id not in there)
