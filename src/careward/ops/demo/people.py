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
from careward.accounts.models import User
from careward.journal import Actor, acting
from careward.ops.demo.names import names
from careward.rulebook import current

PASSWORD = "yan-lian-ji-115-paper-boat"  # noqa: S105 - the demo's, shown on its page  # nosec B105
STAFF = ("ministry", "vendor", "auditor", "administrator")


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
            for unit in sorted({kind.local_unit for kind in book.institution_types.values()}):
                _person(number, f"{unit}.{county.code}@county.example", "officer", hashed, county.code, unit)
                number += 1
        for role in STAFF:
            _person(number, f"{role}@ministry.example", role, hashed)
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
        key=lambda user: (user.role == "officer", order.get(user.county, 0), user.unit, user.email),
    )
    now = datetime.now(UTC)
    return [
        Person(_title(u), u.email, PASSWORD, second_factor.current_code(_secret(u.email), now))
        for u in staff[:most]
    ]


def _title(user: User) -> str:
    title = names().titles[user.role]
    if user.role != "officer":
        return title
    book = current()
    unit = next(
        book.local_unit(kind.id).label
        for kind in book.institution_types.values()
        if kind.local_unit == user.unit
    )
    return title.format(county=book.county(user.county).name, unit=unit)
