"""The pages of the form that 補件 has opened again, one by one, behind the mailed link.

Which are open says :func:`careward.applications.opening.open_parts`; all others lead back to the case.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from careward.accounts.links import OpenedLinkRequest, opened_link
from careward.applications import acts
from careward.applications.holding import application_of, holder
from careward.applications.letters import PURPOSE
from careward.applications.limits import source_of, too_often
from careward.applications.models import Application
from careward.applications.opening import KEPT, fields_of, open_parts
from careward.applications.pages import form_for
from careward.flow import Refused
from careward.kernel import clock
from careward.kernel.texts import text
from careward.shell.forms import PlainForm


@require_http_methods(["GET", "HEAD", "POST"])
@opened_link(PURPOSE)
def mend(request: OpenedLinkRequest, section: str) -> HttpResponse:
    """One page that is open again: shown as it stands, and kept when it is filled well."""
    application, arrived = application_of(request), clock.now()
    opened = open_parts(application, arrived)
    if section not in opened.sections:
        return redirect("applications:case")
    form = _form(section, application, request, request.POST if request.method == "POST" else None)
    if request.method == "POST" and too_often("mend", request):
        form.refuse(text("applications:throttled"))
    elif form.is_valid():
        changes = {name: form.cleaned_data[name] for name in fields_of(section) if name in form.cleaned_data}
        try:
            acts.mend(application, holder(request), changes=changes, arrived_at=arrived)
        except Refused as refused:
            form.refuse(refused.message)
        else:
            messages.success(request, text("applications:done.mended"))
            return redirect("applications:case")
    context = {
        "application": application,
        "contact": application.rules.contact_window(application.institution_type),
        "form": form,
        "title": text(f"applications:mending.{section}"),
        "until": opened.until,
    }
    return render(request, "applications/mend.html", context)


def _form(section: str, application: Application, request: HttpRequest, data: Any) -> PlainForm:
    form = form_for(section, application, data, current=source_of(request))
    for name in KEPT & set(form.fields):
        del form.fields[name]
    return form
