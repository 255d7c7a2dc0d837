"""Makes the n-th durable step fail: an SQL statement, or a call that opens, writes, flushes, renames or removes a file.

That the calls are all there are is proved from the source (``test_no_call_that_touches_the_disk_is_left_out``).
"""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection

OF_OS = ("open", "write", "fsync", "link")
OF_PATH = ("rename", "unlink")
TEMPORARY = ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile")


class Killed(BaseException):
    """The process is gone: nothing that catches exceptions catches this."""


def disk_full(place: str) -> Exception:
    """No space left: as the file system says it, or as PostgreSQL does."""
    if place == "sql":
        return OperationalError("could not extend file: No space left on device")
    return OSError(errno.ENOSPC, "No space left on device")


def killed(place: str) -> BaseException:
    """Kill -9, as far as one process can play it."""
    return Killed(place)


class Steps:
    """Counts steps; the ``at``-th raises what ``fault`` gives for its place. Without ``at`` it only counts."""

    def __init__(self, at: int = 0, fault: Callable[[str], BaseException] = killed) -> None:
        self.at, self.fault = at, fault
        self.count = 0

    def __call__(self, place: str) -> None:
        """One step more."""
        self.count += 1
        if self.count == self.at:
            raise self.fault(place)

    @contextmanager
    def taken(self) -> Iterator["Steps"]:
        """Everything inside is counted."""
        with pytest.MonkeyPatch.context() as patched:
            for name in OF_OS:
                patched.setattr(os, name, self._counting(getattr(os, name), name))
            for name in OF_PATH:
                patched.setattr(Path, name, self._counting(getattr(Path, name), name))
            for module in [known for name, known in sys.modules.items() if name.startswith("careward.")]:
                for name in TEMPORARY:
                    if hasattr(module, name):
                        patched.setattr(module, name, self._counting(getattr(module, name), name))
            with connection.execute_wrapper(self._statement):
                yield self

    def _counting(self, call: Callable[..., Any], name: str) -> Callable[..., Any]:
        def counted(*args: Any, **options: Any) -> Any:
            if sys._getframe(1).f_globals["__name__"].startswith("careward."):  # not inside of libraries
                self(name)
            return call(*args, **options)

        return counted

    def _statement(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(("SAVEPOINT", "ROLLBACK", "RELEASE")):
            self("sql")
        return execute(sql, params, many, context)
