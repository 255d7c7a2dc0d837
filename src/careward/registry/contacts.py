"""Whom to call: the ministry's contact windows by institution type (S0 註), at the foot of every page."""

from collections.abc import Mapping

from django.http import HttpRequest

from careward import rulebook
from careward.accounts.models import User
from careward.kernel import clock
from careward.registry.models import Institution
from careward.registry.rules import types_of

Windows = list[tuple[str, str]]
"""Type in words and telephone."""


def windows_of(reader: object) -> Windows:
    """The windows of the types somebody has to do with; of every type where that is not known.

    Of a unit those of its types, of an institution its own. Without a reader the database is not asked.
    """
    book = rulebook.current()
    mine = _types_of(reader) or tuple(book.institution_types)
    phones = book.windows_at(clock.now())
    return [(book.institution_type(kind).label, phones[kind]) for kind in mine]


def _types_of(reader: object) -> tuple[str, ...]:
    if not isinstance(reader, User):
        return ()
    if reader.institution_code:
        return tuple(Institution.objects.with_code(reader.institution_code).values_list("type", flat=True))
    return types_of(reader)


def panel(request: HttpRequest | None, _subject: object) -> Mapping[str, object]:
    """What the frame's foot says of them; on a page that tells of an error every type's."""
    return {"windows": windows_of(getattr(request, "user", None))}
