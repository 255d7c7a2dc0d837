"""Taking a stranger's file in: bounded while it arrives, looked into, kept under a name of our own."""

from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, BinaryIO, cast
from uuid import uuid4

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from careward.applications import virus
from careward.applications.acts import Scan
from careward.applications.inspecting import Inspected, Unacceptable, inspect
from careward.applications.models import Application
from careward.applications.rules import clean_name
from careward.kernel import clock
from careward.store.objects import Stored, objects


class Bounded(FileUploadHandler):
    """Lets ``limit`` bytes of a file in; the rest is read and forgotten, so that the page can say why."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit
        self.too_large: list[str] = []
        """Names of the files that were let go."""
        self._seen = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Count each file anew."""
        super().new_file(*args, **kwargs)
        self._seen = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Pass data on; raises SkipFile beyond the limit."""
        self._seen += len(raw_data)
        if self._seen > self.limit:
            self.too_large.append(self.file_name or "")
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the keeping to the handlers after this one."""


def receive(application: Application, upload: "UploadedFile[bytes]") -> Scan:
    """Look into a file and keep it; returns what the act needs.

    Raises :class:`careward.applications.inspecting.Unacceptable`, then nothing is kept.
    """
    found, scanned, stored = _inspect_and_put(application, upload)
    return Scan(
        key=stored.key,
        name=clean_name(upload.name or "", found.media_type),
        media_type=found.media_type,
        size=stored.size,
        sha256=stored.sha256,
        pages=found.pages,
        codes=found.codes,
        virus_checked_at=clock.now() if scanned else None,
    )


def discard(scan: Scan) -> None:
    """Remove a kept file whose act was refused."""
    objects().remove(scan.key)


def _inspect_and_put(
    application: Application, upload: "UploadedFile[bytes]"
) -> tuple[Inspected, bool, Stored]:
    limits = application.rules.limits
    if not upload.size:
        raise Unacceptable("empty")
    if upload.size > limits.upload_bytes.value:
        raise Unacceptable("too_large")
    with NamedTemporaryFile(prefix="careward-scan-") as copy:
        for chunk in upload.chunks():
            copy.write(chunk)
        copy.flush()
        found = inspect(Path(copy.name), most_pages=limits.upload_pages.value)
        scanned = virus.passed(Path(copy.name))
        copy.seek(0)
        return (
            found,
            scanned,
            objects().put(f"applications/{application.pk}/{uuid4()}", cast("BinaryIO", copy.file)),
        )
