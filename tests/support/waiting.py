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
