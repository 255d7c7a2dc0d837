"""Links in letters: the address is made when the mail is sent, so that no table ever holds a token."""

import hashlib
import re
from collections.abc import Collection

from django.conf import settings

from careward.kernel import tokens

_MARK = re.compile(r"⟦(link|code):([A-Za-z0-9_-]+)⟧")
_LETTERS = "ACDEFHJKMPRTWXY"
"""Of those that look or sound alike only one each; no digits, so that none can be taken for a letter."""
_CODE_LENGTH = 6


def new_seed() -> str:
    """A link's own random text; it names the key in force, so that a later rotation leaves the link alive."""
    return f"{_name(settings.LINK_KEYS[0])}-{tokens.new_seed()}"


def token(seed: str) -> str:
    """The token of a link. Raises LookupError when the key it was made under is no longer configured."""
    for key in settings.LINK_KEYS:
        if seed.startswith(f"{_name(key)}-"):
            return tokens.derive(key, seed)
    raise LookupError("the key of this link is not in LINK_KEYS")


def _name(key: bytes) -> str:
    return hashlib.sha256(b"link key name" + key).hexdigest()[:8]


def placeholder(seed: str) -> str:
    """What stands in the outbox instead of the address; ``seed`` is the link's own random text."""
    return f"⟦link:{seed}⟧"


def code_placeholder(seed: str) -> str:
    """What stands in the outbox instead of a mailed code; ``seed`` is the code's own random text."""
    return f"⟦code:{seed}⟧"


def code(seed: str) -> str:
    """The six letters of a mailed code, made under the key as tokens are: no table holds it.

    Raises LookupError when the key it was made under is no longer configured.
    """
    number = int.from_bytes(hashlib.sha256(f"mailed code {token(seed)}".encode()).digest(), "big")
    letters = ""
    for _ in range(_CODE_LENGTH):
        number, at = divmod(number, len(_LETTERS))
        letters += _LETTERS[at]
    return letters


def without_foreign_marks(body: str, own: Collection[str]) -> str:
    """The body with every placeholder but one's ``own`` made harmless.

    Names that strangers type stand in letters: a mark among them would be turned into an address on sending.
    """
    return _MARK.sub(lambda mark: mark.group() if mark.group() in own else mark.group(2), body)


def address(seed: str) -> str:
    """The full address of a link."""
    return f"{settings.PUBLIC_URL}/l/{token(seed)}/"


def filled(body: str) -> str:
    """The body with every placeholder turned into its address or its code."""
    return _MARK.sub(lambda mark: (code if mark.group(1) == "code" else address)(mark.group(2)), body)
