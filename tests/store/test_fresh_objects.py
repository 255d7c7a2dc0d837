"""A fresh object, named before it is durable and counting once it is (decision 0046)."""

import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest

from careward.store.objects import FolderStore

CONTENT = "王小明 A123456789".encode()


def read(store: FolderStore, key: str) -> bytes:
    with store.open(key) as stream:
        return stream.read()


def _no_space(*_: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as threads:
        yield threads


def test_a_fresh_object_is_named_and_then_file_and_folder_are_on_disk_before_it_is_finished(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch, beside: ThreadPoolExecutor
) -> None:
    """Nothing names it before; so the disk may write both in one go (decision 0046)."""
    store.put("raw/first", b"")
    seen: list[str] = []
    synced = os.fsync

    def watched(descriptor: int) -> None:
        assert store.exists("raw/fresh")
        synced(descriptor)
        seen.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")

    arriving = store.begin("raw/fresh")
    arriving.write(CONTENT)
    monkeypatch.setattr(os, "fsync", watched)
    assert arriving.finish(beside).sha256 == sha256(CONTENT).hexdigest()
    assert sorted(seen) == ["file", "folder"]
    assert read(store, "raw/fresh") == CONTENT


@pytest.mark.parametrize("fails", ["file", "folder"])
def test_a_fresh_object_that_could_not_be_brought_onto_the_disk_is_none(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch, beside: ThreadPoolExecutor, fails: str
) -> None:
    store.put("raw/first", b"")

    def broken(descriptor: int) -> None:
        if fails == ("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"):
            _no_space()

    arriving = store.begin("raw/fresh")
    arriving.write(CONTENT)
    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="space"):
        arriving.finish(beside)
    arriving.abandon()
    assert [file.name for file in (store.root / "raw").iterdir()] == ["first"]


def test_what_lies_there_already_is_replaced_at_once_or_not_at_all_even_so(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch, beside: ThreadPoolExecutor
) -> None:
    store.put("raw/there", b"former")
    arriving = store.begin("raw/there")
    arriving.write(CONTENT)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", _no_space)
        with pytest.raises(OSError, match="space"):
            arriving.finish(beside)
    arriving.abandon()
    assert read(store, "raw/there") == b"former"
