"""Model fields whose content PostgreSQL never sees in clear (security baseline, item 71)."""

from typing import TYPE_CHECKING, Any, TypeVar

from django.core import checks
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.lookups import Lookup, Transform

from careward.store.sealing import is_sealed_now, open_text, seal_text

_Put = TypeVar("_Put", contravariant=True)
_Got = TypeVar("_Got", covariant=True)

if TYPE_CHECKING:
    _Text = models.TextField[_Put, _Got]
else:

    class _Text(models.TextField):
        """TextField as the type checker sees it: Django's own takes no type arguments at run time."""

        def __class_getitem__(cls, types: object) -> type:
            return cls


class Opened(str):
    """Text as it came from the database, with its sealed form: saved unchanged, the column stays unchanged.

    Else every save would seal anew, and the history would show a change where there is none.
    """

    __slots__ = ("sealed",)

    def __new__(cls, sealed: str) -> "Opened":
        """Open the sealed text. Raises StoredBroken."""
        opened = super().__new__(cls, open_text(sealed))
        opened.sealed = sealed
        return opened

    sealed: str


class SealedTextField(_Text[_Put, _Got]):
    """Text kept as ``v1:<key id>:<base64>``; in Python it is plain.

    The same text is sealed differently each time, so nothing can be looked up by it: every look-up but
    ``isnull`` raises FieldError. To find a row by an ID, keep `store.secrets.keyed_hash` of it beside.
    Reading raises StoredBroken when the stored text was changed. History tables copy the sealed text as it
    is.
    """

    def get_prep_value(self, value: Any) -> Any:
        """Seal on the way in; database expressions pass as they are."""
        prepared = super().get_prep_value(value)
        if isinstance(prepared, Opened) and is_sealed_now(prepared.sealed):
            return prepared.sealed
        return seal_text(prepared) if isinstance(prepared, str) else prepared

    def from_db_value(
        self, value: str | None, expression: Any, connection: BaseDatabaseWrapper
    ) -> str | None:
        """Open on the way out."""
        return None if value is None else Opened(value)

    def get_lookup(self, lookup_name: str) -> "type[Lookup[Any]] | None":
        """Give only ``isnull``; Django turns the rest into a FieldError."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def get_transform(self, lookup_name: str) -> type[Transform] | None:
        """Give none: the database could only transform the sealed text."""
        return None

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        """Refuse what would compare sealed texts, which never are equal."""
        errors = super().check(**kwargs)
        if self.unique or self.db_index:  # type: ignore[attr-defined]
            errors.append(
                checks.Error(
                    "a sealed text cannot be unique or indexed",
                    obj=self,
                    id="store.E001",
                    hint="use keyed_hash",
                )
            )
        return errors
