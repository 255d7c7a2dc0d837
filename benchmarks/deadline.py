"""The last minute before the window closes: 200 institutions send with their documents, on a real platform.

None that was shown its receipt page may be missing or there twice afterwards; requests of the minute must be answered
within two seconds, 99 of 100.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.codes import read_codes_of
from benchmarks.figures import Figure
from careward.kernel.clock import taipei
from careward.kernel.identifiers import make_national_id
from support.platform import Platform, running

INSTITUTIONS: Final = 200
LAST_MINUTE: Final = taipei(2025, 12, 8, 16, 58, 10)
BEGINS_IN: Final = 20.0
"""Seconds in which all drafts are opened before anybody sends."""


def run() -> Iterator[Figure]:
    """Prepare 200 drafts with proved mailboxes, let them all be sent, and count what is there afterwards."""
    with running() as platform, tempfile.TemporaryDirectory(prefix="careward-deadline-") as folder:
        read_codes_of(platform)
        platform.set_clock(taipei(2025, 12, 8, 16, 30))
        place = Path(folder)
        _plan(place, [_draft(number) for number in range(INSTITUTIONS)])
        platform.set_clock(LAST_MINUTE)
        _users(platform, place)
        shown = [
            json.loads(line) for line in (place / "shown.jsonl").read_text(encoding="utf-8").splitlines()
        ]
        yield from _figures(shown, _slowest(place))


def _draft(number: int) -> dict[str, str]:
    from careward.accounts.models import MailedLink
    from careward.applications import acts, proofs, resending
    from careward.applications.models import Application
    from careward.correspondence import links
    from careward.journal import Actor

    by, mailbox = Actor("applicant", "load"), f"last{number}@home.example"
    fresh = Application(
        season="115", kind="new", institution_code=f"{1_300_000_000 + number}", institution_name=f"Load {number}",
        institution_type="general_nursing", county="10007", ownership="private", person_name="Load",
        person_id=make_national_id(number), contact_name="Load", contact_phone="04-7123456", mailbox=mailbox,
        mode="own", sources=[f"168.95.{number}.1/32"],
    )  # fmt: skip
    draft = acts.start(fresh, by, arrived_at=LAST_MINUTE)
    proofs.take_as_proved(draft, by)
    resending.send_draft_link(draft, by)
    link = MailedLink.objects.not_revoked().get(purpose="draft", subject_id=str(draft.pk))
    path = "/" + links.address(link.seed).split("/", 3)[3]
    return {"mailbox": mailbox, "code": draft.institution_code, "draft": path}


def _plan(place: Path, applicants: list[dict[str, str]]) -> None:
    from support.applying import pdf_scan

    plan = {"applicants": applicants, "begins_in": BEGINS_IN}
    (place / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    (place / "scan.pdf").write_bytes(pdf_scan())
    (place / "shown.jsonl").touch()


def _users(platform: Platform, place: Path) -> None:
    environment = {
        **os.environ,
        "DEADLINE_PLAN": str(place / "plan.json"),
        "DEADLINE_SHOWN": str(place / "shown.jsonl"),
        "DEADLINE_MAIL": str(platform.home / "mail"),
        "DEADLINE_SCAN": str(place / "scan.pdf"),
    }
    words = ["-f", str(Path(__file__).with_name("deadline_users.py")), "--headless", "--host", platform.web]
    words += [
        "-u",
        str(INSTITUTIONS),
        "-r",
        "20",
        "-t",
        "150s",
        "--csv",
        str(place / "locust"),
        "--only-summary",
    ]
    command = [sys.executable, "-m", "locust", *words, "--stop-timeout", "30", "--exit-code-on-error", "0"]
    subprocess.run(command, env=environment, check=True, timeout=400)


def _slowest(place: Path) -> tuple[float, int]:
    """Seconds within which 99 of 100 requests were answered, the worst of the minute's pages; failures."""
    with (place / "locust_stats.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["Name"] != "Aggregated"]
    measured = [row for row in rows if "prepare" not in row["Name"]]
    worst = max(float(row["99%"]) for row in measured) / 1000
    return worst, sum(int(row["Failure Count"]) for row in measured)


def _figures(shown: list[dict[str, Any]], load: tuple[float, int]) -> Iterator[Figure]:
    from careward.applications.models import Application
    from careward.correspondence.models import Letter

    worst, failures = load
    receipts = [one for one in shown if one["reference"]]
    sent = Application.objects.sent().filter(mailbox__startswith="last", season="115")
    by_mailbox = Counter(sent.values_list("mailbox", flat=True))
    wrong = [
        one
        for one in receipts
        if not sent.filter(mailbox=one["mailbox"], reference=one["reference"]).exists()
        or by_mailbox[one["mailbox"]] != 1
    ]
    whole = sent.filter(state="submitted", mailbox__in=[one["mailbox"] for one in shown if one["completed"]])
    told = sum(one["completed"] for one in shown)
    letters = Letter.objects.filter(kind="application_received_lacking", about__contains="application:")
    print(
        f"{len(receipts)} of {INSTITUTIONS} were shown a receipt, {told} completed with their document; {sent.count()}"
        f" applications and {letters.filter(to__0__startswith='last').count()} letters are there; {failures} failed"
    )
    yield Figure("deadline-missing-or-double", len(wrong), "=", 0)
    yield Figure("deadline-completed-missing", told - whole.count(), "=", 0)
    yield Figure("deadline-receipts", len(receipts), ">=", INSTITUTIONS)
    yield Figure("deadline-p99-seconds", worst, "<", 2)
