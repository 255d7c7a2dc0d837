"""The public form: which procedure fits, the task list, one short page per section, check your answers, the receipt."""

from datetime import datetime
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from careward import rulebook
from careward.applications import acts, forms, mailbox_views, pages, receipt_sheet, tasks, visiting
from careward.applications.framing import closed, moments
from careward.applications.limits import source_of, too_busy, too_often
from careward.applications.models import Application
from careward.flow import NotPermitted, Refused
from careward.kernel import clock
from careward.kernel.identifiers import is_medical_code_plausible
from careward.kernel.texts import text
from careward.registry.models import Institution
from careward.rulebook import Season
from careward.rulebook.notice import Notice
from careward.shell.forms import PlainForm

FIRST: Final = "institution"
MEDICAL_CODE: Final = r"[0-9]{10}"


def _season() -> Season:
    return rulebook.current().season_at(clock.now(), county=rulebook.ANYWHERE)


def _notice(season: Season) -> Notice:
    return rulebook.current().notice(season.personal_data_notice.value)


@never_cache
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """What the form asks for, until when; or that it is not open. What this visitor has begun or sent is named."""
    season, mine = _season(), visiting.mine(request)
    if not season.window_open(clock.now()):
        return closed(request, season)
    return render(request, "applications/start.html", {"season": season, "mine": mine, **moments(season)})


@never_cache
@require_safe
def which(request: HttpRequest) -> HttpResponse:
    """Which procedure fits, by two questions; nothing is kept."""
    season = _season()
    if not season.window_open(clock.now()):
        return closed(request, season)
    form = forms.WhichForm(request.GET if "connected" in request.GET or "asked" in request.GET else None)
    context = {"form": form, "before": int(season.code) - 1, **moments(season)}
    if not form.is_bound or not form.is_valid():
        return render(request, "applications/which.html", context)
    if form.kind == "continuing":
        return render(request, "applications/which_continuing.html", context)
    if form.cleaned_data["connected"] == "yes":
        messages.info(request, text("applications:which.new_because_of_mailbox"))
    return redirect("applications:tasks")


@never_cache
@require_safe
def notice(request: HttpRequest) -> HttpResponse:
    """What is told about personal data before any is asked for (個資法 §8)."""
    season = _season()
    return render(request, "applications/notice.html", {"notice": _notice(season), **moments(season)})


@require_POST
def begin_anew(request: HttpRequest) -> HttpResponse:
    """Leave what this session has begun or sent behind and begin with an empty form."""
    visiting.forget(request)
    return redirect("applications:which")


@never_cache
@require_safe
def task_list(request: HttpRequest) -> HttpResponse:
    """What is to be filled and how far each page is."""
    application = visiting.mine(request) or Application(season=_season().code, kind="new")
    if application.state and not application.is_draft:
        return redirect("applications:receipt")
    if not application.rules.window_open(clock.now()):
        return closed(request, application.rules, application.institution_type)
    context = {
        "application": application,
        "tasks": tasks.of_form(application),
        "whole": bool(application.state) and not application.unfinished_sections,
        **moments(application.rules, application.institution_type),
    }
    return render(request, "applications/tasks.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, section: str) -> HttpResponse:
    """One section of the form: shown, and kept when it is filled well."""
    application = visiting.mine(request)
    if application is None:
        if section != FIRST:
            return redirect("applications:start")
        application = Application(season=_season().code, kind="new")
    if application.state and not application.is_draft:
        return redirect("applications:receipt")
    current = source_of(request)
    if request.method == "POST":
        data, arrived = request.POST, clock.now()
        form = pages.form_for(section, application, data, current=current)
        if form.is_valid():
            return _keep(request, application, form, section, arrived)
    else:
        if not application.rules.window_open(clock.now()):
            return closed(request, application.rules, application.institution_type)
        form = pages.form_for(section, application, current=current, **_chosen(request, section))
    return _page(request, application, section, form)


def _chosen(request: HttpRequest, section: str) -> dict[str, object]:
    """The registry's answers, when the person has picked an institution from the list."""
    code = request.GET.get("code", "") if section == FIRST else ""
    found = Institution.objects.with_code(code).first() if code else None
    if found is None:
        return {}
    return {
        "institution_code": found.code,
        "institution_name": found.name,
        "institution_type": found.type,
        "county": found.county,
        "ownership": found.ownership,
    }


def _keep(
    request: HttpRequest, application: Application, form: PlainForm, section: str, arrived: datetime
) -> HttpResponse:
    changes = pages.changes_of(section, form)
    if application.state and too_busy(application.pk):
        form.refuse(text("applications:throttled"))
        return _page(request, application, section, form, status=429)
    try:
        if application.state:
            saved = acts.save(application, visiting.visitor(application), changes=changes, arrived_at=arrived)
        elif too_often("start", request):
            form.refuse(text("applications:throttled"))
            return _page(request, application, section, form, status=429)
        else:
            application.answer(changes)
            saved = acts.start(application, visiting.visitor(application), arrived_at=arrived)
    except NotPermitted:
        return redirect("applications:receipt")
    except Refused as refused:
        return closed(request, application.rules, application.institution_type, refused.message)
    visiting.remember(request, saved)
    return _onwards(request, saved, section)


def _onwards(request: HttpRequest, saved: Application, section: str) -> HttpResponse:
    if section == FIRST:
        _warn_of_code(request, saved)
        if saved.others_sent().exists():
            return redirect("applications:already")
    if section == "contact" and not saved.mailbox_proved:
        mailbox_views.send_code(request, saved, only_if_none_waits=True)
    following = pages.following(saved, section)
    return redirect("applications:step", section=following) if following else redirect("applications:check")


def _warn_of_code(request: HttpRequest, application: Application) -> None:
    """A wrong last digit of a medical code, as 0.38 % of them have: say so, never refuse (domain.md §5)."""
    asked = rulebook.current().institution_type(application.institution_type).code.pattern == MEDICAL_CODE
    if asked and not is_medical_code_plausible(application.institution_code):
        messages.warning(request, text("applications:institution.fields.institution_code.implausible"))


def _page(
    request: HttpRequest, application: Application, section: str, form: PlainForm, status: int = 200
) -> HttpResponse:
    context = {
        "application": application,
        "form": form,
        "whole": bool(application.state) and not application.unfinished_sections,
        **tasks.place(application, section),
        **moments(application.rules, application.institution_type),
    }
    if section == FIRST:
        asked = request.GET.get("q", "")[:60]
        context |= {
            "asked": asked,
            "found": Institution.objects.called(asked)[:10] if asked.strip() else None,
        }
    return render(request, f"applications/{section}.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Check your answers, declare, send."""
    application = visiting.mine(request)
    if application is None:
        return redirect("applications:start")
    if not application.is_draft:
        return redirect("applications:receipt")
    unfinished = application.unfinished_sections
    if unfinished:
        return redirect("applications:step", section=unfinished[0].id)
    if request.method != "POST":
        if not application.rules.window_open(clock.now()):
            return closed(request, application.rules, application.institution_type)
        return _check_page(request, application, forms.DeclarationForm())
    data, arrived = request.POST, clock.now()
    form = forms.DeclarationForm(data)
    if not form.is_valid():
        return _check_page(request, application, form)
    return _send(request, application, arrived)


def _send(request: HttpRequest, application: Application, arrived: datetime) -> HttpResponse:
    version = _notice(application.rules).notice.version
    try:
        acts.submit(application, visiting.visitor(application), notice_version=version, arrived_at=arrived)
    except NotPermitted:
        pass  # the same form sent twice: it is one application, and this is its receipt
    except Refused as refused:
        if refused.code == "form_incomplete":
            return redirect("applications:check")
        return closed(request, application.rules, application.institution_type, refused.message)
    return redirect("applications:receipt")


def _check_page(request: HttpRequest, application: Application, form: PlainForm) -> HttpResponse:
    context = {
        "application": application,
        "form": form,
        "notice": _notice(application.rules),
        **tasks.place(application, "check"),
        **moments(application.rules, application.institution_type),
    }
    return render(request, "applications/check.html", context)


@never_cache
@require_safe
def receipt(request: HttpRequest) -> HttpResponse:
    """What was sent, its reference, and what comes next; shown again as often as asked for."""
    application = visiting.mine(request)
    if application is None or application.is_draft:
        return redirect("applications:start")
    context = {"application": application, **moments(application.rules, application.institution_type)}
    return render(request, "applications/receipt.html", context)


@never_cache
@require_safe
def receipt_pdf(request: HttpRequest) -> HttpResponse:
    """The receipt to keep and to print."""
    application = visiting.mine(request)
    if application is None or application.is_draft:
        return redirect("applications:start")
    return receipt_sheet.answer(application)
