"""Many cases at once, made as rows: invented, each whole."""

import itertools
from datetime import datetime, timedelta
from typing import Any

from careward.accounts.models import User
from careward.applications.models import Application
from careward.journal import Actor, acting
from careward.kernel.clock import taipei
from careward.kernel.identifiers import make_national_id
from careward.review.models import SignOff, Supplement, SupplementItem
from support.applying import ANSWERS
from support.signing_in import person

SENT = taipei(2025, 12, 1, 9)
_NUMBER = itertools.count(1)


def cases(count: int, state: str = "submitted", sent: datetime = SENT, **changes: Any) -> list[Application]:
    """``count`` cases in one state, sent one minute after the other and complete an hour later."""
    made = []
    for n in range(count):
        at = sent + timedelta(minutes=n % 600)
        number = next(_NUMBER)
        answers = {**ANSWERS, "institution_code": f"{1_200_000_000 + number}", **changes}
        complete = None if state == "lacking" else at + timedelta(hours=1)
        made.append(
            Application(
                state=state, season="115", kind="new", reference=f"T-{number:07d}", notice_version="1",
                declared_at=at, submitted_at=at, completed_at=complete,
                **{"person_id": make_national_id(4), **answers},
            )
        )  # fmt: skip
    with acting(Actor.system("test"), "prepare"):
        return Application.objects.bulk_create(made)


def officer() -> User:
    """Somebody who signs."""
    found: User | None = User.objects.filter(email="signer@example.org").first()
    return found or person("officer", "signer@example.org", county="10007", unit="health")


def signed(application: Application, after: timedelta) -> SignOff:
    """A signature under a case, so long after its documents were complete."""
    assert application.completed_at
    with acting(Actor.system("test"), "prepare"):
        return SignOff.objects.create(
            application=application, officer=officer(), signed_at=application.completed_at + after, ticked=["licensed"],
            signed_data="x", signed_documents={},
        )  # fmt: skip


def supplemented(
    application: Application, *items: str, number: int = 1, took: timedelta | None = None
) -> Supplement:
    """A round of 補件 about some checklist items; closed after ``took``."""
    at = SENT + timedelta(days=8)
    closed = at + took if took else None
    with acting(Actor.system("test"), "prepare"):
        made = Supplement.objects.create(
            application=application, number=number, asked_by=officer(), asked_at=at, due_at=at + timedelta(days=2),
            before="{}", closed_at=closed,
        )  # fmt: skip
        for place, item in enumerate(items):
            SupplementItem.objects.create(
                supplement=made, place=place, item=item, reason="x", parts=["documents"]
            )
    return made
