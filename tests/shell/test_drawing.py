"""Controls drawn by ourselves are what Django draws, sign for sign."""

from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils.safestring import mark_safe
from hypothesis import given, settings
from hypothesis import strategies as st

from careward.shell.drawing import _DRAWN, QuickRenderer

CHOICES = [
    ("", "請選擇"),
    ("a", "A & <b>"),
    ('"', mark_safe("<i>")),
    (3, 3),
    ("group", [("x", "X"), ("y", "Y")]),
]
WIDGETS = [
    forms.TextInput(),
    forms.EmailInput(),
    forms.NumberInput(),
    forms.PasswordInput(render_value=True),
    forms.HiddenInput(),
    forms.URLInput(),
    forms.FileInput(),
    forms.CheckboxInput(),
    forms.Textarea(),
    forms.Select(choices=CHOICES),
    forms.SelectMultiple(choices=CHOICES),
    forms.RadioSelect(choices=CHOICES),
    forms.CheckboxSelectMultiple(choices=CHOICES),
]
NAMES = st.sampled_from(["class", "rows", "aria-describedby", "data-x", "required"])
SIGNS = st.one_of(
    st.text("\"'<>&aé 機\n", max_size=12), st.just(mark_safe("&lt;")), st.integers(), st.booleans()
)
VALUES = st.one_of(
    st.none(), st.text("\"'<>&aé 機\n", max_size=12), st.integers(), st.sampled_from(["a", "x", 3, True])
)


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: type(widget).__name__)
@settings(max_examples=25)
@given(attributes=st.dictionaries(NAMES, SIGNS, max_size=4), value=VALUES)
def test_a_control_is_drawn_as_django_draws_it(
    widget: forms.Widget, attributes: dict[str, Any], value: Any
) -> None:
    drawn = widget.render('na"me', value, attributes, renderer=QuickRenderer())
    assert drawn == widget.render('na"me', value, attributes, renderer=DjangoTemplates())
    assert hasattr(drawn, "__html__")


def test_the_common_controls_need_no_template() -> None:
    names = {widget.template_name for widget in WIDGETS}
    assert {name.rpartition("/")[2] for name in names - set(_DRAWN)} == {"radio.html", "checkbox_select.html"}
