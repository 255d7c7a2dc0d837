"""Filling an empty platform with the demo season, through the same acts people use."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from careward.accounts.models import User
from careward.applications import acts as applying
from careward.applications import proofs
from careward.applications.models import Application
from careward.gateway.keys import host_keys
from careward.journal import Actor
from careward.kernel import clock
from careward.kernel.identifiers import make_national_id
from careward.ops.demo import clock as demo_clock
from careward.ops.demo import desk, participants, people
from careward.ops.demo.names import names
from careward.provisioning import acts as provisioning
from careward.provisioning.models import UploadAccount
from careward.registry.acts import register
from careward.registry.models import Institution
from careward.rulebook import NATIONWIDE, current

INSTITUTIONS = 60
DEMO = Actor.system("demo")
FIRST_CODE = 1_990_000_000
_NEW_ONES = (*range(2, 20), 22, 24, 44, 45)
"""Who applies anew, by number of the institution: every county's turn comes after 22."""
_PARTICIPANTS = (20, 21, 23, *range(25, 44), *range(46, 52))
"""Who took part last season and was invited to continue; the first two, who changed something, aside."""
_WORKING_DAYS_BACK = (3, 4, 5, 6, 7, 10, 11, 12, 13, 14)


@dataclass(frozen=True, slots=True)
class Uploader:
    """An upload account that is ready to be tried: all its connection data, the password too."""

    institution: str
    username: str
    password: str
    lane: str
    command: str


def prepare() -> None:
    """Make staff, institutions and cases, unless there is already somebody."""
    if User.objects.exists():
        return
    host_keys(Path(settings.HOME))
    demo_clock.set_to(demo_clock.BEGINNING)
    with transaction.atomic():
        people.make()
        _make_cases()


def _make_cases() -> None:
    institutions = list(_institutions())
    ready = [_continuing(institution, number) for number, institution in enumerate(institutions[:2])]
    for number in _NEW_ONES:
        _new(institutions[number], number)
    participants.make([(number, institutions[number]) for number in _PARTICIPANTS])
    place = _uploaders_file()
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps([asdict(one) for one in ready], ensure_ascii=False), encoding="utf-8")
    place.chmod(0o600)


def empty() -> None:
    """Throw all rows and files of the demo away; needs the owner role. Keys and the database itself stay."""
    with connection.cursor() as cursor:
        tables = [
            t
            for t in connection.introspection.table_names()
            if t not in ("django_migrations", "django_content_type")
        ]
        quoted = ", ".join(connection.ops.quote_name(table) for table in tables)
        cursor.execute(f"TRUNCATE {quoted} RESTART IDENTITY CASCADE")
    for folder in ("objects", "mail", "staging", "demo"):
        shutil.rmtree(Path(settings.HOME) / folder, ignore_errors=True)


def _institutions() -> Iterator[Institution]:
    """Sixty invented institutions over all counties and types; a county's turn comes every 22."""
    book = current()
    counties = cycle(book.counties.values())
    kinds = cycle(book.institution_types.values())
    owners = cycle(("private", "private", "public_built_private_run", "public"))
    for number, county, kind, owner in zip(range(INSTITUTIONS), counties, kinds, owners, strict=False):
        yield register(
            DEMO,
            code=str(FIRST_CODE + number * 7),
            name=names().institution(number, kind.id),
            type=kind.id,
            county=county.code,
            ownership=owner,
            mailbox=f"office{number:02}@home.example",
        )


def _new(institution: Institution, number: int) -> None:
    """A new applicant: still lacking, waiting for review, signed off, or at one of the desk's own stages."""
    begun = _working_hour(number)
    application = _sent(institution, number, "new", begun)
    if number % 3 == 0:
        return
    application = _completed(application, begun + timedelta(minutes=50))
    if number in desk.STAGES:
        desk.STAGES[number](application, begun + timedelta(hours=1))
    elif number % 3 == 1:
        desk.signed(application, begun + timedelta(hours=2))


def _working_hour(number: int) -> datetime:
    """A moment of one of the ten working days before the demo begins, between nine and four."""
    days_back = _WORKING_DAYS_BACK[number % len(_WORKING_DAYS_BACK)]
    return (
        demo_clock.BEGINNING
        - timedelta(days=days_back)
        + timedelta(hours=number % 6, minutes=number * 7 % 60)
    )


def _continuing(institution: Institution, number: int) -> Uploader:
    """A continuing institution with its account created and its password made."""
    begun = participants.ANSWERED_AT - timedelta(days=4) + timedelta(hours=number)
    begin = participants.begin_change(participants.invited(institution, number), begun)
    application = _completed(
        _sent(institution, number, "continuing", begun, begin), begun + timedelta(hours=1)
    )
    signed = desk.signed(application, begun + timedelta(days=2))
    password = provisioning.new_password()
    with clock.frozen(begun + timedelta(days=4)):
        account = UploadAccount.objects.get(application=signed)
        vendor = User.objects.get(role="vendor")
        account = provisioning.create(
            account,
            Actor("vendor", str(vendor.pk)),
            username=account.proposed_username,
            sources=account.networks,
            allow_loopback=True,
        )
        provisioning.reveal(account, Actor("institution", str(account.pk)), password=password)
    return Uploader(
        institution=institution.name,
        username=account.username,
        password=password,
        lane=names().lanes[account.lane],
        command=f"sftp -P {settings.SFTP_PORT} {account.username}@{settings.SFTP_HOST}",
    )


def _sent(
    institution: Institution, number: int, kind: str, at: datetime, begun: Application | None = None
) -> Application:
    visitor = desk.VISITOR
    answers = {
        "institution_code": institution.code,
        "institution_name": institution.name,
        "institution_type": institution.type,
        "county": institution.county,
        "ownership": institution.ownership,
        "person_name": names().person(number + 3),
        "person_id": make_national_id(number + 500) if kind == "new" else None,
        "contact_name": names().person(number + 41),
        "contact_phone": f"02-2345{number:04}",
        "mailbox": institution.mailbox,
        "mode": "own",
        "sources": ["127.0.0.1/32", "::1/128"],
    }
    with clock.frozen(at):
        begun = begun or applying.start(Application(season=_season(), kind=kind), visitor, arrived_at=at)
        saved = applying.save(begun, visitor, changes=answers, arrived_at=at)
        proofs.take_as_proved(saved, visitor)
        version = current().notice(saved.rules.personal_data_notice.value).notice.version
        return applying.submit(saved, visitor, notice_version=version, arrived_at=at)


def _completed(application: Application, at: datetime) -> Application:
    with clock.frozen(at):
        handed_in = desk.documents_handed_in(application, at)
        return applying.complete(handed_in, desk.VISITOR, arrived_at=at)


def _season() -> str:
    return current().season_at(demo_clock.BEGINNING, county=NATIONWIDE).code


def _uploaders_file() -> Path:
    return Path(settings.HOME) / "demo" / "uploaders.json"


def uploaders() -> list[Uploader]:
    """The accounts that are ready to be tried."""
    place = _uploaders_file()
    if not place.exists():
        return []
    return [Uploader(**entry) for entry in json.loads(place.read_text(encoding="utf-8"))]
