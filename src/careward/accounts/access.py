"""Which role may open a page. Which objects it sees there, each model's QuerySet knows (``visible_to``)."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final, ParamSpec
from urllib.parse import quote

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from careward import rulebook
from careward.accounts import seats, second_factor
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
    "at_seat",
    "for_roles",
    "only",
    "reader_of",
    "start_page",
    "start_page_of",
    "user_of",
    "with_right",
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


def at_seat(right: str) -> Callable[[View[P]], View[P]]:
    """Let those of an institution or a company in who sit where they have a right, and nobody else.

    What is opened is told to whoever takes note (:func:`careward.accounts.seats.watch_looks`).
    """

    def decorate(view: View[P]) -> View[P]:
        return for_roles(Role.INSTITUTION.value)(with_right(right)(view))

    return decorate


def with_right(right: str) -> Callable[[View[P]], View[P]]:
    """Below :func:`for_roles`: ask those of institutions and companies for a right of their position besides.

    Positions and rights stand in rules/roles.yaml. Who may sit at several places and has not chosen is asked
    first; who lacks the right finds a page that is not there.
    """

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def seated(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            user = user_of(request)
            if user.is_staff_member:
                return view(request, *args, **kwargs)
            if user.seat is None:
                return redirect(f"{reverse(_start_pages[NO_SEAT])}?next={quote(request.get_full_path())}")
            if not user.seat.may(right):
                if request.path == reverse(_start_pages[user.role]):
                    return redirect(start_page_of(user))
                raise Http404
            response = view(request, *args, **kwargs)
            seats.looked(request, user, user.seat)
            return response

        seated.right = right  # type: ignore[attr-defined]
        return seated

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


NO_SEAT: Final = "institution without a seat"


def start_page(role: str, url_name: str) -> None:
    """Say where a role, or a position, lands after signing in; for the package that owns the page.

    :data:`NO_SEAT` stands for who must choose one first.
    """
    _start_pages[role] = url_name


def start_page_of(user: User) -> str:
    """URL name of the first page after signing in: the account page where no package named one."""
    if user.is_staff_member:
        return _start_pages.get(user.role, "accounts:home")
    key = user.seat.position if user.seat else NO_SEAT
    return _start_pages.get(key) or _start_pages.get(user.role, "accounts:home")
