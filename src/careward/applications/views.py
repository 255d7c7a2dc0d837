"""The public form: a start page, one page per section, check your answers, the receipt."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from careward import rulebook
from careward.applications import acts, forms, visiting
from careward.applications.limits import source_of, too_often
from careward.applications.models import Application
from careward.applications.rules import Section, sections
from careward.flow import NotPermitted, Refused
from careward.kernel import clock
from careward.kernel.identifiers import is_medical_code_plausible
from careward.kernel.texts import text
from careward.rulebook import Season
from careward.shell.forms import PlainForm

FIRST: Final = "institution"
MEDICAL_CODE: Final = r"[0-9]{10}"


def _season() -> Season:
    return rulebook.current().season_at(clock.now(), county=rulebook.ANYWHERE)


@never_cache
@require_http_methods(["GET", "HEAD"])
def start(request: HttpRequest) -> HttpResponse:
    """What the form asks for, until when; or that it is not open. What this visitor has begun or sent is named."""
    season, mine = _season(), visiting.mine(request)
    if not season.window_open(clock.now()):
        return _closed(request, season)
    return render(request, "applications/start.html", {"season": season, "mine": mine, **_moments(season)})


@require_POST
def begin_anew(request: HttpRequest) -> HttpResponse:
    """Leave what this session has begun or sent behind and begin with an empty form."""
    visiting.forget(request)
    return redirect("applications:step", section=FIRST)


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
    if request.method == "POST":
        data, arrived = request.POST, clock.now()
        form = _form(section, application, request, data)
        if form.is_valid():
            return _keep(request, application, form, section, arrived)
    else:
        if not application.rules.window_open(clock.now()):
            return _closed(request, application.rules)
        form = _form(section, application, request, None)
    return _page(request, application, section, form)


def _form(section: str, application: Application, request: HttpRequest, data: Any) -> PlainForm:
    initial: dict[str, object] = {
        **application.answers, "person_id": None, "sources": "\n".join(application.shown_sources)
    }  # fmt: skip
    common: dict[str, Any] = {"initial": initial}
    makers: Mapping[str, Callable[[], PlainForm]] = {
        "institution": lambda: forms.InstitutionForm(data, **common),
        "person": lambda: forms.PersonForm(data, application=application, **common),
        "contact": lambda: forms.ContactForm(data, **common),
        "mode": lambda: forms.ModeForm(data, application=application, **common),
        "sources": lambda: forms.SourcesForm(
            data,
            application=application,
            current=source_of(request),
            allow_loopback=settings.DEMO,
            **common,
        ),
    }
    return makers[section]()


def _keep(
    request: HttpRequest, application: Application, form: PlainForm, section: str, arrived: datetime
) -> HttpResponse:
    fields = next(known for known in sections(None) if known.id == section).fields
    changes = {name: form.cleaned_data[name] for name in fields}
    try:
        if application.state:
            saved = acts.save(application, visiting.visitor(application), changes=changes, arrived_at=arrived)
        elif too_often("start", request):
            form.refuse(text("applications:throttled"))
            return _page(request, application, section, form, status=429)
        else:
            for name, value in changes.items():
                setattr(application, name, value)
            saved = acts.start(application, visiting.visitor(application), arrived_at=arrived)
    except NotPermitted:
        return redirect("applications:receipt")
    except Refused as refused:
        return _closed(request, application.rules, refused.message)
    visiting.remember(request, saved)
    if section == FIRST:
        _warn_of_code(request, saved)
    following = _next(saved, section)
    return redirect("applications:step", section=following) if following else redirect("applications:check")


def _warn_of_code(request: HttpRequest, application: Application) -> None:
    """A wrong last digit of a medical code, as 0.38 % of them have: say so, never refuse (domain.md §5)."""
    asked = rulebook.current().institution_type(application.institution_type).code.pattern == MEDICAL_CODE
    if asked and not is_medical_code_plausible(application.institution_code):
        messages.warning(request, text("applications:institution.fields.institution_code.implausible"))


def _next(application: Application, section: str) -> str:
    """The next page in order that is still to be filled, else an earlier one; empty when none is."""
    order = [known.id for known in sections(application.way)]
    unfinished = [known.id for known in application.unfinished_sections]
    later = [known for known in order[order.index(section) + 1 :] if known in unfinished]
    return next(iter([*later, *unfinished]), "")


def _page(
    request: HttpRequest, application: Application, section: str, form: PlainForm, status: int = 200
) -> HttpResponse:
    order: tuple[Section, ...] = sections(application.way)
    number = [known.id for known in order].index(section) + 1
    context = {
        "application": application,
        "form": form,
        "section": section,
        "number": number,
        "total": len(order) + 1,
        "previous": order[number - 2].id if number > 1 else "",
        "whole": bool(application.state) and not application.unfinished_sections,
        **_moments(application.rules, application.institution_type),
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
            return _closed(request, application.rules)
        return _check_page(request, application, forms.DeclarationForm())
    data, arrived = request.POST, clock.now()
    form = forms.DeclarationForm(data)
    if not form.is_valid():
        return _check_page(request, application, form)
    return _send(request, application, arrived)


def _send(request: HttpRequest, application: Application, arrived: datetime) -> HttpResponse:
    version = text("applications:notice.version")
    try:
        acts.submit(application, visiting.visitor(application), notice_version=version, arrived_at=arrived)
    except NotPermitted:
        pass  # the same form sent twice: it is one application, and this is its receipt
    except Refused as refused:
        if refused.code == "form_incomplete":
            return redirect("applications:check")
        return _closed(request, application.rules, refused.message)
    return redirect("applications:receipt")


def _check_page(request: HttpRequest, application: Application, form: PlainForm) -> HttpResponse:
    order = sections(application.way)
    context = {
        "application": application,
        "form": form,
        "number": len(order) + 1,
        "total": len(order) + 1,
        "previous": order[-1].id,
        "notice_version": text("applications:notice.version"),
        **_moments(application.rules, application.institution_type),
    }
    return render(request, "applications/check.html", context)


@never_cache
@require_http_methods(["GET", "HEAD"])
def receipt(request: HttpRequest) -> HttpResponse:
    """What was sent, its reference, and what comes next; shown again as often as asked for."""
    application = visiting.mine(request)
    if application is None or application.is_draft:
        return redirect("applications:start")
    context = {"application": application, **_moments(application.rules, application.institution_type)}
    return render(request, "applications/receipt.html", context)


def _moments(season: Season, institution_type: str = "") -> dict[str, object]:
    types = rulebook.current().institution_types
    windows = [(types[window.id].label, window.phone) for window in season.contact_windows.values()]
    mine = (
        [(types[institution_type].label, season.contact_window(institution_type).phone)]
        if institution_type
        else []
    )
    return {
        "season": season,
        "opens": season.moment("applications_open"),
        "closes": season.moment("institution_window_closes"),
        "review_closes": season.moment("review_closes"),
        "windows": mine or windows,
    }


def _closed(request: HttpRequest, season: Season, refusal: str = "") -> HttpResponse:
    """The form is shut: why, since when, and whom to call. A refused submission is answered 409."""
    over = season.moment("institution_window_closes").passed(clock.now())
    context = {"over": over, "refusal": refusal, **_moments(season)}
    return render(request, "applications/closed.html", context, status=409 if refusal else 200)
