"""補件 from the institution's side: what is asked for stands on its case page; here the answer is sent."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from careward.accounts.links import OpenedLinkRequest, opened_link
from careward.applications.holding import application_of, holder
from careward.applications.letters import PURPOSE
from careward.applications.limits import too_often
from careward.applications.models import Application
from careward.applications.opening import open_parts
from careward.applications.procedure import SUPPLEMENT
from careward.flow import Refused
from careward.kernel import clock
from careward.kernel.texts import text
from careward.review import comparing, supplementing
from careward.review.forms import AnswerForm
from careward.rulebook.season import SECTIONS


@require_http_methods(["GET", "HEAD", "POST"])
@opened_link(PURPOSE)
def answer(request: OpenedLinkRequest) -> HttpResponse:
    """Show what was changed, then send the answer by the typed code."""
    application = application_of(request)
    arrived, round_ = clock.now(), next(comparing.rounds(application), None)
    if application.state != SUPPLEMENT or round_ is None:
        return redirect("applications:case")
    form = AnswerForm(request.POST if request.method == "POST" else None, application=application)
    if request.method == "POST" and too_often("mend", request):
        form.refuse(text("applications:throttled"))
    elif form.is_valid():
        try:
            supplementing.answer_supplement(
                application, holder(request), reply=form.cleaned_data["reply"], arrived_at=arrived
            )
        except Refused as refused:
            form.refuse(refused.message)
        else:
            messages.success(request, text("review:done.answered"))
            return redirect("applications:case")
    context = {
        "application": application,
        "contact": application.rules.contact_window(application.institution_type),
        "form": form,
        "round": round_,
        "missing": application.missing_documents,
        "unfinished": application.unfinished_sections,
    }
    return render(request, "review/answer.html", context)


def panel(_request: HttpRequest | None, subject: object) -> dict[str, object] | None:
    """What the institution reads on its case page while something is to be mended; else nothing."""
    assert isinstance(subject, Application)
    supplement = subject.supplements.running().first()
    if subject.state != SUPPLEMENT or supplement is None:
        return None
    opened = open_parts(subject, clock.now())
    pages = [
        {"label": text(f"applications:mending.{name}"), "url": reverse("applications:mend", args=[name])}
        for name in sorted(opened.sections, key=SECTIONS.index)
    ]
    return {"supplement": supplement, "opened": opened, "pages": pages, "over": opened.until is None}
