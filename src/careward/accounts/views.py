"""Opening a mailed link, and one's own account."""

from datetime import timedelta
from typing import Any, Final

from allauth.account.adapter import get_adapter
from allauth.core.internal.ratelimit import truncate_ip
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from careward import rulebook
from careward.accounts import links, open_sessions, passkeys, second_factor
from careward.accounts.access import for_roles, user_of
from careward.accounts.forms import OpenLinkForm
from careward.accounts.models import Deputyship, MailedLink, Role
from careward.accounts.throttle import Throttle
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.kernel.texts import text

UNKNOWN: Final = Throttle("unknown-link", limit=60, lock=timedelta(minutes=15))
"""Tokens nobody ever got, per source: far above what mistyping makes [decided]."""


@method_decorator([never_cache, sensitive_post_parameters("code")], name="dispatch")
class OpenLink(View):
    """The address in a letter. Only a POST with the right code does anything.

    Unknown, expired and replaced links get the same page (404).
    Source: security-baseline.md, "Mailed links" 1, 2, 4.
    """

    http_method_names = ["get", "head", "post", "options"]

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """Ask for the code; changes nothing, however often."""
        link = _open_link(token)
        return _ask(request, _form(link)) if link else _closed(request, token)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Open the link for this session and leave the token behind."""
        link = _open_link(token)
        if link is None:
            return _closed(request, token)
        form = _form(link, request.POST)
        if not form.is_valid():
            return _ask(request, form)
        throttle, key = _wrong_codes(), f"{link.pk}:{_source(request)}"
        if throttle.exhausted(key):
            form.fail("code", "locked", minutes=int(throttle.lock.total_seconds()) // 60)
            return _ask(request, form, status=429)
        if not links.purpose_of(link).accepts(link.subject_id, form.cleaned_data["code"]):
            throttle.count(key)
            form.fail("code", "wrong")
            return _ask(request, form)
        return _opened(request, link)


def _open_link(token: str) -> MailedLink | None:
    link = MailedLink.find(token)
    return link if link and link.is_open(clock.now()) else None


def _form(link: MailedLink, data: Any = None) -> OpenLinkForm:
    return OpenLinkForm(data, asks=links.purpose_of(link).asks)


def _ask(request: HttpRequest, form: OpenLinkForm, status: int = 200) -> HttpResponse:
    return render(request, "accounts/open_link.html", {"form": form}, status=status)


def _closed(request: HttpRequest, token: str) -> HttpResponse:
    too_often = MailedLink.find(token) is None and not UNKNOWN.take(_source(request))
    context = {"ways": links.ways_on()}
    return render(request, "accounts/link_closed.html", context, status=429 if too_often else 404)


def _opened(request: HttpRequest, link: MailedLink) -> HttpResponse:
    with acting(Actor("applicant", f"link:{link.pk}"), "link.open"):
        link.last_opened_at = clock.now()
        link.save(update_fields=["last_opened_at"])
    links.remember(request, link)
    request.session.cycle_key()
    return redirect(links.purpose_of(link).opens(link.subject_id))


def _wrong_codes() -> Throttle:
    policy = rulebook.current().policies.links
    return Throttle("link-code", limit=policy.wrong_codes_before_lock.value, lock=policy.lock)


def _source(request: HttpRequest) -> str:
    return str(truncate_ip(get_adapter(request).get_client_ip(request)))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(*Role.values)
def sessions(request: HttpRequest) -> HttpResponse:
    """Where I am signed in; sign out at one other place, or everywhere but here."""
    user, wanted = user_of(request), request.POST.get("session", "")
    if request.method == "POST":
        if wanted == "others":
            ended = open_sessions.end_others(request, user)
            messages.success(request, text("accounts:sessions.done.others", count=ended))
        else:
            ended = open_sessions.end(request, user, wanted)
            messages.success(request, text(f"accounts:sessions.done.{'one' if ended else 'gone'}"))
        return redirect("accounts:sessions")
    context = {
        "person": user,
        "sessions": open_sessions.of(request, user),
        "idle": rulebook.current().policies.sign_in.idle_minutes.value,
    }
    return render(request, "accounts/sessions.html", context)


@never_cache
@for_roles(*Role.values)
def home(request: HttpRequest) -> HttpResponse:
    """My account: who I am here, and how my sign-in is protected."""
    user = user_of(request)
    codes = text("accounts:recovery_codes_left", count=second_factor.recovery_codes_left(user))
    keys = passkeys.of(user).count()
    in_force = Deputyship.objects.to_come(clock.now().date()).filter(person=user).select_related("deputy")
    context = {
        "person": user,
        "place": user.place_label,
        "recovery_codes": codes,
        "passkeys": text("accounts:passkeys.some", count=keys) if keys else text("accounts:passkeys.none"),
        "may_have_deputies": rulebook.current().role(user.role).deputies,
        "deputies_said": text("store:tables.separator").join(one.deputy.name for one in in_force)
        or text("accounts:no_deputy"),
    }
    return render(request, "accounts/home.html", context)
