"""Source addresses that other institutions use too: noted for the officers of all of them, never refused.

Compared with what other applications of the season say, and with what a later package knows to be in use, such as
accounts of last season. Addresses of one system vendor serve many institutions and are no finding (domain.md §2).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from ipaddress import ip_network
from typing import Final

from django.db.models import Q

from careward.applications.findings import settle
from careward.applications.models import Application
from careward.applications.procedure import WITHDRAWN
from careward.applications.rules import listed, shown_source
from careward.kernel import clock
from careward.rulebook import ANYWHERE, current

SHARED: Final = "applications:address_shared"


@dataclass(frozen=True, slots=True)
class Use:
    """That an institution uses ``sources`` (CIDR texts), through a system vendor or by itself."""

    institution_code: str
    sources: Sequence[str]
    vendor_business_id: str = ""
    vendor_code: str = ""
    vendor_name: str = ""

    def by_vendor_of(self, application: Application) -> bool:
        """Whether it is the same vendor's as the application."""
        same_number = self.vendor_business_id and self.vendor_business_id == application.vendor_business_id
        return bool(same_number or (self.vendor_code and self.vendor_code == application.vendor_code))


Ask = Callable[[Sequence[str]], Iterable[Use]]
_asked: Final[list[Ask]] = []


def also_used(ask: Ask) -> None:
    """Let a later package say who uses an address inside, around or equal to one of the given."""
    _asked.append(ask)


def look(application: Application) -> None:
    """Let exactly what is so now be noted about the application's addresses. Call it with its row locked."""
    settle(application, {SHARED}, found(application, touching(application)))


def touching(application: Application) -> Sequence[Use]:
    """What the applications of the season use that is inside, around or equal to one of this one's addresses."""
    if not application.sources:
        return ()
    rows = Application.objects.counting().of_season(application.season).from_any_of(application.sources)
    return [Use(*row) for row in rows.values_list(*(field.name for field in fields(Use)))]


def found(application: Application, touched: Iterable[Use]) -> Mapping[str, Mapping[str, object]]:
    """What is so now of those touched, as :func:`~careward.applications.findings.settle` takes it."""
    uses = [] if application.state == WITHDRAWN else list(_others(application, touched))
    used = [source for use in uses for source in use.sources]
    mine = [source for source in application.sources if any(_touch(source, other) for other in used)]
    values = {
        "addresses": listed(map(shown_source, mine)),
        "count": len({use.institution_code for use in uses}),
    }
    return {SHARED: values} if mine else {}


def beside(application: Application, former: Sequence[str]) -> list[str]:
    """Ids of the other applications whose note may be another now that this one says what it says.

    ``former`` are its addresses before, whoever shared those may share nothing any more.
    """
    noted = Q(findings__kind=SHARED, findings__lifted_at=None)
    touched = Application.objects.counting().of_season(application.season)
    touched = touched.from_any_of([*application.sources, *former]).exclude(
        institution_code=application.institution_code
    )
    of_vendor = Q(vendor_code=application.vendor_code) & ~Q(vendor_code="")
    of_vendor |= Q(vendor_business_id=application.vendor_business_id) & ~Q(vendor_business_id="")
    concerned = touched.filter(noted | ~of_vendor).distinct().order_by("pk")
    return [str(one) for one in concerned.values_list("pk", flat=True)]


def at(sources: Sequence[str]) -> list[str]:
    """Ids of the applications of the season that runs now from an address inside, around or equal to one of these."""
    season = current().season_at(clock.now(), county=ANYWHERE)
    found = Application.objects.counting().of_season(season.code).from_any_of(sources).order_by("pk")
    return [str(one) for one in found.values_list("pk", flat=True)]


def _others(application: Application, touched: Iterable[Use]) -> Iterable[Use]:
    if not application.sources:
        return
    for use in (*touched, *(use for ask in _asked for use in ask(application.sources))):
        if use.institution_code != application.institution_code and not use.by_vendor_of(application):
            yield use


def _touch(one: str, other: str) -> bool:
    a, b = ip_network(one), ip_network(other)
    return a.version == b.version and a.overlaps(b)
