"""Forms of the administrator's pages, and of naming a deputy."""

from typing import Any, Final

from django import forms

from careward import rulebook
from careward.accounts.models import Role, User
from careward.kernel.texts import text
from careward.shell.forms import PlainForm, RocDateField

STATES: Final = ("open", "never", "soon", "idle", "closed")


class StaffSearch(PlainForm):
    """Which accounts to list; stands in the address."""

    texts = "accounts:staff_search"
    q = forms.CharField(max_length=120, required=False)
    role = forms.ChoiceField(required=False)
    state = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        known = rulebook.current().roles.values()
        any_one = ("", text(f"{self.texts}.any"))
        _choose(self, "role", [any_one, *((r.id, r.label) for r in known if r.id != Role.INSTITUTION)])
        _choose(self, "state", [any_one, *((s, text(f"accounts:staff.states.{s}")) for s in STATES)])

    def chosen_in_words(self) -> dict[str, str]:
        """What the list is narrowed to: each field's label to what was chosen; empty where nothing was."""
        if not self.is_valid():
            return {}
        role, state = self.cleaned_data["role"], self.cleaned_data["state"]
        said = {
            "q": self.cleaned_data["q"],
            "role": rulebook.current().role(role).label if role else "",
            "state": text(f"accounts:staff.states.{state}") if state else "",
        }
        return {str(self.fields[name].label): value for name, value in said.items()}


def _choose(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


class AccountReviewForm(PlainForm):
    """What the review of all accounts found."""

    texts = "accounts:account_review"
    remark = forms.CharField(max_length=1000, widget=forms.Textarea)


class DeputyForm(PlainForm):
    """Who stands in, and from when to when."""

    texts = "accounts:deputy"
    deputy = forms.ChoiceField()
    first_day = RocDateField()
    last_day = RocDateField()

    def __init__(self, person: User, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        may = rulebook.current().role(person.role).deputies
        colleagues = User.objects.filter(role__in=may, is_active=True).exclude(pk=person.pk)
        near = sorted(
            colleagues.order_by("county", "unit", "name"),
            key=lambda other: (other.county != person.county, other.unit != person.unit),
        )
        self.people = {str(other.pk): other for other in near}
        listed = [
            (key, text(f"{self.texts}.one", place=other.place_label, name=other.name, role=other.role_label))
            for key, other in self.people.items()
        ]
        _choose(self, "deputy", [("", text("shell:choose")), *listed])
