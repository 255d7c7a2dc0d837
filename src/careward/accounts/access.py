"""Which role may open a page. Which objects it sees there, each model's QuerySet knows (``visible_to``)."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from careward import rulebook
from careward.accounts import second_factor
from careward.accounts.models import COUNTY, Role, User
from careward.journal import Actor
from careward.kernel.procedure import ROLES

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]

STAFF: Final = tuple(role.value for role in Role if role is not Role.INSTITUTION)
"""Roles that sign in by password and second factor."""
_LOOKING: Final = ("GET", "HEAD", "OPTIONS")
__all__ = [
    "COUNTY",
    "STAFF",
    "actor_of",
    "for_roles",
    "only",
    "reader_of",
    "start_page",
    "start_page_of",
    "user_of",
]

_start_pages: dict[str, str] = {}


class NoPartInProcedures(PermissionDenied):
    """An auditor looks on: no procedure has a row for one, and nothing is changed in an auditor's name."""


def user_of(request: HttpRequest) -> User:
    """The signed-in person, typed. Raises PermissionDenied for anonymous requests."""
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied("nobody is signed in")
    return user


def actor_of(request: HttpRequest) -> Actor:
    """The signed-in person as an actor: role and stable id.

    Raises PermissionDenied for anonymous requests, :class:`NoPartInProcedures` for roles without any act.
    """
    user = user_of(request)
    if user.role not in ROLES:
        raise NoPartInProcedures(user.role)
    return Actor(user.role, str(user.pk))


def reader_of(request: HttpRequest) -> Actor:
    """The signed-in person as whoever takes something away: an auditor too. Raises PermissionDenied for strangers."""
    user = user_of(request)
    return Actor(user.role, str(user.pk))


def for_roles(*roles: str) -> Callable[[View[P]], View[P]]:
    """Let only ``roles`` into a view; who may change nothing (the auditor) may look at every page of staff.

    Anonymous requests are sent to sign in and come back; another role gets the 404 of a page that is not
    there; staff without a shown second factor are sent to set it up. What is answered is kept by no browser.
    Raises ValueError for an unknown role.
    """
    known = only(*roles)

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def with_second_factor(
            request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            if not second_factor.stands(request):
                return redirect("mfa_activate_totp")
            response = view(request, *args, **kwargs)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return known(with_second_factor)

    return decorate


def only(*roles: str) -> Callable[[View[P]], View[P]]:
    """As :func:`for_roles`, but open before the second factor: for the pages that set it up."""
    unknown = set(roles) - set(Role.values)
    if unknown or not roles:
        raise ValueError(f"unknown roles {sorted(unknown)}")

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def in_role(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            user = request.user
            if not isinstance(user, User):
                return redirect_to_login(request.get_full_path())
            if user.role not in roles and not _stands_in(user, roles) and not _looks_on(user, request, roles):
                raise Http404
            return view(request, *args, **kwargs)

        in_role.roles = frozenset(roles)  # type: ignore[attr-defined]
        return in_role

    return decorate


def _stands_in(user: User, roles: tuple[str, ...]) -> bool:
    """Whether somebody represents today (職務代理) a person whom the page is for."""
    return not set(roles).isdisjoint(user.roles_today())


def _looks_on(user: User, request: HttpRequest, roles: tuple[str, ...]) -> bool:
    """Whether somebody who may change nothing only looks at a page of staff who may."""
    of_staff = not set(roles).isdisjoint(STAFF)
    return of_staff and request.method in _LOOKING and not rulebook.current().role(user.role).acts


def start_page(role: str, url_name: str) -> None:
    """Say where a role lands after signing in; for the package that owns the page, when its app is ready."""
    _start_pages[role] = url_name


def start_page_of(user: User) -> str:
    """URL name of the first page after signing in: the account page where no package named one."""
    return _start_pages.get(user.role, "accounts:home")
