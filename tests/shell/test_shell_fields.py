"""A field as drawn: what a screen reader is told, and where an error leads."""

from collections.abc import Callable
from typing import Any

import pytest

from careward.shell.style import SampleForm

Draw = Callable[..., Any]
EVERY_FIELD = "{% error_summary form %}{% for one in form %}{% field one %}{% endfor %}"


def test_label_hint_and_control_belong_together(draw: Draw) -> None:
    page = draw("{% field form.code width=10 code=True inputmode='numeric' %}", form=SampleForm())
    control = page.one("input")
    assert page.one("label").attrs["for"] == control.attrs["id"] == "id_code"
    assert (
        control.attrs["aria-describedby"]
        == "id_code-hint"
        == page.one("div", class_="govuk-hint").attrs["id"]
    )
    assert control.attrs["inputmode"] == "numeric"
    assert control.attrs["spellcheck"] == "false"
    assert "govuk-input--width-10" in str(control.attrs["class"])


def test_an_error_is_described_by_the_control_and_linked_from_the_summary(draw: Draw) -> None:
    page = draw(EVERY_FIELD, form=SampleForm({"code": "11A"}))
    control = page.one("input", name="code")
    assert control.attrs["aria-describedby"] == "id_code-hint id_code-error"
    assert control.attrs["aria-invalid"] == "true"
    assert "govuk-input--error" in str(control.attrs["class"])
    assert "11A" in page.one("p", id="id_code-error").text
    assert "11A" in page.one("a", href="#id_code").text


def test_every_link_of_the_summary_leads_to_something_that_takes_the_focus(draw: Draw) -> None:
    page = draw(EVERY_FIELD, form=SampleForm({}))
    targets = [str(link.attrs["href"])[1:] for link in page.all("a")]
    focusable = {str(e.attrs["id"]) for e in page.elements if e.tag in ("input", "select", "textarea")}
    assert len(targets) == 10
    assert set(targets) <= focusable
    assert {"id_mode_0", "id_months_0", "id_agreed"} <= set(targets)


def test_ids_are_unique_even_with_two_forms_on_a_page(draw: Draw) -> None:
    page = draw(
        EVERY_FIELD + "{% for one in other %}{% field one %}{% endfor %}",
        form=SampleForm({}), other=SampleForm({}, prefix="second"),
    )  # fmt: skip
    assert len(page.ids) == len(set(page.ids))


def test_every_description_that_is_named_exists(draw: Draw) -> None:
    page = draw(EVERY_FIELD, form=SampleForm({}))
    named = " ".join(str(e.attrs["aria-describedby"]) for e in page.elements if "aria-describedby" in e.attrs)
    assert set(named.split()) <= set(page.ids)


@pytest.mark.parametrize(("name", "kind"), [("mode", "radio"), ("months", "checkbox")])
def test_a_group_of_choices_is_a_fieldset_with_a_legend(draw: Draw, name: str, kind: str) -> None:
    page = draw("{% field form." + name + " %}", form=SampleForm({}))
    assert page.one("legend").text.strip() == SampleForm().fields[name].label
    assert page.one("fieldset").attrs["aria-describedby"].split()[-1] == f"id_{name}-error"
    assert {e.attrs["type"] for e in page.all("input")} == {kind}


def test_the_chosen_one_stays_chosen_when_the_form_comes_back(draw: Draw) -> None:
    page = draw(
        "{% field form.mode %}{% field form.months %}", form=SampleForm({"mode": "own", "months": "second"})
    )
    chosen = [e.attrs["value"] for e in page.all("input") if "checked" in e.attrs]
    assert chosen == ["own", "second"]


def test_what_need_not_be_filled_in_says_so(draw: Draw) -> None:
    page = draw("{% field form.remark %}{% field form.name %}", form=SampleForm())
    assert "選填" in page.one("label", for_="id_remark").text
    assert "選填" not in page.one("label", for_="id_name").text


def test_the_title_begins_with_an_error_only_when_there_is_one(draw: Draw) -> None:
    assert draw("{% title_prefix form %}", form=SampleForm()).source == ""
    assert draw("{% title_prefix form %}", form=SampleForm({})).source == "錯誤："


def test_what_was_typed_is_shown_and_never_run(draw: Draw) -> None:
    typed = "<script>alert(1)</script>"
    page = draw(EVERY_FIELD, form=SampleForm({"code": typed, "name": typed, "remark": typed}))
    assert page.all("script") == []
    assert page.one("input", name="code").attrs["value"] == typed


def test_the_summary_speaks_up_and_counts(draw: Draw) -> None:
    page = draw(EVERY_FIELD, form=SampleForm({}))
    assert page.one("div", role="alert").text.strip().startswith("有 10 個地方需要修正")
    assert page.one("div", class_="govuk-error-summary").attrs["tabindex"] == "-1"


def test_no_summary_without_an_error(draw: Draw) -> None:
    assert draw("{% error_summary form %}", form=SampleForm()).elements == []
