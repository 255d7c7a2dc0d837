"""Pure decisions of intake: what a ticket looks like, how a file's name is kept, which months may come."""

import re
import secrets
from typing import Final
from unicodedata import normalize

from careward.kernel.identifiers import mask_id
from careward.kernel.roc import RocMonth
from careward.kernel.text import seen
from careward.rulebook.season import Season

_LIKE_AN_ID: Final = re.compile(r"(?<![0-9A-Za-z])[A-Za-z][A-Da-d1289][0-9]{8}(?![0-9])")
_LONGEST_NAME: Final = 255
_TICKET_DIGITS: Final = 10


def new_ticket() -> str:
    """Ten random digits, leading zeros kept: says nothing of how many files arrived, and is text everywhere.

    Source: domain.md §4 (tickets are strings).
    """
    return str(secrets.randbelow(10**_TICKET_DIGITS)).zfill(_TICKET_DIGITS)


def clean_name(name: str) -> str:
    """A file's own name as it is kept and shown: NFC, without folders and unseen signs, IDs in it masked.

    The same name always gives the same result, so that a file may be looked up by it.
    """
    base = normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    return _LIKE_AN_ID.sub(lambda found: mask_id(found[0]), seen(base).strip())[:_LONGEST_NAME]


def month_is_asked_for(season: Season, lane: str, period: RocMonth) -> bool:
    """A live delivery is for a data month of the season; the test lane takes any [decided, domain.md §2]."""
    return lane == "test" or period in season.months
