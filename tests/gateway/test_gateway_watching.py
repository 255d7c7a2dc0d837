"""Who must leave is looked at again and again, whatever went wrong at a look, or with one connection."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from careward.gateway.doors import Doors
from careward.gateway.register import Register
from careward.gateway.watching import _look
from gateway.running import policy


class Connection:
    """One that notes why it was ended, or cannot be."""

    source = "192.0.2.1"
    visit: Any = None

    def __init__(self, *, can_be_ended: bool = True) -> None:
        self.can_be_ended, self.ended = can_be_ended, ""

    def end(self, reason: str) -> None:
        if not self.can_be_ended:
            raise RuntimeError("the transport is gone")
        self.ended = reason


def test_a_connection_that_cannot_be_ended_keeps_none_of_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    doors = Doors(tmp_path / "doors")
    register = Register(policy(), doors)
    here = [Connection(), Connection(can_be_ended=False), Connection()]
    for one in here:
        assert register.arrive(one)
    register.end_all("closing")
    doors.close()
    assert [one.ended for one in here] == ["closing", "", "closing"]
    assert "could not be ended (closing)" in caplog.text


@pytest.mark.parametrize("broken", ["end_idle", "end_expired", "end_unwelcome"])
def test_a_look_that_fails_is_not_the_last(broken: str) -> None:
    looked: list[str] = []

    async def through() -> None:
        done = asyncio.Event()

        def step(name: str) -> None:
            looked.append(name)
            if name == broken and looked.count(name) == 1:
                raise RuntimeError(name)

        async def end_unwelcome(house: object) -> None:
            step("end_unwelcome")
            done.set()

        register: Any = SimpleNamespace(
            end_idle=lambda: step("end_idle"),
            end_expired=lambda: step("end_expired"),
            end_unwelcome=end_unwelcome,
        )
        house: Any = SimpleNamespace(policy=policy())
        looking = asyncio.create_task(_look(house, register, asyncio.Event()))
        await asyncio.wait_for(done.wait(), 60)
        looking.cancel()

    asyncio.run(through())
    assert looked.count(broken) >= 2
    assert looked[-1] == "end_unwelcome"
