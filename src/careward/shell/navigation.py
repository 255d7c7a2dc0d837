"""What the masthead and the footer lead to; every package adds its own entries when its app is ready.

The frame knows no feature, so entries are named by text key and URL name and looked up when a page is drawn:
a wrong one fails loudly on every page, not silently on one.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import get_script_prefix, get_urlconf, reverse

from careward.kernel.texts import text

ANONYMOUS: Final = "anonymous"
"""The role of a reader who is not signed in."""


@dataclass(frozen=True)
class Entry:
    """One place to go to; ``roles`` None means everyone."""

    label_key: str
    url_name: str
    roles: frozenset[str] | None
    order: int
    badge: Callable[[HttpRequest], int | None] | None


@dataclass(frozen=True)
class Link:
    """An entry as one reader sees it now; ``count`` is what waits there, None when nothing is counted."""

    label: str
    url: str
    current: bool
    count: int | None


_masthead: list[Entry] = []
_footer: list[Entry] = []


def register_nav(
    label_key: str,
    url_name: str,
    roles: Iterable[str] | None = None,
    order: int = 50,
    badge: Callable[[HttpRequest], int | None] | None = None,
) -> None:
    """Add an entry to the masthead, shown to ``roles`` (or everyone), lower ``order`` first.

    ``badge`` is asked once per page for the number waiting behind the entry; 0 or None shows none.
    Registering the same URL name again replaces the entry.
    """
    _put(_masthead, Entry(label_key, url_name, None if roles is None else frozenset(roles), order, badge))


def register_footer(label_key: str, url_name: str, order: int = 50) -> None:
    """Add an entry to the footer (contact, privacy, accessibility …), shown to everyone."""
    _put(_footer, Entry(label_key, url_name, None, order, None))


def masthead(request: HttpRequest) -> list[Link]:
    """Return the masthead's entries for the reader of this request."""
    roles = _roles(request)
    return [
        _link(entry, request)
        for entry in _masthead
        if entry.roles is None or not entry.roles.isdisjoint(roles)
    ]


def footer(request: HttpRequest) -> list[Link]:
    """Return the footer's entries."""
    return [_link(entry, request) for entry in _footer]


def _put(entries: list[Entry], entry: Entry) -> None:
    entries[:] = [known for known in entries if known.url_name != entry.url_name] + [entry]
    entries.sort(key=lambda known: known.order)


def _roles(request: HttpRequest) -> tuple[str, ...]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return (ANONYMOUS,)
    asked = getattr(user, "roles_today", None)
    return tuple(asked()) if asked else (str(getattr(user, "role", "")),)


def _link(entry: Entry, request: HttpRequest) -> Link:
    url = _address(entry.url_name, get_urlconf() or settings.ROOT_URLCONF, get_script_prefix())
    return Link(
        text(entry.label_key), url, _is_current(url, entry, request), entry.badge and entry.badge(request)
    )


@cache
def _address(url_name: str, urlconf: str, prefix: str) -> str:
    """Found once for each set of addresses and prefix, of which a process has one: every page asks for a dozen."""
    return reverse(url_name, urlconf=urlconf)


def _is_current(url: str, entry: Entry, request: HttpRequest) -> bool:
    """The page itself, or one below it; the home page is below nothing."""
    match = request.resolver_match
    if match is not None and match.view_name == entry.url_name:
        return True
    return url != home_url() and request.path.startswith(url)


def home_url() -> str:
    """Return the address of the service's first page, below whatever prefix it is served."""
    return get_script_prefix()
