"""When repeated failures lock a door. Source: 資通系統防護基準 身分驗證管理 (security-baseline.md row 40)."""

from collections.abc import Sequence
from datetime import datetime, timedelta


def locked_until(failures: Sequence[datetime], threshold: int, lock: timedelta) -> datetime | None:
    """Return when the lock of these failures (oldest first) ends; None when they are too few or too sparse.

    ``threshold`` failures in less than ``lock`` lock from the last of them for ``lock``. Failures from before
    an ended lock can not count again, since ``lock`` lies between them and any new one.
    """
    until = None
    for first, last in zip(failures, failures[threshold - 1 :], strict=False):
        if last - first < lock:
            until = last + lock
    return until
