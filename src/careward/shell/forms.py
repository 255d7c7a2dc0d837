"""The base of every form: labels, hints and errors come from ``texts.yaml``, errors say what to do.

A form class names a prefix, ``texts = "applications:manager"``; below it lie ``fields.<name>.label``,
``.hint``, ``.errors.<code>``, ``.choices.<value>``, ``.choice_hints.<value>`` and, for the whole form,
``errors.<code>``.
Codes without a text of their own fall back to ``shell:errors.<code>``.
"""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms.boundfield import BoundField
from django.utils.datastructures import MultiValueDict
from django.utils.functional import Promise

from careward.kernel.roc import NotADate, parse_date, short_date
from careward.kernel.texts import text
from careward.shell import wording


def by_text(*values: str) -> list[tuple[str, str]]:
    """Return choices whose labels the form takes from its texts (``fields.<name>.choices.<value>``).

    The empty value, first in a select, says 請選擇.
    """
    return [(value, "") for value in values]


class RocDateField(forms.CharField):
    """A day written in ROC years in one box, cleaned to a ``date``.

    Error codes are ``date_<reason>`` of :class:`careward.kernel.roc.NotADate`.
    """

    def to_python(self, value: Any) -> Any:
        """Read the forms domain.md §5 lists; empty stays None for fields that need no answer."""
        if isinstance(value, date):
            return value
        written = super().to_python(value)
        if written in self.empty_values:
            return None
        try:
            return parse_date(str(written))
        except NotADate as refused:
            raise ValidationError("", code=f"date_{refused.reason}") from refused

    def run_validators(self, value: Any) -> None:
        """No text rule applies to a day."""

    def prepare_value(self, value: Any) -> Any:
        """Show a day as it would be typed."""
        return short_date(value) if isinstance(value, date) else value


class PlainForm(forms.Form):
    """A form in plain words.

    Making one raises KeyError when a label, a hint's value or a choice's label is missing in the texts;
    an error code without a text raises when it happens.
    """

    texts: ClassVar[str]
    purposes: ClassVar[Mapping[str, str]] = {}
    """What a browser may fill in, by field: WCAG 1.3.5's names, for what people write of themselves."""
    use_required_attribute = False

    def __init__(
        self, data: MultiValueDict[str, Any] | Mapping[str, Any] | None = None,
        files: MultiValueDict[str, Any] | None = None, **options: Any,
    ) -> None:  # fmt: skip
        options.setdefault("label_suffix", "")
        super().__init__(data, files, **options)
        for name, field in self.fields.items():
            self._word(name, field)

    def _word(self, name: str, field: forms.Field) -> None:
        prefix = f"{self.texts}.fields.{name}"
        field.label = field.label or text(f"{prefix}.label")
        field.help_text = field.help_text or wording.optional(f"{prefix}.hint") or ""
        if isinstance(field, forms.ChoiceField) and isinstance(field.choices, list):
            field.choices = [(value, label or _choice(prefix, value)) for value, label in field.choices]

    def choice_hint(self, name: str, value: str) -> str:
        """Return the line under one choice, empty when it needs none."""
        return wording.optional(f"{self.texts}.fields.{name}.choice_hints.{value}") or ""

    def fault(self, code: str, **values: object) -> ValidationError:
        """Return the error to raise in ``clean_<field>``; its text is looked up with the values filled in."""
        return ValidationError("", code=code, params=dict(values))

    def fail(self, field: str | None, code: str, **values: object) -> None:
        """Add an error from ``clean()`` or a view; ``field`` None means the form as a whole."""
        self.add_error(field, self.fault(code, **values))

    def refuse(self, message: str) -> None:
        """Show why an act was refused (``Refused.message``, already worded) as an error of the whole form."""
        super().add_error(None, ValidationError(message, code="refused"))

    def add_error(self, field: str | None, error: Any) -> None:
        """Word each error by its code before it is kept; raises KeyError for a code nobody worded."""
        found = error if isinstance(error, ValidationError) else ValidationError(error)
        if not hasattr(found, "error_dict"):
            super().add_error(field, [self._worded(field, one) for one in found.error_list])
            return
        for name, errors in found.error_dict.items():
            super().add_error(
                None if name == NON_FIELD_ERRORS else name, [self._worded(name, one) for one in errors]
            )

    def _worded(self, name: str | None, error: ValidationError) -> ValidationError:
        code = error.code
        if not code:
            raise KeyError(f"{type(self).__name__}.{name}: an error without code: {error.message!r}")
        known = name if name in self.fields else None
        values = {"label": self.fields[known].label if known else "", **dict(error.params or {})}
        message = wording.first(self._error_keys(known, code), **values)
        return ValidationError(message, code=code)

    def _error_keys(self, name: str | None, code: str) -> list[str]:
        if name is None:
            return [f"{self.texts}.errors.{code}", f"shell:errors.{code}"]
        kind = _kind(self.fields[name])
        return [
            f"{self.texts}.fields.{name}.errors.{code}",
            f"shell:errors.{code}_{kind}",
            f"shell:errors.{code}",
        ]

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield (id to jump to, message) of every error in the order of the fields; "" for the whole form."""
        for message in self.non_field_errors():
            yield "", str(message)
        for bound in self:
            for message in bound.errors:
                yield target_id(bound), str(message)


def _choice(prefix: str, value: str) -> str:
    """The empty choice of a select says what to do; every other one is named by the form's texts."""
    return text(f"{prefix}.choices.{value}") if value else text("shell:choose")


def _kind(field: forms.Field) -> str:
    """Tell how an answer is given, since one selects a choice but fills a box."""
    if isinstance(field, forms.FileField):
        return "file"
    if isinstance(field, forms.ChoiceField | forms.BooleanField):
        return "choice"
    if isinstance(field, forms.EmailField):
        return "email"
    return "number" if isinstance(field, forms.IntegerField) else "text"


def target_id(bound: BoundField) -> str:
    """Return the id of what takes the focus: the first of a group of radios or checkboxes, else the box."""
    grouped = isinstance(bound.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple)
    return f"{bound.auto_id}_0" if grouped else str(bound.auto_id)


def said(value: str | Promise | None) -> str:
    """Return a label or hint as text, lazy or not."""
    return "" if value is None else str(value)


def ids_among(given: list[str]) -> list[uuid.UUID]:
    """The ids among what a list of boxes sent; anything else is left out."""
    found = []
    for one in given:
        with suppress(ValueError):
            found.append(uuid.UUID(one))
    return found
