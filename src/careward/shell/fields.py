"""How a form field is drawn: label, hint, error and control, tied together by ARIA; GOV.UK's HTML.

In Python and not in templates, since every page with a form draws a handful of them and a template each took most of
the page's time. Every value is escaped by ``format_html`` or comes escaped.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.forms.boundfield import BoundField
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from careward.kernel.texts import text

_NOTHING: Final = SafeString("")
_HEADING: Final = (SafeString('<h1 class="govuk-label-wrapper">'), SafeString("</h1>"))
_LEGEND: Final = (SafeString('<h1 class="govuk-fieldset__heading">'), SafeString("</h1>"))
_NONE: Final = (_NOTHING, _NOTHING)


@dataclass(frozen=True)
class Choice:
    """One radio or checkbox as drawn."""

    id: str
    value: str
    label: str
    hint: str
    checked: bool


@dataclass(frozen=True)
class Drawn:
    """One field with everything its HTML says. ``described`` are the ids of hint and error, with blanks."""

    field: BoundField
    label: str
    hint: str
    described: str
    size: str
    optional: bool = False
    heading: bool = False

    @property
    def words(self) -> str:
        """The label, with what says that the field may stay empty."""
        return text("shell:with_optional", label=self.label) if self.optional else self.label

    @property
    def scale(self) -> str:
        """The label's size."""
        return "l" if self.heading else self.size


def box(drawn: Drawn, control: SafeString, *, prefix: str = "", suffix: str = "") -> SafeString:
    """Draw a field of one control with its label above: text, select, file."""
    before, after = _HEADING if drawn.heading else _NONE
    label = format_html(
        '{}<label class="govuk-label govuk-label--{}" for="{}">{}</label>{}{}\n',
        before, drawn.scale, drawn.field.auto_id, drawn.words, after, _hint_and_error(drawn),
    )  # fmt: skip
    if prefix or suffix:
        control = format_html(
            '<div class="govuk-input__wrapper">{}{}{}</div>',
            format_html('<div class="govuk-input__prefix" aria-hidden="true">{}</div>', prefix)
            if prefix
            else "",
            control,
            format_html('<div class="govuk-input__suffix" aria-hidden="true">{}</div>', suffix)
            if suffix
            else "",
        )
    return _group(drawn, format_html("{}\n{}", label, control))


def checkbox(drawn: Drawn, control: SafeString, *, small: bool) -> SafeString:
    """Draw one checkbox, its label beside it."""
    error = _error(drawn)
    return _group(drawn, format_html(
        '{}\n<div class="govuk-checkboxes{}" data-module="govuk-checkboxes"><div class="govuk-checkboxes__item">{}'
        '<label class="govuk-label govuk-checkboxes__label" for="{}">{}</label>{}</div></div>',
        error, " govuk-checkboxes--small" if small else "", control, drawn.field.auto_id, drawn.label,
        _below("govuk-checkboxes", f"{drawn.field.auto_id}-hint", drawn.hint),
    ))  # fmt: skip


def group(drawn: Drawn, choices: Iterable[Choice], *, radios: bool, inline: bool, small: bool) -> SafeString:
    """Draw radios or checkboxes below one question."""
    before, after = _LEGEND if drawn.heading else _NONE
    name, kind = ("govuk-radios", "radio") if radios else ("govuk-checkboxes", "checkbox")
    items = [_item(drawn, choice, name, kind) for choice in choices]
    classes = f" {name}--inline" if inline and radios else ""
    classes += f" {name}--small" if small else ""
    return _group(drawn, format_html(
        '<fieldset class="govuk-fieldset"{}>\n'
        '<legend class="govuk-fieldset__legend govuk-fieldset__legend--{}">{}{}{}</legend>{}\n\n'
        '<div class="{}{}" data-module="{}">{}\n</div>\n</fieldset>',
        format_html(' aria-describedby="{}"', drawn.described) if drawn.described else "",
        drawn.scale, before, drawn.words, after, _hint_and_error(drawn),
        name, classes, name, mark_safe("".join(items)),  # noqa: S308 - escaped one by one  # nosec B703 B308
    ))  # fmt: skip


def _item(drawn: Drawn, choice: Choice, name: str, kind: str) -> SafeString:
    return format_html(
        '\n<div class="{0}__item"><input class="{0}__input" type="{1}" id="{2}" name="{3}" value="{4}"{5}{6}>'
        '<label class="govuk-label {0}__label" for="{2}">{7}</label>{8}</div>',
        name, kind, choice.id, drawn.field.html_name, choice.value,
        SafeString(" checked") if choice.checked else "",
        format_html(' aria-describedby="{}-hint"', choice.id) if choice.hint else "",
        choice.label, _below(name, f"{choice.id}-hint", choice.hint),
    )  # fmt: skip


def _below(name: str, identifier: str, hint: str) -> SafeString:
    """The hint under one choice."""
    if not hint:
        return _NOTHING
    return format_html('<div class="govuk-hint {}__hint" id="{}">{}</div>', name, identifier, hint)


def _group(drawn: Drawn, content: SafeString) -> SafeString:
    wrong = " govuk-form-group--error" if drawn.field.errors else ""
    return format_html('<div class="govuk-form-group{}">\n{}\n</div>\n', wrong, content)


def _hint_and_error(drawn: Drawn) -> SafeString:
    hint, error = _NOTHING, _NOTHING
    if drawn.hint:
        hint = format_html('\n<div class="govuk-hint" id="{}-hint">{}</div>', drawn.field.auto_id, drawn.hint)
    if drawn.field.errors:
        error = format_html("\n{}", _error(drawn))
    return hint + error


def _error(drawn: Drawn) -> SafeString:
    if not drawn.field.errors:
        return _NOTHING
    said = format_html(
        '<span class="govuk-visually-hidden">{}</span>', text("shell:errors_shown.title_prefix")
    )
    lines = format_html_join(SafeString("<br>"), "{}{}", ((said, str(error)) for error in drawn.field.errors))
    return format_html('<p class="govuk-error-message" id="{}-error">{}</p>', drawn.field.auto_id, lines)
