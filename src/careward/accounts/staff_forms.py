"""Forms of the administrator's pages, and of naming a deputy."""

from typing import Any, Final

from django import forms

from careward import rulebook
from careward.accounts.models import Role, User
from careward.kernel.texts import text
from careward.shell.forms import PlainForm, RocDateField

STATES: Final = ("open", "never", "idle", "closed")


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
        colleagues = User.objects.filter(role=person.role, is_active=True).exclude(pk=person.pk)
        near = sorted(
            colleagues.order_by("county", "unit", "name"),
            key=lambda other: (other.county != person.county, other.unit != person.unit),
        )
        self.people = {str(other.pk): other for other in near}
        listed = [(key, f"{other.place_label} {other.name}") for key, other in self.people.items()]
        _choose(self, "deputy", [("", text("shell:choose")), *listed])
