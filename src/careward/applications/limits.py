"""How often one source may do what costs the platform something, so that nobody floods it."""

from datetime import timedelta
from typing import Final

from allauth.account.adapter import get_adapter
from allauth.core.internal.ratelimit import truncate_ip
from django.http import HttpRequest

from careward.accounts.throttle import Throttle

HOUR: Final = timedelta(hours=1)

_THROTTLES: Final = {
    "start": Throttle("applications.start", limit=40, lock=timedelta(minutes=10)),
    "code": Throttle("applications.codes", limit=40, lock=timedelta(minutes=10)),
    "resend": Throttle("applications.resend", limit=20, lock=timedelta(minutes=10)),
    "mend": Throttle("applications.mend", limit=60, lock=timedelta(minutes=10)),
    "upload": Throttle("applications.upload", limit=60, lock=timedelta(minutes=10)),
}
"""Per source address [decided]: a vendor's office fills the form for many institutions, a program for
thousands."""


_PAGES: Final = Throttle("applications.pages", limit=60, lock=timedelta(minutes=10))
"""Per draft [decided]: nobody fills six pages a minute for ten minutes."""


def too_busy(draft: object) -> bool:
    """Count this page of a draft; True when its holder sends pages faster than anybody fills them."""
    return not _PAGES.take(str(draft))


def source_of(request: HttpRequest) -> str:
    """The address a request comes from, behind the proxies the operator trusts; empty when it is unknown."""
    return str(get_adapter(request).get_client_ip(request) or "")


def too_often(what: str, request: HttpRequest) -> bool:
    """Count this attempt; True when the source has used up its attempts. An IPv6 network is one source."""
    return not _THROTTLES[what].take(str(truncate_ip(source_of(request))))
