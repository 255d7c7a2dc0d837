"""Where a procedure's letters go.

Letters have a procedure of their own, so their package lies above this one and is told here how to be reached
(:mod:`careward.correspondence`).
"""

from collections.abc import Callable

from django.db import models

Post = Callable[[str, models.Model], None]
Exists = Callable[[str], bool]


class _Outbox:
    """The one outbox of the process."""

    def __init__(self) -> None:
        self.post: Post | None = None
        self.exists: Exists | None = None


_outbox = _Outbox()


def install(post: Post, exists: Exists) -> None:
    """Say how a letter is posted about a subject, and whether a letter id is known."""
    _outbox.post, _outbox.exists = post, exists


def post(letter_id: str, subject: models.Model) -> None:
    """Put a letter of the table into the outbox; RuntimeError when no package of letters is installed."""
    if _outbox.post is None:
        raise RuntimeError("no outbox is installed")
    _outbox.post(letter_id, subject)


def letter_exists(letter_id: str) -> bool:
    """Whether the letter of a table has a class and a text."""
    return _outbox.exists is not None and _outbox.exists(letter_id)
