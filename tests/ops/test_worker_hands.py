"""Jobs are done by one process per core; the further ones live and end with the first."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from careward.ops import hands
from support.waiting import until


def test_there_is_one_process_per_core_unless_the_environment_says_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)))
    assert hands.processes({}) == 4
    assert hands.processes({hands.VARIABLE: "1"}) == 1
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(96)))
    assert hands.processes({}) == hands.MOST


@pytest.mark.parametrize("said", ["0", "17", "two", "-1", "1.5"])
def test_a_number_of_processes_that_is_none_is_refused(said: str) -> None:
    with pytest.raises(hands.NotANumber, match=hands.VARIABLE):
        hands.processes({hands.VARIABLE: said})


KEEPER = """
import asyncio, sys
from careward.ops import hands
sys.executable = sys.argv[1]
hands._AGAIN_AFTER_SECONDS = 0.05
asyncio.run(hands.keep(2))
"""
HAND = """#!{python}
import pathlib, sys, time
from careward.ops import hands
pathlib.Path(__file__ + "." + str(__import__("os").getpid())).touch()
hands.end_with_parent()
time.sleep(60)
"""


def _is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _hands(place: Path) -> list[int]:
    begun = (int(path.suffix[1:]) for path in place.parent.glob("hand.*"))
    return [pid for pid in begun if _is_there(pid)]


@pytest.mark.parametrize("end", ["kill", "terminate"])
def test_a_hand_that_falls_is_started_again_and_all_end_with_the_first(tmp_path: Path, end: str) -> None:
    place = tmp_path / "hand"
    place.write_text(HAND.format(python=sys.executable))
    place.chmod(0o755)
    first = subprocess.Popen([sys.executable, "-c", KEEPER, str(place)], stderr=subprocess.DEVNULL)
    try:
        before = until(lambda: len(_hands(place)) == 2 and _hands(place), 20, "two hands")
        os.kill(before[0], 9)
        until(lambda: {before[1]} < set(_hands(place)) - {before[0]}, 20, "another hand")
    finally:
        getattr(first, end)()
        first.wait(20)
    until(lambda: not _hands(place), 20, "no hand left")


def test_a_hand_that_cannot_be_started_at_first_is_started_later(tmp_path: Path) -> None:
    place, log = tmp_path / "hand", tmp_path / "log"
    with log.open("w") as said:
        first = subprocess.Popen([sys.executable, "-c", KEEPER, str(place)], stderr=said)
    try:
        until(lambda: "could not be started" in log.read_text(), 20, "the log")
        made = tmp_path / "made"
        made.write_text(HAND.format(python=sys.executable))
        made.chmod(0o755)
        made.rename(place)
        until(lambda: len(_hands(place)) == 2, 20, "two hands")
    finally:
        first.kill()
        first.wait(20)
    until(lambda: not _hands(place), 20, "no hand left")
