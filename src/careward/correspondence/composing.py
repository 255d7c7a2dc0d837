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
from careward.correspondence.senders import Concern, sender
from careward.journal.actor import present

M = TypeVar("M", bound=models.Model)
_FOOTER = Path(__file__).parent / "letters" / "footer.txt"


@dataclass(frozen=True, slots=True)
class Address:
    """Mailboxes a letter goes to; ``cc`` see the same text, so nothing secret may stand in it."""

    to: tuple[str, ...]
    cc: tuple[str, ...] = ()


class LetterKind(Generic[M]):
    """A kind of letter about a subject.

    Its text lies beside the class as ``<id>.txt``: first line the subject, an empty line, then the body, in
    Django's template syntax; the footer with sender and phone is added to every letter, and the HTML part is made
    from the text when it is sent. Beside it ``samples.yaml`` holds invented values for staff to see it with. No
    personal data, no secret: a link that opens something stands there as
    :func:`careward.correspondence.links.placeholder`.
    """

    id: ClassVar[str]
    waits: ClassVar[bool] = False
    """Whether it may wait until nothing else is to be done: what it tells can be seen at once elsewhere."""

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
    from careward.correspondence import acts
    from careward.correspondence.models import Letter

    kind = _kinds[letter_id]()
    address = kind.address(subject)
    if not address.to:
        raise ValueError(f"letter {letter_id!r} has nobody to go to")
    values = {**kind.context(subject), **facts}
    concern = Concern.of(subject)
    title, body = written(letter_id, values, concern)
    own = [value for value in values.values() if isinstance(value, str)]
    row = Letter(
        kind=letter_id,
        to=list(address.to),
        cc=list(address.cc),
        subject=title,
        body=without_foreign_marks(body, own),
        about=f"{subject._meta.label_lower}:{subject.pk}",
        institution_code=concern.institution_code,
        institution_type=concern.institution_type,
        county=concern.county,
        unit=concern.unit,
    )
    acts.post(row, present(), waits=kind.waits)


def written(letter_id: str, values: Mapping[str, object], concern: Concern) -> tuple[str, str]:
    """Subject and body of a letter with these values, footer included. Raises KeyError for an unknown letter."""
    kind = _kinds[letter_id]
    title, _, body = _template(_text_file(kind)).render(Context(dict(values))).partition("\n")
    footer = _template(_FOOTER).render(Context(dict(sender(concern))))
    return title.strip(), f"{body.strip()}\n\n{footer.strip()}\n"


def folder_of(letter_id: str) -> Path:
    """Where a letter's text and its samples lie. Raises KeyError for an unknown letter."""
    return _text_file(_kinds[letter_id]).parent


def _text_file(kind: type[LetterKind[Any]]) -> Path:
    return Path(inspect.getfile(kind)).parent / f"{kind.id}.txt"


@cache
def _template(path: Path) -> Template:
    source = path.read_text(encoding="utf-8")
    return Template("{% autoescape off %}" + source + "{% endautoescape %}")
