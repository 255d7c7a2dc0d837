"""Where blocking work runs, so that the event loop never waits: database, password hashing, disk."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Crew:
    """Three bounded pools; hashing has its own, so that guesses can not starve uploads."""

    def __init__(self) -> None:
        self._ask = ThreadPoolExecutor(8, "sftp-ask")
        self._hash = ThreadPoolExecutor(2, "sftp-hash")
        self._disk = ThreadPoolExecutor(4, "sftp-disk")

    async def ask(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a method of the backend."""
        return await _run(self._ask, call, *args, **kwargs)

    async def hash(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Verify a password: tens of milliseconds of one processor each."""
        return await _run(self._hash, call, *args, **kwargs)

    async def disk(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Read or write staged files."""
        return await _run(self._disk, call, *args, **kwargs)

    def close(self) -> None:
        """Wait for what runs, start nothing more."""
        for pool in (self._hash, self._disk, self._ask):
            pool.shutdown(wait=True, cancel_futures=True)


async def _run(pool: ThreadPoolExecutor, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    return await asyncio.get_running_loop().run_in_executor(pool, lambda: call(*args, **kwargs))
