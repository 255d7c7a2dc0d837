"""``/healthz``: 200 while every part is up, else 503, and each part by its name."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateWorker

from careward.intake.jobs import tell_account
from careward.kernel.clock import frozen
from careward.ops import health
from careward.ops.health import Health
from support.applying import DURING, lacking
from support.platform import free_port

pytestmark = pytest.mark.django_db

NAMES = ["database", "worker", "queue", "sftp", "store", "letters", "rulebook"]


@pytest.fixture
def all_well(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Every part is up, but for those named."""

    def set_parts(**looks: Callable[[], Health]) -> None:
        for name in NAMES:
            monkeypatch.setitem(health.PARTS, name, looks.get(name, lambda: Health("ok")))

    set_parts()
    return set_parts


def test_all_well_is_200_and_names_each_part(client: Client, all_well: Callable[..., None]) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert "no-store" in answer.headers["Cache-Control"]
    said = answer.json()
    assert said["status"] == "ok"
    assert list(health.PARTS) == NAMES
    assert said["parts"] == {name: {"state": "ok", "note": ""} for name in ["web", *NAMES]}
    assert client.post("/healthz").status_code == 405


@pytest.mark.parametrize("part", NAMES)
def test_one_part_down_is_503_and_the_others_still_have_their_say(
    client: Client, all_well: Callable[..., None], part: str
) -> None:
    all_well(**{part: lambda: Health("down", "why")})
    answer = client.get("/healthz")
    assert answer.status_code == 503
    said = answer.json()
    assert said["status"] == "down"
    assert {name: state["state"] for name, state in said["parts"].items() if state["state"] != "ok"} == {
        part: "down"
    }
    assert said["parts"][part]["note"] == "why"


@pytest.mark.parametrize("fault", [OperationalError("secret host 10.0.0.1"), ConnectionRefusedError("x")])
def test_a_part_that_cannot_be_looked_at_is_down_and_its_words_stay_inside(
    client: Client, all_well: Callable[..., None], fault: Exception
) -> None:
    def look() -> Health:
        raise fault

    all_well(database=look)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["parts"]["database"] == {"state": "down", "note": type(fault).__name__}


def test_a_warning_is_told_and_still_200(client: Client, all_well: Callable[..., None]) -> None:
    all_well(letters=lambda: Health("warning", "3 wait"))
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["parts"]["letters"] == {"state": "warning", "note": "3 wait"}


def test_without_worker_and_gateway_the_real_looks_say_so(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = SimpleNamespace(SFTP_HOST="127.0.0.1", SFTP_PORT=free_port(), HOME="/tmp")
    monkeypatch.setattr(health, "settings", place)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    states = {name: part["state"] for name, part in answer.json()["parts"].items()}
    assert states == {
        "web": "ok", "database": "ok", "worker": "down", "queue": "ok", "sftp": "down", "store": "ok",
        "letters": "ok", "rulebook": "ok",
    }  # fmt: skip
    assert answer.json()["parts"]["rulebook"]["note"] == "115"


@pytest.mark.parametrize(("ago", "state"), [(0, "ok"), (10, "ok"), (60, "down")])
def test_a_worker_counts_while_its_heart_beats(ago: int, state: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s)",
            [timezone.now() - timedelta(seconds=ago)],
        )
    assert ProcrastinateWorker.objects.count() == 1
    assert health._worker().state == state


@pytest.mark.parametrize(
    ("due", "state", "touched", "late"),
    [(None, "todo", 11, True), (None, "todo", 9, False), (None, "doing", 11, True), (None, "doing", 9, False),
     (None, "failed", 11, False), (-11, "todo", 60, True), (-9, "todo", 60, False), (5, "todo", 60, False),
     (-60, "todo", 1, False)],
)  # fmt: skip
def test_a_job_that_might_be_done_and_nobody_touched_for_ten_minutes_is_a_warning(
    due: int | None, state: str, touched: int, late: bool
) -> None:
    now = timezone.now()
    at = None if due is None else now + timedelta(minutes=due)
    tell_account.configure(schedule_at=at).defer(account_id="x")
    tell_account.configure(schedule_at=now + timedelta(hours=1)).defer(account_id="later")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = %s WHERE args->>'account_id' = 'x'", [state])
        cursor.execute("UPDATE procrastinate_events SET at = %s", [now - timedelta(minutes=touched)])
    told = Health("warning", "1 jobs wait for more than ten minutes") if late else Health("ok")
    assert health._queue() == told


@pytest.mark.parametrize(("beat", "late"), [(0, 0), (9, 0), (11, 1), (None, 1)])
def test_a_job_left_by_a_dead_worker_and_not_taken_up_is_a_warning_and_who_waits_for_its_lock_is_not(
    beat: int | None, late: int
) -> None:
    now = timezone.now()
    for _ in range(3):
        tell_account.configure(lock="one").defer(account_id="x")
    with connection.cursor() as cursor:
        if beat is not None:
            heard = now - timedelta(minutes=beat)
            cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s)", [heard])
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM procrastinate_workers)"
            " WHERE id = (SELECT min(id) FROM procrastinate_jobs)"
        )
        cursor.execute("UPDATE procrastinate_events SET at = %s", [now - timedelta(hours=1)])
    told = Health("warning", "1 jobs wait for more than ten minutes") if late else Health("ok")
    assert health._queue() == told


def test_a_full_disk_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    assert health._store().state == "ok"
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 10**18)
    assert health._store().state == "down"


def test_letters_that_wait_too_long_are_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    with frozen(DURING):
        lacking()
    assert health._letters() == Health("ok")
    monkeypatch.setattr(health, "LETTERS_LATE_AFTER", timedelta(seconds=-60))
    assert health._letters() == Health("warning", "1 wait for more than ten minutes")
