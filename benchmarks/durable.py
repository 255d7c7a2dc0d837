"""The least a file costs whoever brings it and a row onto the disk before saying so: nothing else is done here."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import Final

import psycopg

from careward.store.embedded import start
from careward.store.folders import fsync_folder

_ROW_BYTES: Final = 1_000
"""Of the database's log for one row, roughly; what counts is that the log is brought onto the disk."""


class Durable:
    """Makes files and commits durable, one after the other, on the disk of a platform and in its database."""

    def __init__(self, folder: Path, database: psycopg.Connection) -> None:
        self._folder, self._database = folder, database

    def receive(self, content: bytes) -> None:
        """A file, its name, and then a transaction."""
        part = self._folder / f".part-{token_hex(8)}"
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(descriptor, content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        part.rename(self._folder / token_hex(16))
        fsync_folder(self._folder)
        self._database.execute("SELECT pg_logical_emit_message(true, 'bench', repeat('x', %s))", [_ROW_BYTES])
        self._database.commit()


@contextmanager
def durable(home: Path) -> Iterator[Durable]:
    """On the disk and in the embedded database of the platform that lives in ``home``."""
    with (
        TemporaryDirectory(dir=home, prefix="bench-") as folder,
        start(home) as cluster,
        psycopg.connect(cluster.app_url) as database,
    ):
        yield Durable(Path(folder), database)
