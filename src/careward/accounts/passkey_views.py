"""Pages of passkeys: signing in by one, and one's own."""

from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.webauthn.views import LoginWebAuthnView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from careward import rulebook
from careward.accounts import browsers, passkeys
from careward.accounts.access import for_roles, user_of
from careward.accounts.freshness import freshly
from careward.accounts.models import Role
from careward.accounts.passkey_forms import AddPasskeyForm, PasskeyNameForm
from careward.kernel.texts import text


class SignIn(LoginWebAuthnView):  # type: ignore[misc]
    """What a script asks for a key, and the key's answer. Without a script there is the mailed code."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The question as JSON for a script; anybody else is sent to where people sign in."""
        if not get_adapter().is_ajax(request):
            return redirect("account_login")
        return HttpResponse(passkeys.asked_to_show(), content_type="application/json")

    def form_invalid(self, form: Any) -> HttpResponse:
        """Back to where people sign in, with what to do instead."""
        messages.error(self.request, text("accounts:passkey.fields.credential.errors.refused"))
        return redirect("account_login")


class SecondFactor(AuthenticateView):  # type: ignore[misc]
    """allauth's page for the second factor of staff, with the question to a key where there is one."""

    def get_context_data(self, **facts: Any) -> dict[str, Any]:
        """``question`` is empty for who has no key, or at an address where keys do not work."""
        context: dict[str, Any] = super().get_context_data(**facts)
        user = self.stage.login.user
        asks = passkeys.is_offered(self.request) and passkeys.of(user).exists()
        context["question"] = passkeys.asked_to_show(user) if asks else ""
        return context


@never_cache
@require_safe
@for_roles(*Role.values)
def mine(request: HttpRequest) -> HttpResponse:
    """My keys, and whether one more may be added here."""
    user = user_of(request)
    context = {
        "person": user,
        "keys": [(key, key.wrap().name) for key in passkeys.of(user)],
        "most": rulebook.current().policies.sign_in.passkeys_per_person.value,
        "room": passkeys.room_for_more(user),
        "offered": passkeys.is_offered(request),
        "elsewhere": passkeys.right_address(request),
    }
    return render(request, "accounts/passkeys.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(*Role.values)
@freshly
def add(request: HttpRequest) -> HttpResponse:
    """Have the device make a key, and keep what checks it."""
    user = user_of(request)
    if not passkeys.is_offered(request) or not passkeys.room_for_more(user):
        return redirect("accounts:passkeys")
    form = AddPasskeyForm(
        request.POST if request.method == "POST" else None, initial={"name": browsers.of(request).label}
    )
    if request.method == "POST" and form.is_valid():
        passkeys.add(request, user, form.cleaned_data["name"], form.cleaned_data["credential"])
        messages.success(request, text("accounts:passkey.done.added", name=form.cleaned_data["name"]))
        return redirect("accounts:passkeys")
    context = {"form": form, "question": passkeys.asked_to_make(user)}
    return render(request, "accounts/passkey_new.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(*Role.values)
@freshly
def one(request: HttpRequest) -> HttpResponse:
    """One of my keys: call it by another name, or let it sign in no more. Anything else leads to the list."""
    user = user_of(request)
    key = passkeys.one_of(user, request.GET.get("key", ""))
    if key is None:
        return redirect("accounts:passkeys")
    name, wanted = key.wrap().name, request.POST.get("act", "")
    form = PasskeyNameForm(request.POST if wanted == "rename" else None, initial={"name": name})
    if wanted == "rename" and form.is_valid():
        passkeys.rename(key, form.cleaned_data["name"])
        messages.success(request, text("accounts:passkey.done.renamed", name=form.cleaned_data["name"]))
        return redirect("accounts:passkeys")
    if wanted == "remove":
        passkeys.remove(request, user, key)
        messages.success(request, text("accounts:passkey.done.removed", name=name))
        return redirect("accounts:passkeys")
    return render(request, "accounts/passkey.html", {"form": form, "key": key, "name": name})


@never_cache
@require_safe
@for_roles(Role.INSTITUTION.value)
def sign_in_again(request: HttpRequest) -> HttpResponse:
    """Say that this asks for having signed in lately; the button signs out and leads back here by signing in."""
    back = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    query = urlencode({"next": back if safe else reverse("accounts:home")})
    context = {
        "minutes": rulebook.current().policies.sign_in.fresh_minutes.value,
        "next": f"{reverse('account_request_login_code')}?{query}",
    }
    return render(request, "accounts/sign_in_again.html", context)
