"""Pure decisions of intake: what a ticket looks like."""

import secrets
from typing import Final

_TICKET_DIGITS: Final = 10


def new_ticket() -> str:
    """Ten random digits, leading zeros kept: says nothing of how many files arrived, and is text everywhere.

    Source: domain.md §4 (tickets are strings).
    """
    return str(secrets.randbelow(10**_TICKET_DIGITS)).zfill(_TICKET_DIGITS)
