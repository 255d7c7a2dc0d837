"""Mailed links: what they are for, and who has opened one in this session.

Source: security-baseline.md, "Mailed links" 1, 2 (nothing changes by GET; opened by something typed and
a POST; a short session instead of the token).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from careward import rulebook
from careward.accounts.models import MailedLink
from careward.kernel import clock, tokens
from careward.kernel.text import squeeze
from careward.kernel.texts import text
from careward.store.by_key import ByKey

P = ParamSpec("P")

_SESSION: Final = "opened"
_LINKS: Final = ByKey(MailedLink)
_PROLONGED_EVERY: Final = timedelta(minutes=1)
"""Using a link prolongs it at most so often [decided]: not every page need write the session."""

INSTITUTION_CODE: Final = "accounts:open_link"
"""Texts that ask for the institution's code, as most links do."""


class OpenedLinkRequest(HttpRequest):
    """The request a view under :func:`opened_link` receives."""

    opened_link: MailedLink


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a kind of link is for.

    ``challenge`` gives the code its reader must type (the institution's), ``opens`` the address to go on to;
    both are asked with the link's ``subject_id``. ``anew`` are the texts that say which letter carries it and how to
    get another link, ``anew_at`` the name of the page that sends one, empty where a person must be asked.
    ``asks`` are the texts that ask for the code.
    """

    name: str
    challenge: Callable[[str], str]
    opens: Callable[[str], str]
    anew: str
    anew_at: str = ""
    asks: str = INSTITUTION_CODE

    def accepts(self, subject_id: str, typed: str) -> bool:
        """Whether the typed code is the right one; case, width and blanks do not matter."""
        return tokens.same(_plain(self.challenge(subject_id)), _plain(typed))

    @property
    def code_label(self) -> str:
        """What must be typed, in words."""
        return text(f"{self.asks}.fields.code.label")

    @property
    def way_on(self) -> "WayOn":
        """How whoever has a link that does not open gets another."""
        label = text(f"{self.anew}.page") if self.anew_at else ""
        return WayOn(text(f"{self.anew}.letter"), text(f"{self.anew}.says"), self.anew_at, label)


@dataclass(frozen=True, slots=True)
class WayOn:
    """For one kind of letter: what to do when its link does not open, and the page (name, label) that sends another."""

    letter: str
    says: str
    page: str
    label: str


def _plain(code: str) -> str:
    return squeeze(code).replace(" ", "").casefold()


_purposes: dict[str, Purpose] = {}


def purpose(
    name: str,
    *,
    challenge: Callable[[str], str],
    opens: Callable[[str], str],
    anew: str,
    anew_at: str = "",
    asks: str = INSTITUTION_CODE,
) -> None:
    """Register a purpose when an app is ready. Raises ValueError when the name is taken."""
    if name in _purposes:
        raise ValueError(f"purpose {name!r} is registered twice")
    _purposes[name] = Purpose(name, challenge, opens, anew, anew_at, asks)


def ways_on() -> list[WayOn]:
    """For every kind of letter the way to another link; of two with the same words one.

    All are shown to everybody: by the page nobody can tell whether a token was ever real.
    """
    return list(dict.fromkeys(one.way_on for one in _purposes.values()))


def purpose_of(link: MailedLink) -> Purpose:
    """The purpose a link was issued for; raises KeyError when its package is gone."""
    return _purposes[link.purpose]


def remember(request: HttpRequest, link: MailedLink) -> None:
    """Note in the session that this link was opened; one per purpose, the latest counts."""
    until = _until(link)
    opened = dict(request.session.get(_SESSION, {}))
    opened[link.purpose] = {"link": str(link.pk), "until": until.isoformat()}
    request.session[_SESSION] = opened


def _until(link: MailedLink) -> datetime:
    return min(clock.now() + rulebook.current().policies.links.opened, link.expires_at)


def opened(request: HttpRequest, purpose_name: str) -> MailedLink | None:
    """The link opened for a purpose in this session, if it still holds; questions prolong it."""
    entry: dict[str, Any] | None = request.session.get(_SESSION, {}).get(purpose_name)
    now = clock.now()
    if entry is None or (until := datetime.fromisoformat(entry["until"])) < now:
        return None
    link = _LINKS.get(UUID(entry["link"]))
    if link is None or not link.is_open(now):
        return None
    if _until(link) - until >= _PROLONGED_EVERY:
        remember(request, link)
    return link


def opened_link(
    purpose_name: str,
) -> Callable[
    [Callable[Concatenate[OpenedLinkRequest, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, P], HttpResponseBase],
]:
    """Let only those in who have opened a link of this purpose; the view finds it as ``request.opened_link``.

    Others get a page (403) that says how to open the letter again. The view must still compare
    ``request.opened_link.subject_id`` with whatever its own address names.
    """

    def decorate(
        view: Callable[Concatenate[OpenedLinkRequest, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def with_link(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            link = opened(request, purpose_name)
            if link is None:
                context = {"purpose": _purposes[purpose_name]}
                return render(request, "accounts/link_not_opened.html", context, status=403)
            request.opened_link = link  # type: ignore[attr-defined]
            response = view(request, *args, **kwargs)  # type: ignore[arg-type]
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return with_link

    return decorate
