"""Upload accounts in use, files of invented rows, and deliveries in every state, made by the real acts."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import asyncssh

from careward.applications.models import Application
from careward.checking import sample_forms, samples
from careward.intake import acts, publishing, telling
from careward.intake.jobs import check_waiting
from careward.intake.models import Delivery
from careward.intake.questions import Sender
from careward.intake.receipts import receipt_file
from careward.journal import Actor, acting
from careward.kernel.clock import taipei
from careward.kernel.identifiers import make_national_id
from careward.kernel.roc import RocMonth
from careward.provisioning import system_acts
from careward.provisioning.models import SystemAccount, UploadAccount
from careward.registry.models import Institution
from careward.store.objects import Arriving
from careward.vendors.keys import public_line

OPEN = taipei(2026, 2, 5, 10)
"""A moment at which uploads of the demo season are open, test and live."""

MADE = taipei(2025, 12, 19, 10)
"""When the vendor made the accounts: before the uploads open."""

CODE = "1131000009"
MONTH = RocMonth.parse("11501")
_NUMBER = {"next": 1}
_AT_ONCE: Final = 500
_PLACE: Final = {
    "name": "範例護理之家",
    "type": "general_nursing",
    "county": "10007",
    "ownership": "private",
}


def institution(code: str = CODE) -> Institution:
    """An invented institution of this code, made once."""
    with acting(Actor.system("test"), "prepare"):
        found, _ = Institution.objects.get_or_create(code=code, defaults=_PLACE)
    return found


def account(lane: str = "live", code: str = CODE, **changes: Any) -> UploadAccount:
    """An account that may upload, with its institution and its application, all invented."""
    with acting(Actor.system("test"), "prepare"):
        application = _application(lane, institution(code))
        application.save(force_insert=True)
        made = _account(application, institution(code), **changes)
        made.save(force_insert=True)
    return made


def system(name: str = "cw-system", *, key: bool = True) -> SystemAccount:
    """The nursing homes' system, opened by the vendor; with a key unless it shall have none yet."""
    vendor = Actor("vendor", "test")
    fresh = SystemAccount(mode="nursing_home_system", username=name, networks=["168.95.1.1/32"])
    opened = system_acts.open_account(fresh, vendor)
    if key:
        line = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
        system_acts.register_system_key(opened, vendor, line=public_line(line))
    return opened


def accounts(codes: Iterable[str], **changes: Any) -> list[UploadAccount]:
    """Many accounts as :func:`account` makes one, of institutions that are not there yet, named after their codes."""
    with acting(Actor.system("test"), "prepare"):
        there = Institution.objects.bulk_create(
            (Institution(code=code, **_PLACE) for code in codes), _AT_ONCE
        )
        applications = Application.objects.bulk_create([_application("live", one) for one in there], _AT_ONCE)
        return UploadAccount.objects.bulk_create(
            [
                _account(application, one, username=f"cw115-{one.code}", **changes)
                for application, one in zip(applications, there, strict=True)
            ],
            _AT_ONCE,
        )


def _application(lane: str, there: Institution) -> Application:
    _NUMBER["next"] += 1
    return Application(
        state="signed_off",
        season="115",
        kind="continuing" if lane == "live" else "new",
        mode="own",
        reference=f"T-{_NUMBER['next']:06d}",
        institution_code=there.code,
        institution_name=there.name,
        institution_type="general_nursing",
        county="10007",
        ownership="private",
        person_name="林小明",
        person_id=make_national_id(4),
        contact_name="陳美玉",
        contact_phone="04-7123456#12",
        mailbox="office@example.org",
        sources=["168.95.1.1/32"],
        notice_version="1",
        started_at=OPEN,
        declared_at=OPEN,
        submitted_at=OPEN,
        completed_at=OPEN,
    )


def _account(application: Application, there: Institution, **changes: Any) -> UploadAccount:
    return UploadAccount(
        **{
            "state": "notified",
            "application": application,
            "institution": there,
            "season": "115",
            "lane": "live" if application.kind == "continuing" else "test",
            "username": f"cw115-{_NUMBER['next']}",
            "networks": ["168.95.1.1/32"],
            "requested_at": MADE,
            "created_at": MADE,
            **changes,
        }
    )


def by(of: UploadAccount) -> Actor:
    """The account as the gateway names it."""
    return Actor("institution", str(of.pk))


def staff_csv(
    n: int = 3, *, code: str = CODE, month: RocMonth = MONTH, seed: int = 1, **changes: str
) -> bytes:
    """A clean ``staff`` file; ``changes`` are written into every row, good or bad."""
    spec = publishing.specification_in_force()
    rows = samples.good_rows(spec, spec.dataset("staff"), institution_code=code, period=month, n=n, seed=seed)
    return sample_forms.as_csv(spec.dataset("staff"), [{**row, **changes} for row in rows])


def staff_rows(n: int = 3, *, seed: int = 1) -> tuple[Mapping[str, str], ...]:
    """The rows of :func:`staff_csv`."""
    spec = publishing.specification_in_force()
    return samples.good_rows(spec, spec.dataset("staff"), institution_code=CODE, period=MONTH, n=n, seed=seed)


def arrived(content: bytes) -> Arriving:
    """A file whose bytes have all come, as the gateway gives it."""
    arriving = acts.begin_arrival()
    arriving.write(content)
    return arriving


def delivered(
    of: UploadAccount,
    content: bytes | None = None,
    name: str = "staff-11501.csv",
    *,
    perhaps_cut: bool = False,
) -> Delivery:
    """已收到: received, its check queued; or 可能未傳完: held. Without ``content`` a file unlike any before."""
    _NUMBER["next"] += 1
    content = staff_csv(seed=_NUMBER["next"]) if content is None else content
    return acts.deliver(
        of.pk, by(of), lane=of.lane, arrived=arrived(content), name=name, perhaps_cut=perhaps_cut
    )


def checked(of: UploadAccount, content: bytes | None = None, name: str = "staff-11501.csv") -> Delivery:
    """已收下 or 未通過: received and checked, as the worker does it."""
    delivery = delivered(of, content, name)
    work(delivery)
    delivery.refresh_from_db()
    return delivery


def told(delivery: Delivery) -> Delivery:
    """Told by letter, with whatever else its account was not told yet, as the worker does it a little later."""
    telling.tell(str(delivery.account_id))
    return delivery


def work(delivery: Delivery, *, again: bool = False) -> None:
    """One run of the worker's job; ``again``: of one that failed before, or died with its worker."""
    check_waiting(str(delivery.pk), again=again)


def receipt_bytes(of: Sender, lane: str, name: str) -> bytes | None:
    """One receipt as the gateway gives it; None when there is none of that name."""
    file = receipt_file(of, lane, name)
    if file is None:
        return None
    with file:
        return file.read()
