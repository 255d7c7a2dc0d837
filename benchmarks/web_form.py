"""The application form under 50 clients, beside a bare Django view on the same server and database."""

import itertools
import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.codes import mailed_code, read_codes_of
from benchmarks.figures import Figure
from benchmarks.load import Client, Failed, Tally, load
from careward.kernel.identifiers import make_national_id
from careward.ops import serving
from careward.ops.runner import is_healthy
from support.platform import Platform, free_port, running
from support.waiting import until

CLIENTS: Final = 50
SECONDS: Final = 6.0
ROUNDS: Final = 3
PROJECT: Final = Path(__file__).parents[1]
_TOKEN: Final = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')
_numbers = itertools.count(1)


def run() -> Iterator[Figure]:
    """Requests a second of whole applications, and of the first page alone, beside the bare view's."""
    with running() as platform, bare_view(platform) as bare:
        read_codes_of(platform)
        ours = int(platform.web.rsplit(":", 1)[1])
        sides = [(bare, look), (ours, first_page), (ours, whole_application)]
        for port, side in sides:
            load(port, side, clients=CLIENTS, seconds=1)
        rates: list[list[float]] = [[], [], []]
        forms: list[Tally] = []
        for _ in range(ROUNDS):
            for taken, (port, side) in zip(rates, sides, strict=True):
                rate, tally = load(port, side, clients=CLIENTS, seconds=SECONDS)
                taken.append(rate)
            forms.append(tally)
    yield from _figures([median(taken) for taken in rates], forms)


def _figures(rates: list[float], forms: list[Tally]) -> Iterator[Figure]:
    bare, page, form = rates
    failures = Counter(failure for tally in forms for failure in tally.failures)
    p99 = max(tally.p99() for tally in forms)
    print(
        f"{CLIENTS} clients, medians of {ROUNDS}: bare view {bare:.0f} requests/s, first page {page:.0f},"
        f" whole applications {form:.0f}; {sum(tally.finished for tally in forms)} applications sent"
    )
    for failure, times in failures.most_common(5):
        print(f"failed {times} ×: {failure}")
    yield Figure("web-form", form / bare, ">=", 0.5)
    yield Figure("web-form-page", page / bare, ">=", 0.5)
    yield Figure("web-form-failed", failures.total(), "=", 0)
    yield Figure("web-form-p99-seconds", p99, "<", 1)


@contextmanager
def bare_view(platform: Platform) -> Iterator[int]:
    """The bare site under granian as the platform runs its own; gives its port."""
    port = free_port()
    environment = {**platform.environment(), "DJANGO_SETTINGS_MODULE": "benchmarks.bare.settings"}
    command = serving.command("127.0.0.1", port, "benchmarks.bare.app:application")
    process = subprocess.Popen(command, cwd=PROJECT, env={**os.environ, **environment})
    try:
        until(lambda: is_healthy(f"http://127.0.0.1:{port}/"), 30, "the bare view answers")
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


async def look(client: Client) -> None:
    """One request of the bare view."""
    await client.get("/")


async def first_page(client: Client) -> None:
    """One request of the form's first page."""
    await client.get("/apply/institution/")


async def whole_application(client: Client) -> None:
    """A visitor fills every page, checks the answers and sends: seven pages, seven submissions."""
    client.cookies.clear()
    number = next(_numbers)
    mailbox = f"load{number}@home.example"
    for section, answers in _answers(number, mailbox).items():
        if section == "mode":
            await _fill(client, "/apply/mailbox/", {"code": await mailed_code(mailbox)})
        await _fill(client, f"/apply/{section}/", answers)
    location = await _fill(client, "/apply/check/", {"notice_read": "on", "declared": "on"})
    if location != "/apply/receipt/":
        raise Failed(f"sent, but led to {location}")


async def _fill(client: Client, path: str, answers: dict[str, str]) -> str:
    page = await client.get(path)
    token = _TOKEN.search(page.body)
    if token is None:
        raise Failed(f"{path}: no form")
    answer = await client.post(path, {**answers, "csrfmiddlewaretoken": token[1].decode()})
    return answer.location


def _answers(number: int, mailbox: str) -> dict[str, dict[str, str]]:
    return {
        "institution": {
            "institution_type": "general_nursing",
            "institution_code": f"{1_200_000_000 + number}",
            "institution_name": f"Load {number}",
            "county": "10007",
            "ownership": "private",
        },
        "person": {"person_name": "Load", "person_id": make_national_id(number)},
        "contact": {
            "contact_name": "Load",
            "contact_phone": "04-7123456",
            "mailbox": mailbox,
        },
        "mode": {"mode": "own"},
        "sources": {"sources": "168.95.1.1"},
    }
