"""Limits that hold per host: places shared by processes, given back by the kernel whatever happens to one."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from careward.gateway.doors import ALL, STRANGERS, Doors, of_source
from careward.gateway.register import Register
from careward.gateway.visit import Visit
from gateway.running import policy
from support.waiting import until

_TAKE_AND_WAIT = """
import sys
from pathlib import Path
from careward.gateway.doors import ALL, Doors
doors = Doors(Path(sys.argv[1]))
print([doors.take(ALL, 3) for _ in range(3)], flush=True)
sys.stdin.read()
"""


@dataclass(eq=False)
class Visitor:
    source: str
    visit: Visit | None = None

    def end(self, reason: str) -> None:
        raise AssertionError(reason)


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[tuple[Doors, Doors]]:
    """The places as two gateways of one host see them."""
    one, other = Doors(tmp_path / "doors"), Doors(tmp_path / "doors")
    yield one, other
    one.close()
    other.close()


def test_a_place_is_taken_once_in_all_processes_and_may_be_had_again(doors: tuple[Doors, Doors]) -> None:
    one, other = doors
    taken = [one.take(ALL, 3), other.take(ALL, 3), one.take(ALL, 3)]
    assert sorted(place for place in taken if place is not None) == [0, 1, 2]
    assert one.take(ALL, 3) is None
    assert other.take(ALL, 3) is None
    assert other.take(STRANGERS, 1) == STRANGERS
    one.give_back(taken[0] or 0)
    assert other.take(ALL, 3) == taken[0]


def test_nothing_is_taken_where_nothing_is_allowed(doors: tuple[Doors, Doors]) -> None:
    assert doors[0].take(ALL, 0) is None


def test_places_of_different_addresses_lie_apart() -> None:
    beginnings = {of_source(f"192.0.2.{number}") for number in range(256)}
    assert len(beginnings) == 256
    assert min(b - a for a in beginnings for b in beginnings if b > a) >= 1 << 12
    assert max(beginnings) < 1 << 62


def test_a_process_that_is_killed_gives_its_places_back(tmp_path: Path) -> None:
    doors = Doors(tmp_path / "doors")
    command = [sys.executable, "-c", _TAKE_AND_WAIT, str(tmp_path / "doors")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert sorted(json.loads(other.stdout.readline())) == [0, 1, 2]
        assert doors.take(ALL, 3) is None
        other.kill()
    assert until(lambda: doors.take(ALL, 3) is not None)
    doors.close()


def test_connections_of_both_gateways_count_together(doors: tuple[Doors, Doors]) -> None:
    limits = policy(max_connections=4, max_unauthenticated=3, max_unauthenticated_per_source=2)
    one, other = (Register(limits, each) for each in doors)
    first, second, third = Visitor("192.0.2.1"), Visitor("192.0.2.1"), Visitor("192.0.2.2")
    assert [one.arrive(first), other.arrive(second), one.arrive(third)] == [True] * 3
    assert not other.arrive(Visitor("192.0.2.3")), "three strangers are here"
    one.leave(third)
    assert not other.arrive(Visitor("192.0.2.1")), "two of this address are here"
    assert other.arrive(Visitor("192.0.2.3"))


def test_who_signs_in_makes_room_for_strangers_and_who_leaves_for_all(doors: tuple[Doors, Doors]) -> None:
    limits = policy(max_connections=2, max_unauthenticated=1, max_unauthenticated_per_source=1)
    one, other = (Register(limits, each) for each in doors)
    first, second = Visitor("192.0.2.1"), Visitor("192.0.2.1")
    assert one.arrive(first)
    assert not other.arrive(second)
    one.signed_in(first)
    assert other.arrive(second)
    other.signed_in(second)
    assert not other.arrive(Visitor("192.0.2.9")), "two are here in all"
    one.leave(first)
    assert other.arrive(Visitor("192.0.2.9"))
    assert one.empty
