"""Headers that keep every page to itself: nothing foreign runs, nothing frames it, no address travels on.

And what no address may hold.

Source: issue 1 (strict content security policy without inline, no third-party request); security-baseline.md
"Mailed links" 5 (no-store, noindex, no-referrer); ASVS 5.0 V3.
"""

from collections.abc import Callable
from typing import Final

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)

_EVERY_PAGE: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
}
_MAILED_LINK: Final = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}
_MAILED_PREFIX: Final = "/l/"


class SafeHeaders:
    """Put the headers on every answer that does not bring its own (a sandboxed preview may be stricter).

    Must stand before ``CsrfViewMiddleware``: pages of mailed links forbid any referrer, and a browser then
    posts their forms with ``Origin: null``, which Django refuses. Where the browser itself says that the post
    comes from this very origin (``Sec-Fetch-Site``, which no script can set), the origin is restored.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request with every header in place; a mailed link's page has no choice in its own."""
        mailed = request.path_info.startswith(_MAILED_PREFIX)
        if mailed:
            _restore_origin(request)
        response = self._get_response(request)
        if mailed:
            for name, value in _MAILED_LINK.items():
                response.headers[name] = value
        for name, value in _EVERY_PAGE.items():
            response.headers.setdefault(name, value)
        return response


class NoNullInAddress:
    """Answer 400 to an address that holds a NUL: no text of the platform has one, and PostgreSQL takes none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on every other request. Raises BadRequest."""
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("NUL in the address")
        return self._get_response(request)


def _restore_origin(request: HttpRequest) -> None:
    if request.headers.get("Origin") == "null" and request.headers.get("Sec-Fetch-Site") == "same-origin":
        request.META["HTTP_ORIGIN"] = f"{request.scheme}://{request.get_host()}"
