"""Pages for what went wrong: a short message and a code, never a trace, path, query or version.

Source: 資通系統防護基準 item 53. They are drawn without session, database or context processors, so that they
still come when one of these is what failed. Whom to call (the panel ``help``) comes from the rulebook in memory. The
footer's links need the addresses alone; a fault of our own goes without.
"""

from typing import Final

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from careward.kernel.texts import text
from careward.shell.navigation import footer, home_url
from careward.shell.panels import render_slot

_TOO_LARGE: Final = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


def _page(code: str, status: int, request: HttpRequest | None = None) -> HttpResponse:
    context = {
        "code": code,
        "title": text(f"shell:pages.{code}.title"),
        "message": text(f"shell:pages.{code}.message"),
        "home_url": home_url(),
        "links": footer(request) if request is not None else [],
        "help": render_slot("help", None),
    }
    return HttpResponse(render_to_string("shell/error.html", context), status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a request that cannot be understood (400), or one that is too large (413)."""
    if isinstance(exception, _TOO_LARGE):
        return too_large(request)
    return _page("400", 400, request)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer what this reader may not do (403)."""
    return _page("403", 403, request)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer what is not there, or must look so (404): the same page for both."""
    return _page("404", 404, request)


def too_large(request: HttpRequest) -> HttpResponse:
    """Answer an upload beyond the limit (413); for upload views."""
    return _page("413", 413, request)


def too_many(request: HttpRequest) -> HttpResponse:
    """Answer a source that sends more than people do (429)."""
    return _page("429", 429, request)


def server_error(_request: HttpRequest) -> HttpResponse:
    """Answer after a fault of our own (500)."""
    return _page("500", 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that did not prove it came from our page (403); ``reason`` is for logs only."""
    return _page("403-form", 403, request)
