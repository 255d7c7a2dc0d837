"""One letter = one class + one text file; posting writes the outbox row and its job in the same transaction."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from django.db import models
from django.template import Context, Template

from careward.correspondence.links import without_foreign_marks

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True, slots=True)
class Address:
    """Mailboxes a letter goes to; ``cc`` see the same text, so nothing secret may stand in it."""

    to: tuple[str, ...]
    cc: tuple[str, ...] = ()


class LetterKind(Generic[M]):
    """A kind of letter about a subject.

    Its text lies beside the class as ``<id>.txt``: first line the subject, an empty line, then the body, in
    Django's template syntax. No personal data, no secret: a link that opens something stands there as
    :func:`careward.correspondence.links.placeholder`.
    """

    id: ClassVar[str]

    def address(self, subject: M) -> Address:
        """Who receives it."""
        raise NotImplementedError

    def context(self, subject: M) -> Mapping[str, object]:
        """Values for the text file."""
        raise NotImplementedError


_kinds: dict[str, type[LetterKind[Any]]] = {}
K = TypeVar("K", bound=type[LetterKind[Any]])


def letter(letter_id: str) -> Callable[[K], K]:
    """Register a letter class under the id that procedures name. Raises ValueError when the id is taken."""

    def register(kind: K) -> K:
        if letter_id in _kinds:
            raise ValueError(f"letter {letter_id!r} is registered twice")
        kind.id = letter_id
        _kinds[letter_id] = kind
        return kind

    return register


def letter_exists(letter_id: str) -> bool:
    """Whether a class and its text file are there."""
    return letter_id in _kinds and _text_file(_kinds[letter_id]).is_file()


def letter_ids() -> tuple[str, ...]:
    """Ids of all letters, sorted."""
    return tuple(sorted(_kinds))


def post(letter_id: str, subject: models.Model, **facts: object) -> None:
    """Compose the letter and put it into the outbox, within the running transaction; ``facts`` join its context.

    Raises KeyError for an unknown letter. A letter without any recipient is a fault of its class: ValueError.
    """
    from careward.correspondence.jobs import send
    from careward.correspondence.models import Letter

    kind = _kinds[letter_id]()
    address = kind.address(subject)
    if not address.to:
        raise ValueError(f"letter {letter_id!r} has nobody to go to")
    values = {**kind.context(subject), **facts}
    title, _, body = _template(_text_file(type(kind))).render(Context(values)).partition("\n")
    own = [value for value in values.values() if isinstance(value, str)]
    row = Letter.objects.create(
        kind=letter_id,
        to=list(address.to),
        cc=list(address.cc),
        subject=title.strip(),
        body=without_foreign_marks(body.strip(), own) + "\n",
        about=f"{subject._meta.label_lower}:{subject.pk}",
    )
    send.defer(letter_id=str(row.pk))


def _text_file(kind: type[LetterKind[Any]]) -> Path:
    return Path(inspect.getfile(kind)).parent / f"{kind.id}.txt"


@cache
def _template(path: Path) -> Template:
    source = path.read_text(encoding="utf-8")
    return Template("{% autoescape off %}" + source + "{% endautoescape %}")
