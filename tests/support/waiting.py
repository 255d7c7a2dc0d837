"""Waiting for a condition, never for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_PAUSE = 0.01


def until(condition: Callable[[], T], seconds: float = 60, what: str = "the condition") -> T:
    """Ask ``condition`` until its answer is truthy and return that answer.

    Raises AssertionError, naming ``what`` and the last answer, when it is not so within ``seconds``.
    """
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {seconds:g} s in vain for {what}; last answer: {answer!r}")
        time.sleep(_PAUSE)


def within(condition: Callable[[], object], seconds: float) -> bool:
    """Whether ``condition`` is met within ``seconds`` of a machine that does nothing else.

    What passes is counted in the short pauses between two looks: on a busy machine these last longer, as does all else,
    so that what is measured is the platform and not who shares the machine.
    """
    for _ in range(round(seconds / _PAUSE)):
        if condition():
            return True
        time.sleep(_PAUSE)
    return bool(condition())
