"""The pages of the form, one way for every use: a draft, a correction, a continuing institution's change, a supplement.

``sections`` in :mod:`careward.applications.rules` says which pages a case needs; here each is made and read.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings

from careward.applications import forms
from careward.applications.models import Application
from careward.applications.rules import fields_of, sections
from careward.applications.vendor_form import VendorForm
from careward.shell.forms import PlainForm


def form_for(
    section: str, application: Application, data: Any = None, *, current: str = "", **initial: object
) -> PlainForm:
    """Make a page's form, filled with what is known; ``current`` is the address the person comes from.

    What a continuing institution is not asked (ID number, mailbox) is not in it. Raises KeyError for a section
    that has no page of this kind (``mailbox`` is proved, not answered).
    """
    known: dict[str, object] = {
        **application.answers,
        "person_id": None,
        "sources": "\n".join(application.shown_sources),
        **initial,
    }
    common: dict[str, Any] = {"initial": known}
    makers: Mapping[str, Callable[[], PlainForm]] = {
        "institution": lambda: forms.InstitutionForm(data, **common),
        "person": lambda: forms.PersonForm(data, application=application, **common),
        "contact": lambda: forms.ContactForm(data, application=application, **common),
        "mode": lambda: forms.ModeForm(data, application=application, **common),
        "vendor": lambda: VendorForm(data, application=application, **common),
        "sources": lambda: forms.SourcesForm(
            data, application=application, current=current, allow_loopback=settings.DEMO, **common
        ),
    }
    return makers[section]()


def changes_of(section: str, form: PlainForm) -> dict[str, object]:
    """What a valid page answers, by field of :data:`careward.applications.models.ANSWERS`: for save, correct, mend."""
    found = {name: form.cleaned_data[name] for name in fields_of(section) if name in form.cleaned_data}
    return {**found, **form.besides} if isinstance(form, VendorForm) else found


def following(application: Application, section: str) -> str:
    """The next page in order that is still to be filled, else an earlier one; empty when none is."""
    order = [known.id for known in sections(application.way)]
    left = [known.id for known in application.unfinished_sections]
    later = [known for known in order[order.index(section) + 1 :] if known in left]
    return next(iter([*later, *left]), "")
