"""Where a form's words come from, and that a missing one is heard."""

from datetime import date
from typing import Any

import pytest
from django import forms

from careward.shell.forms import PlainForm, RocDateField, by_text
from careward.shell.style import SampleForm


class Named(PlainForm):
    texts = "shell:style"
    name = forms.CharField(max_length=5)


def test_labels_hints_and_choices_come_from_the_texts() -> None:
    fields = SampleForm().fields
    assert fields["name"].label == "機構名稱"
    assert fields["name"].help_text == "與開業執照或設立許可上的名稱相同"
    assert fields["mode"].choices[0] == ("own", "自行建置系統")
    assert fields["county"].choices[0] == ("", "請選擇")
    assert SampleForm().choice_hint("mode", "ministry") == "限一般護理之家、精神護理之家"
    assert SampleForm().choice_hint("mode", "own") == ""


def test_a_missing_label_fails_when_the_form_is_made() -> None:
    class Nameless(PlainForm):
        texts = "shell:style"
        nowhere = forms.CharField()

    with pytest.raises(KeyError, match=r"style\.fields\.nowhere\.label"):
        Nameless()


def test_a_missing_choice_fails_when_the_form_is_made() -> None:
    class Choosy(PlainForm):
        texts = "shell:style"
        mode = forms.ChoiceField(choices=by_text("own", "nowhere"))

    with pytest.raises(KeyError, match=r"mode\.choices\.nowhere"):
        Choosy()


def test_an_error_code_nobody_worded_fails() -> None:
    with pytest.raises(KeyError, match="nowhere"):
        Named({"name": "甲"}).fail("name", "nowhere")


def test_an_error_without_a_code_fails() -> None:
    form = Named({"name": "甲"})
    with pytest.raises(KeyError, match="without code"):
        form.add_error("name", forms.ValidationError("by hand"))


def test_a_text_that_lacks_its_value_fails_rather_than_falling_back() -> None:
    form = SampleForm({"code": "1"})
    with pytest.raises(KeyError, match="found"):
        form.fail("code", "letters")


def test_a_fields_own_error_goes_before_the_common_one() -> None:
    errors = SampleForm({}).errors
    assert errors["agreed"] == ["送出前請先勾選「我已確認以上資料正確」"]
    assert errors["name"] == ["請填寫機構名稱"]
    assert errors["mode"] == ["請選擇系統介接方式"]
    assert errors["scan"] == ["請選擇要上傳的承諾書掃描檔"]


def test_values_are_filled_into_errors() -> None:
    assert Named({"name": "一二三四五六"}).errors["name"] == ["機構名稱最多 5 個字，目前有 6 個字，請縮短"]
    assert SampleForm({"code": "11A"}).errors["code"] == ["機構代碼只能有數字，您輸入的是「11A」"]


def test_a_percent_sign_in_what_was_typed_does_no_harm() -> None:
    assert SampleForm({"code": "%s {0}"}).errors["code"] == ["機構代碼只能有數字，您輸入的是「%s {0}」"]


@pytest.mark.parametrize("value", ["2025/12/8", "114/2/30", "abc"])
def test_a_day_that_cannot_be_read_is_named_with_how_to_write_it(value: str) -> None:
    message = SampleForm({"since": value}).errors["since"][0]
    assert message.startswith("設立日期")


def test_a_day_is_read_in_roc_years_and_shown_again_as_typed() -> None:
    class Dated(PlainForm):
        texts = "shell:style"
        since = RocDateField()

    form = Dated({"since": "114年12月8日"})
    assert form.is_valid()
    assert form.cleaned_data["since"] == date(2025, 12, 8)
    assert Dated(initial={"since": date(2025, 12, 8)})["since"].value() == "114/12/08"


def test_a_day_that_need_not_be_given_is_none() -> None:
    class Dated(PlainForm):
        texts = "shell:style"
        since = RocDateField(required=False)

    form = Dated({"since": " "})
    assert form.is_valid()
    assert form.cleaned_data["since"] is None


def test_a_refused_act_is_said_of_the_whole_form_in_its_own_words() -> None:
    form = Named({"name": "甲"})
    form.refuse("已超過 17:00，不再受理")
    assert form.non_field_errors() == ["已超過 17:00，不再受理"]
    assert list(form.faults()) == [("", "已超過 17:00，不再受理")]


@pytest.mark.parametrize(
    ("field", "given"),
    [
        (forms.CharField(max_length=2, min_length=3), "1" * 9),
        (forms.CharField(min_length=3), "1"),
        (forms.CharField(), "a\x00b"),
        (forms.EmailField(), "@"),
        (forms.IntegerField(), "x"),
        (forms.IntegerField(min_value=3), "1"),
        (forms.IntegerField(max_value=3), "9"),
        (forms.DecimalField(max_digits=3, decimal_places=1), "12.345"),
        (forms.DecimalField(max_digits=2, decimal_places=1), "1234.5"),
        (forms.ChoiceField(choices=[("a", "a")]), "x"),
        (forms.MultipleChoiceField(choices=[("a", "a")]), ["x"]),
        (forms.BooleanField(), ""),
        (forms.GenericIPAddressField(), "x"),
        (forms.RegexField("^a$"), "x"),
        (forms.SlugField(), "%"),
        (RocDateField(), ""),
        (RocDateField(), "0/1/1"),
    ],
)
def test_every_error_django_can_raise_here_has_words(field: forms.Field, given: Any) -> None:
    form = type("Anything", (PlainForm,), {"texts": "shell:style", "name": field})({"name": given})
    assert not form.is_valid()
    for message in form.errors["name"]:
        assert "機構名稱" in message
        assert "{" not in message
