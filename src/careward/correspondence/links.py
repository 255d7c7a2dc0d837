"""Links in letters: the address is made when the mail is sent, so that no table ever holds a token."""

import re

from django.conf import settings

from careward.kernel import tokens

_MARK = re.compile(r"⟦link:([A-Za-z0-9_-]+)⟧")


def placeholder(seed: str) -> str:
    """What stands in the outbox instead of the address; ``seed`` is the link's own random text."""
    return f"⟦link:{seed}⟧"


def address(seed: str) -> str:
    """The full address of a link. The token is derived from the seed by the first link key."""
    token = tokens.derive(settings.LINK_KEYS[0], seed)
    return f"{settings.PUBLIC_URL}/l/{token}/"


def filled(body: str) -> str:
    """The body with every placeholder turned into its address."""
    return _MARK.sub(lambda mark: address(mark.group(1)), body)
