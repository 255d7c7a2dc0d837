"""Every letter that carries a mailed link: which they are, read from the house itself, and one of each, really mailed.

A letter that carries a link and that no story here sends fails the mail scanner's test.
"""

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection

import careward
from careward.applications import acts, resending
from careward.applications.jobs import look_at_others
from careward.applications.models import Application
from careward.changes import acts as changes
from careward.changes import jobs as change_jobs
from careward.continuing import acts as continuing
from careward.continuing import jobs as continuing_jobs
from careward.correspondence import composing, jobs
from careward.correspondence.models import Letter
from careward.excerpts import acts as excerpts
from careward.journal import Actor, acting
from careward.kernel.clock import frozen, now, taipei
from careward.mailroom.previews import previews
from careward.review.supplementing import Wanted
from careward.seasons import acts as moments
from careward.seasons.jobs import announce
from careward.seasons.models import MomentMove
from careward.vendors import acts as vendors
from provisioning.making import created
from review import deciding
from support import changing, delivering
from support.applying import APPLICANT, CLOSES, DURING, draft, lacking, submitted
from support.continuing import agreed, holder, invited
from support.signing_in import person
from support.vendors import VENDOR, listed

ADDRESS = re.compile(r"https?://[^/\s]+(/[^\s。，、）]+)")
TOKEN = "/l/"
WEEK_BEFORE = CLOSES - timedelta(days=7)


def letters_with_a_link() -> frozenset[str]:
    """Ids of the letters whose text names a value that some class of letters fills with a mailed link."""
    names = _names_of_links()
    named = re.compile(rf"{{{{\s*(?:{'|'.join(sorted(names))})\b")
    return frozenset(
        letter_id
        for letter_id in composing.letter_ids()
        if named.search((composing.folder_of(letter_id) / f"{letter_id}.txt").read_text(encoding="utf-8"))
    )


def _names_of_links() -> set[str]:
    """The keys under which ``placeholder(…)`` is given to letters; one that is given otherwise is refused here."""
    names: set[str] = set()
    for file in Path(careward.__file__).parent.rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        calls = [node for node in ast.walk(tree) if _is_placeholder(node)]
        pairs = [
            (key, value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Dict)
            for key, value in zip(node.keys, node.values, strict=True)
            if _is_placeholder(value)
        ]
        assert len(calls) == len(pairs), f"{file} puts a link into a letter in another way"
        names |= {str(key.value) for key, _ in pairs if isinstance(key, ast.Constant)}
    return names


def _is_placeholder(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "placeholder"


@dataclass(frozen=True, slots=True)
class Mailed:
    """An address as it stood in a mail, of which kind of letter, and when it left."""

    kind: str
    address: str
    at: datetime


def everything_mailed(outbox: list[Any]) -> list[Mailed]:
    """Play every story and send what it wrote; each link once for each kind of letter it stood in."""
    found: dict[tuple[str, str], Mailed] = {}
    for at, story in _STORIES:
        with frozen(at):
            story()
            for letter in Letter.objects.still_to_send():
                jobs.send(letter_id=str(letter.pk))
        while outbox:
            mail = outbox.pop(0)
            for address in ADDRESS.findall(mail.body):
                if address.startswith(TOKEN):
                    one = Mailed(mail.extra_headers["X-Careward-Kind"], address, at)
                    found.setdefault((one.kind, one.address), one)
    return list(found.values())


def one_of_each(mailed: list[Mailed]) -> list[Mailed]:
    """The newest link of every kind of letter, each link once."""
    newest = {one.kind: one for one in mailed}
    return list({one.address: one for one in newest.values()}.values())


def rows() -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but the sessions of browsers and the counters of attempts."""
    tables = sorted(
        model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed
    )
    kept: dict[str, list[tuple[object, ...]]] = {}
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        for table in tables:
            if table in existing and table not in ("django_session", "accounts_attempts"):
                cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')
                kept[table] = cursor.fetchall()
    return kept


def other_pages() -> frozenset[str]:
    """Addresses without a token that letters name, as their previews show them."""
    bodies = [one.body for one in previews()]
    return frozenset(at for body in bodies for at in ADDRESS.findall(body) if not at.startswith(TOKEN))


def _sent() -> None:
    """Sent and lacking, completed, corrected, withdrawn, restored; sent whole; told to the desk."""
    deciding.officer()
    submitted(institution_code="A1", mailbox="a1@example.org")
    acts.correct(
        lacking(institution_code="A2", mailbox="a2@example.org"),
        APPLICANT, changes={"contact_phone": "02-23456789"}, arrived_at=DURING,
    )  # fmt: skip
    withdrawn = acts.withdraw(
        lacking(institution_code="A3", mailbox="a3@example.org"), APPLICANT, arrived_at=DURING
    )
    acts.restore(withdrawn, APPLICANT, arrived_at=DURING)
    acts.submit(_with_paper(draft(institution_code="A4")), APPLICANT, notice_version="1", arrived_at=DURING)


def _with_paper(application: Application) -> Application:
    with acting(APPLICANT, "prepare"):
        application.documents.create(
            kind="institution_commitment", version=1, key="test/one", name="a.pdf",
            media_type="application/pdf", size=1, sha256="0" * 64, pages=1,
        )  # fmt: skip
    return application


def _asked_again() -> None:
    """The link once more, for a case and for a draft; a second application; a sign-off given up."""
    lacking(institution_code="B1", mailbox="b1@example.org")
    with frozen(now() + timedelta(minutes=1)):
        resending.resend("B1", "b1@example.org", now())
    resending.send_draft_link(draft(institution_code="B2"), APPLICANT)
    submitted(institution_code="B3", mailbox="b3@example.org")
    second = submitted(institution_code="B3", mailbox="second@example.org")
    look_at_others(str(second.pk), [], "")
    signed = deciding.sign(submitted(institution_code="B4", mailbox="b4@example.org"))
    acts.reopen(signed, APPLICANT, arrived_at=DURING)


def _continuing() -> None:
    """Invited, agreed, taken back."""
    invited("C1", "c1@example.org")
    agreed(invited("C2", "c2@example.org"))
    taken = agreed(invited("C3", "c3@example.org"))
    continuing.take_back(taken, holder(taken))


def _vendors() -> None:
    """Entered, listed, changed."""
    vendors.change(listed(), VENDOR, changes={"phone": "02-27005678"})


def _reminded() -> None:
    """A week before the window closes."""
    continuing_jobs.keep_up()


def _moved() -> None:
    """The last day is moved: told to who has sent, who has begun, who has not answered."""
    draft(institution_code="D1", mailbox="d1@example.org", at=DURING)
    move = MomentMove(
        season="115", code="institution_window_closes", county="10007",
        at=CLOSES + timedelta(days=1), reason="颱風停止上班",
    )  # fmt: skip
    moments.move(move, Actor("ministry", "test"))
    announce(str(MomentMove.objects.get().pk), ended=False)


def _supplement() -> None:
    """Asked for, answered."""
    deciding.supplement(submitted(institution_code="E1", mailbox="e1@example.org"))
    asked = deciding.supplement(
        submitted(institution_code="E2", mailbox="e2@example.org"),
        Wanted("form_complete", "contact_unreachable"),
    )
    acts.mend(asked, APPLICANT, changes={"contact_phone": "04-7654321"}, arrived_at=now())
    deciding.answered(asked)


def _account() -> None:
    """The way to the account's password."""
    created(institution_code="F1", mailbox="f1@example.org")


def _changes() -> None:
    """The link to changes, a change received, one given back."""
    delivering.account(code="G1")
    change_jobs.send_link(code="G1", asked_at=now().isoformat())
    changing.requested(delivering.account(code="G2"))
    changes.give_back(
        changing.requested(delivering.account(code="G3")), changing.OFFICER, reason="請縮小範圍"
    )


def _shared() -> None:
    """One check of a receipt, shared with a system vendor."""
    faulty = delivering.checked(delivering.account(), delivering.staff_csv(1, role="XXX"))
    who = person("institution", "sharer@example.org", institution_code=delivering.CODE)
    excerpts.share(
        faulty, "staff.role.code_list", mailbox="it@vendor.example", user=who, by=Actor.system("test")
    )


_STORIES: tuple[tuple[datetime, Callable[[], None]], ...] = (
    (DURING, _sent),
    (DURING, _asked_again),
    (DURING, _continuing),
    (DURING, _vendors),
    (WEEK_BEFORE, _reminded),
    (taipei(2025, 12, 8, 9), _moved),
    (deciding.REVIEW, _supplement),
    (taipei(2025, 12, 15, 10), _account),
    (changing.ASKED, _changes),
    (delivering.OPEN, _shared),
)
