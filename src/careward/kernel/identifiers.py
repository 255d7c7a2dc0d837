"""Numbers that name people and organisations: check digits, masking, invented ones for demo and tests.

All checks expect text as :func:`normalise_id` returns it; numbers are text everywhere, leading zeros count.
Source: domain.md §5, with its vectors. The personal check sum misses some single wrong digits (those where
weight × change is a multiple of ten): it finds most slips of the pen, the officer's eye does the rest.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from string import ascii_lowercase, ascii_uppercase
from typing import Final
from unicodedata import category

from careward.kernel.text import nfkc

_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
"""In the order of their values, which begin at 10."""
_FIRST_VALUE: Final = 10

_NATIONAL: Final = re.compile(r"[A-Z][12][0-9]{8}")
_RESIDENT: Final = re.compile(r"[A-Z][89][0-9]{8}")
_OLD_RESIDENT: Final = re.compile(r"[A-Z][A-D][0-9]{8}")
_MANY: Final = re.compile(r"(?:[A-Z][1289][0-9]{8})*")
_BUSINESS: Final = re.compile(r"[0-9]{8}")
_MEDICAL: Final = re.compile(r"[0-9]{10}")

_PERSONAL_WEIGHTS: Final = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
_BUSINESS_WEIGHTS: Final = (1, 2, 1, 2, 1, 2, 4, 1)
_BUSINESS_DIVISOR: Final = 5
"""Since 2023-04; ten before that."""

_CAPITALS: Final = str.maketrans(ascii_lowercase, ascii_uppercase)
_PERSONAL_LENGTH: Final = 10
_SHOWN: Final = 3
_INVENTED_PREFIX: Final = "Y"
"""陽明山管理局's letter, given to nobody since the 1970s [decided]: an invented number should be no one's."""
_INVENTED: Final = 10**6


def normalise_id(text: str) -> str:
    """Return an identifier in NFKC and capitals, without blanks, hyphens and invisible characters."""
    if text.isascii() and text.isalnum():
        return text.upper()  # the common case, and a fifth of the time of checking a file
    plain = "".join(nfkc(text).split()).replace("-", "")
    if not plain.isprintable():
        plain = "".join(sign for sign in plain if category(sign) != "Cf")
    return nfkc(plain.translate(_CAPITALS))


def is_national_id(text: str) -> bool:
    """Check a 身分證字號: letter, 1 or 2, eight digits."""
    return _NATIONAL.fullmatch(text) is not None and _personal_sum(text) % 10 == 0


def is_resident_id(text: str) -> bool:
    """Check a 統一證號, new (letter, 8 or 9, eight digits) or old (two letters, the second A–D)."""
    fits = _RESIDENT.fullmatch(text) or _OLD_RESIDENT.fullmatch(text)
    return fits is not None and _personal_sum(text) % 10 == 0


def is_personal_id(text: str) -> bool:
    """Check the number of a person in charge: a national's or a foreign resident's."""
    return is_national_id(text) or is_resident_id(text)


def are_personal_ids(texts: Sequence[str]) -> bool:
    """Whether all are numbers as :func:`is_personal_id` takes them, but old ones of two letters: a column at once."""
    if set(map(len, texts)) != {_PERSONAL_LENGTH} or not _MANY.fullmatch("".join(texts)):
        return False
    letters, (first, second, third) = _letter_shares(), _shares()
    return {(letters[t[0]] + first[t[1:4]] + second[t[4:7]] + third[t[7:]]) % 10 for t in texts} <= {0}


def is_business_id(text: str) -> bool:
    """Check a 統一編號 by the rule in force since 2023-04; eight zeros are refused."""
    if _BUSINESS.fullmatch(text) is None or text == "0" * 8:
        return False
    products = _weighted(map(int, text), _BUSINESS_WEIGHTS)
    total = sum(tens + units for tens, units in (divmod(product, 10) for product in products))
    return total % _BUSINESS_DIVISOR == 0 or (text[6] == "7" and (total + 1) % _BUSINESS_DIVISOR == 0)


def is_medical_code_plausible(text: str) -> bool:
    """Check a 醫事機構代碼's last digit. 0.38 % of the published codes fail: warn, never refuse."""
    if _MEDICAL.fullmatch(text) is None:
        return False
    *digits, last = map(int, text)
    return sum(_weighted(digits, range(1, 10))) % 10 == last


def mask_id(text: str) -> str:
    """Show three signs at either end (A12****789); of anything shorter than ten signs, nothing."""
    plain = normalise_id(text)
    if len(plain) < _PERSONAL_LENGTH:
        return "*" * len(plain)
    return plain[:_SHOWN] + "*" * (len(plain) - 2 * _SHOWN) + plain[-_SHOWN:]


def make_national_id(serial: int) -> str:
    """Invent the valid 身分證字號 of ``serial`` (0 … 1,999,999); other serials have other numbers.

    Raises ValueError out of that range.
    """
    return _invent(serial, "12")


def make_resident_id(serial: int) -> str:
    """Invent the valid new 統一證號 of ``serial`` (0 … 1,999,999). Raises ValueError out of that range."""
    return _invent(serial, "89")


def _invent(serial: int, seconds: str) -> str:
    if not 0 <= serial < len(seconds) * _INVENTED:
        raise ValueError(f"serial {serial} out of range")
    rest, which = divmod(serial, len(seconds))
    body = f"{_INVENTED_PREFIX}{seconds[which]}9{rest:06d}"
    return f"{body}{-_personal_sum(body + '0') % 10}"


@cache
def letter_share(letter: str) -> int:
    """What the first letter of a personal number adds to its check sum, for checking many at once."""
    tens, units = divmod(_LETTERS.index(letter) + _FIRST_VALUE, 10)
    return tens * _PERSONAL_WEIGHTS[0] + units * _PERSONAL_WEIGHTS[1]


def digits_share(place: int, digits: str) -> int:
    """As :func:`letter_share`, of some of the nine digits, the first of them standing at `place` (from 0)."""
    weights = _PERSONAL_WEIGHTS[2 + place : 2 + place + len(digits)]
    return sum(_weighted(map(int, digits), weights))


def _personal_sum(text: str) -> int:
    if text[1] in _LETTERS:
        second = (_LETTERS.index(text[1]) + _FIRST_VALUE) % 10
        return letter_share(text[0]) + second * _PERSONAL_WEIGHTS[2] + digits_share(1, text[2:])
    shares = _shares()
    return letter_share(text[0]) + shares[0][text[1:4]] + shares[1][text[4:7]] + shares[2][text[7:]]


@cache
def _letter_shares() -> dict[str, int]:
    return {letter: letter_share(letter) for letter in _LETTERS}


@cache
def _shares() -> tuple[dict[str, int], ...]:
    """What three digits add to the check sum, by where they begin: most of the time of checking a file was this."""
    numbers = [f"{number:03d}" for number in range(1000)]
    return tuple({digits: digits_share(place, digits) for digits in numbers} for place in (0, 3, 6))


def _weighted(digits: Iterable[int], weights: Iterable[int]) -> Iterable[int]:
    return (digit * weight for digit, weight in zip(digits, weights, strict=True))
