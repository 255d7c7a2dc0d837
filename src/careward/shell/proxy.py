"""Standing behind a proxy that ends TLS: believe what it says of its clients, and nobody else.

Source: security-baseline.md 14 (X-Forwarded-For is ignored unless it comes from a trusted proxy).
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")


class BehindProxy:
    """Take the client's address from the last entry a trusted proxy added; forget forwarded headers of others.

    Trusted are the addresses in ``settings.TRUSTED_PROXIES``; the scheme is then read by Django itself from
    ``X-Forwarded-Proto``. Must stand before whatever looks at the address or the scheme.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the address settled."""
        if request.META.get("REMOTE_ADDR") in settings.TRUSTED_PROXIES:
            client = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
            request.META["REMOTE_ADDR"] = client or request.META["REMOTE_ADDR"]
        else:
            for header in _FORWARDED:
                request.META.pop(header, None)
        return self._get_response(request)
