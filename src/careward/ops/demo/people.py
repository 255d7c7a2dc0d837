"""Staff of every role, with sign-in shown on the page: only ever in demo mode."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from careward.accounts import second_factor
from careward.accounts.models import COUNTY, User
from careward.journal import Actor, acting
from careward.ops.demo.names import names
from careward.rulebook import current

PASSWORD = "yan-lian-ji-115-paper-boat"  # noqa: S105 - the demo's, shown on its page  # nosec B105
STAFF = ("vendor", "auditor", "administrator")


@dataclass(frozen=True, slots=True)
class Person:
    """How to sign in as somebody: ``code`` is the second factor's of this half minute."""

    title: str
    email: str
    password: str
    code: str


def _secret(email: str) -> str:
    """Each person's own, the same at every start of the same demo."""
    drawn = hmac.new(settings.SECRET_KEY.encode(), f"demo:{email}".encode(), hashlib.sha256).digest()
    return base64.b32encode(drawn[:20]).decode()


def make() -> None:
    """Make everybody; run once, on an empty database."""
    book = current()
    hashed = make_password(PASSWORD)
    with transaction.atomic(), acting(Actor.system("demo"), "people.make"):
        number = 0
        for county in book.counties.values():
            for unit in book.types.local_units:
                _person(number, f"{unit}.{county.code}@county.example", "officer", hashed, county.code, unit)
                number += 1
        for unit in book.types.central_units:
            _person(number, f"{unit}@ministry.example", "ministry", hashed, unit=unit)
            number += 1
        for role in STAFF:
            _person(number, f"{role}@ministry.example", role, hashed)
            number += 1
        for county in book.counties.values():
            for unit in book.types.local_units:
                email = f"{unit}.supervisor.{county.code}@county.example"
                _person(number, email, "supervisor", hashed, county.code, unit)
                number += 1


def _person(number: int, email: str, role: str, hashed: str, county: str = "", unit: str = "") -> None:
    user = User.objects.create(
        email=email, password=hashed, name=names().person(number), role=role, county=county, unit=unit
    )
    second_factor.enrol(user, _secret(email))


def everybody(most: int | None = None) -> list[Person]:
    """All staff: the vendor and the ministry first, then the counties in their order; ``most`` cuts the list."""
    order = {county: place for place, county in enumerate(current().counties)}
    staff = sorted(
        User.objects.exclude(role="institution"),
        key=lambda user: (user.role in COUNTY, order.get(user.county, 0), user.unit, user.email),
    )
    now = datetime.now(UTC)
    return [
        Person(_title(u), u.email, PASSWORD, second_factor.current_code(_secret(u.email), now))
        for u in staff[:most]
    ]


def _title(user: User) -> str:
    book = current()
    units = {**book.types.local_units, **book.types.central_units}
    county = book.county(user.county).name if user.county else ""
    unit = units[user.unit].label if user.unit else ""
    return names().titles[user.role].format(county=county, unit=unit)
