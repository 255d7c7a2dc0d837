"""``{% field %}``: one form field with label, hint, error and the ARIA that ties them together."""

from typing import Final

from django import forms
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString

from careward.shell import fields
from careward.shell.forms import PlainForm, said

_KINDS: Final = (
    (forms.CheckboxSelectMultiple, "choices"),
    (forms.RadioSelect, "choices"),
    (forms.CheckboxInput, "checkbox"),
    (forms.Select, "select"),
    (forms.Textarea, "textarea"),
    (forms.FileInput, "file"),
    (forms.Widget, "input"),
)
_CLASSES: Final = {
    "input": "govuk-input",
    "textarea": "govuk-textarea",
    "select": "govuk-select",
    "file": "govuk-file-upload",
}
_WRITTEN: Final = ("input", "textarea")


def field(
    bound: BoundField, *, label: str = "", hint: str = "", width: int | str = "", size: str = "s",
    rows: int = 4, heading: bool = False, code: bool = False, inline: bool = False, small: bool = False,
    mark: bool = True, prefix: str = "", suffix: str = "", **attributes: object,
) -> SafeString:  # fmt: skip
    """Draw one field of a :class:`PlainForm` by its widget.

    Label and hint come from the form's texts; ``label`` and ``hint`` here only for one page that must differ.
    ``code`` keeps spell checkers and capitals away from identifiers. Other attributes (``inputmode``,
    ``autocomplete``, ``accept`` …) go to the control as they are. Every box says whether a browser may fill it:
    by ``autocomplete``, the form's ``purposes`` or, when neither names it, ``off``.
    """
    kind = next(name for widget, name in _KINDS if isinstance(bound.field.widget, widget))
    said_hint = hint or said(bound.help_text)
    described = _described(bound, said_hint)
    drawn = fields.Drawn(
        field=bound,
        label=label or said(bound.label),
        hint=said_hint,
        described=" ".join(described),
        size=size,
        optional=mark and not bound.field.required and kind != "checkbox",
        heading=heading,
    )
    if kind == "choices":
        radios = not isinstance(bound.field.widget, forms.CheckboxSelectMultiple)
        return fields.group(drawn, _choices(bound), radios=radios, inline=inline, small=small)
    given = {name.replace("_", "-"): value for name, value in attributes.items()}
    control = _control(bound, kind, described, {**_code(code), **given}, width, rows)
    if kind == "checkbox":
        return fields.checkbox(drawn, control, small=small)
    if kind == "input":
        return fields.box(drawn, control, prefix=prefix, suffix=suffix)
    return fields.box(drawn, control)


def _described(bound: BoundField, hint: str) -> list[str]:
    found = [f"{bound.auto_id}-hint"] if hint else []
    return [*found, f"{bound.auto_id}-error"] if bound.errors else found


def _code(code: bool) -> dict[str, object]:  # noqa: FBT001 - mirrors the tag's option
    return {"spellcheck": "false", "autocapitalize": "characters", "autocorrect": "off"} if code else {}


def _control(
    bound: BoundField, kind: str, described: list[str], given: dict[str, object], width: int | str, rows: int
) -> SafeString:
    attributes: dict[str, str | bool] = {name: str(value) for name, value in given.items()}
    if kind in _WRITTEN and "autocomplete" not in bound.field.widget.attrs:
        attributes.setdefault("autocomplete", getattr(bound.form, "purposes", {}).get(bound.name, "off"))
    if kind == "checkbox":
        classes = ["govuk-checkboxes__input"]
    else:
        classes = [_CLASSES[kind]]
        if bound.errors:
            classes.append(f"{_CLASSES[kind]}--error")
    if width:
        classes.append(f"govuk-input--width-{width}" if width != "full" else "govuk-!-width-full")
    if "spellcheck" in given:
        classes.append("cw-code-input")
    if kind == "textarea":
        attributes["rows"] = str(rows)
    attributes["class"] = " ".join(classes)
    if described:
        attributes["aria-describedby"] = " ".join(described)
    return bound.as_widget(attrs=attributes)


def _choices(bound: BoundField) -> list[fields.Choice]:
    form = bound.form
    found = []
    for at, part in enumerate(bound.subwidgets):
        value = str(part.data["value"])
        hint = form.choice_hint(bound.name, value) if isinstance(form, PlainForm) else ""
        found.append(
            fields.Choice(
                f"{bound.auto_id}_{at}", value, said(part.data["label"]), hint, bool(part.data["selected"])
            )
        )
    return found
