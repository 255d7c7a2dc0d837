"""Text as people type it, made comparable; names masked; telephone numbers taken apart.

Source: domain.md §5 (NFKC before comparing; 臺 and 台 are equal when matching; phones with extension).
"""

import re
from dataclasses import dataclass
from typing import Final
from unicodedata import category, normalize


def nfkc(text: str) -> str:
    """Return the form in which all text is kept and compared: full-width letters and digits become plain."""
    return normalize("NFKC", text)


def squeeze(text: str) -> str:
    """Return ``text`` in NFKC, without blanks around it and with single spaces inside it."""
    return " ".join(nfkc(text).split())


def thousands(count: int) -> str:
    """A count with commas every three digits, for people."""
    return f"{count:,}"


_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Control and direction-turning signs, line separators. Private use (Co) stays: Taiwan's own 造字 live there."""


def is_unseen(sign: str) -> bool:
    """Whether a sign shows nothing but may change what is shown around it."""
    return category(sign) in _UNSEEN


def seen(text: str) -> str:
    """Return ``text`` without its unseen signs."""
    return "".join(sign for sign in text if not is_unseen(sign))


def same_name(a: str, b: str) -> bool:
    """Say whether two names of a person or an institution match; blanks and 臺/台 make no difference."""
    return name_key(a) == name_key(b)


def name_key(name: str) -> str:
    """What of a name counts when it is matched: no blanks, no width, 臺 for 台."""
    return "".join(nfkc(name).split()).replace("台", "臺")


def both_spellings(name: str) -> tuple[str, str]:
    """A name with every 臺/台 written the one way and the other, for searching where it may stand as either."""
    plain = squeeze(name)
    return plain.replace("台", "臺"), plain.replace("臺", "台")


_CIRCLES: Final = "○○○"
_PLAIN_NAME: Final = re.compile(r"[\u4e00-\u9fa5]+")
"""Signs that NFKC leaves alone, as nearly all names have."""


def spellings(text: str) -> tuple[str, ...]:
    """The ways a text may be written that count as equal when searching: with 臺 and with 台."""
    return tuple(dict.fromkeys((text, text.replace("台", "臺"), text.replace("臺", "台"))))


def mask_name(name: str) -> str:
    """Show a person's first character only: 林小明 → 林○○, a single character → ○, at most three circles."""
    plain = name if _PLAIN_NAME.fullmatch(name) else "".join(nfkc(name).split())
    if len(plain) < 2:
        return "○" * len(plain)
    return plain[0] + _CIRCLES[: len(plain) - 1]


class NotAPhone(ValueError):
    """Text that is no Taiwanese telephone number.

    ``reason`` is one of empty, unreadable, no_area_code, length, extension.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Phone:
    """``number`` with its area code set off (``02-89791196``), ``extension`` digits or empty."""

    number: str
    extension: str = ""

    def __str__(self) -> str:
        return f"{self.number}#{self.extension}" if self.extension else self.number


_EXTENSION: Final = re.compile(r"(?:#|轉|分機|ext\.?)(?:\s|:|#|轉|分機)*", re.IGNORECASE)
_COUNTRY: Final = re.compile(r"^(?:\+|00)?886\s*(?:\(0\)|0)?")
_PUNCTUATION: Final = re.compile(r"[\s().‐-―−-]")
_LONGEST_EXTENSION: Final = 6

_AREAS: Final = (
    (re.compile(r"09[0-9]{8}"), 4),  # mobile
    (re.compile(r"080[09][0-9]{6}"), 4),  # free of charge
    (re.compile(r"070[0-9]{8}"), 3),  # internet
    (re.compile(r"0(?:826|836)[0-9]{5}"), 4),
    (re.compile(r"0(?:37|82|89)[0-9]{6}"), 3),
    (re.compile(r"049[0-9]{7}"), 3),
    (re.compile(r"0[24][0-9]{8}"), 2),
    (re.compile(r"0[3-8][0-9]{7}"), 2),
)
"""Whole numbers and how many digits of each are its area code; the first that fits is taken."""


def parse_phone(text: str) -> Phone:
    """Read ``02-89791196#216``, also with 轉, 分機 or ext., +886, brackets, blanks or no separator at all.

    Raises :class:`NotAPhone`. A number without its area code is refused, as it cannot be dialled from the
    ministry or the vendor.
    """
    typed, *extensions = _EXTENSION.split(squeeze(text))
    extension = _PUNCTUATION.sub("", "".join(extensions))
    if extensions and (len(extensions) > 1 or not _digits(extension) or len(extension) > _LONGEST_EXTENSION):
        raise NotAPhone("extension")
    digits = _PUNCTUATION.sub("", _COUNTRY.sub("0", typed.strip()))
    if not digits:
        raise NotAPhone("empty")
    if not _digits(digits):
        raise NotAPhone("unreadable")
    if not digits.startswith("0"):
        raise NotAPhone("no_area_code")
    for whole, area in _AREAS:
        if whole.fullmatch(digits):
            return Phone(f"{digits[:area]}-{digits[area:]}", extension)
    raise NotAPhone("length")


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
