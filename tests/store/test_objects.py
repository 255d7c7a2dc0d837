"""The object store: nothing half is seen, nothing changed is given out, no name leaves the folder."""

import fcntl
import io
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from careward.store import objects as objects_module
from careward.store.objects import FolderStore, StoredBroken, StoredMissing, UnsafeKey
from careward.store.sealing import CHUNK_BYTES, HEADER_BYTES, MAGIC, TAG_BYTES

SECRET_TEXT = "王小明 A123456789".encode()


def sealed_file(store: FolderStore, key: str) -> Path:
    return store.root / key


def read(store: FolderStore, key: str) -> bytes:
    with store.open(key) as stream:
        return stream.read()


@pytest.mark.parametrize(
    "size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES - 5]
)
def test_what_was_put_is_what_is_read_at_every_edge_of_a_chunk(store: FolderStore, size: int) -> None:
    content = os.urandom(size)
    stored = store.put("deliveries/2026/one.csv", io.BytesIO(content))
    assert (stored.size, stored.sha256) == (size, sha256(content).hexdigest())
    assert read(store, "deliveries/2026/one.csv") == content
    assert store.size("deliveries/2026/one.csv") == size
    assert store.exists("deliveries/2026/one.csv")


def test_it_is_read_from_any_place(store: FolderStore) -> None:
    content = os.urandom(3 * CHUNK_BYTES + 777)
    store.put("a", content)
    plain, edges = io.BytesIO(content), (0, CHUNK_BYTES, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES, len(content))
    with store.open("a") as stream:
        for place in [edge + step for edge in edges for step in (5, -1, 0, 1) if edge + step >= 0]:
            for file in (stream, plain):
                file.seek(place)
            assert [stream.read(9), stream.tell(), stream.read(CHUNK_BYTES)] == [
                plain.read(9), plain.tell(), plain.read(CHUNK_BYTES),
            ]  # fmt: skip
        assert stream.seek(-5, os.SEEK_END) == len(content) - 5
        assert stream.read() == content[-5:]


def test_what_was_changed_is_noticed_from_any_place(store: FolderStore) -> None:
    store.put("a", os.urandom(3 * CHUNK_BYTES))
    with sealed_file(store, "a").open("r+b") as file:
        file.truncate(HEADER_BYTES + 2 * (CHUNK_BYTES + TAG_BYTES))
    with store.open("a") as stream:
        stream.seek(5)
        assert stream.read(9)
        with pytest.raises(StoredBroken):
            stream.seek(CHUNK_BYTES + 5)


def test_a_source_that_gives_little_at_a_time_is_read_to_its_end(store: FolderStore) -> None:
    class Trickle(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 0, 100_000))

    content = os.urandom(CHUNK_BYTES + 250_000)
    assert store.put("slow", Trickle(content)).size == len(content)
    assert read(store, "slow") == content


def test_content_is_never_on_disk_in_clear_and_only_the_owner_can_read_it(store: FolderStore) -> None:
    store.put("a/b", SECRET_TEXT * 1000)
    file = sealed_file(store, "a/b")
    raw = file.read_bytes()
    assert SECRET_TEXT not in raw
    assert b"A123456789" not in raw
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for folder in (store.root, store.root / "a"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_same_content_put_twice_looks_different(store: FolderStore) -> None:
    store.put("one", SECRET_TEXT)
    store.put("two", SECRET_TEXT)
    assert (
        sealed_file(store, "one").read_bytes()[HEADER_BYTES:]
        != sealed_file(store, "two").read_bytes()[HEADER_BYTES:]
    )


def test_a_missing_object_is_told_apart_from_a_broken_one(store: FolderStore) -> None:
    store.put("there/x", b"")
    for key in ("nowhere", "there"):
        assert not store.exists(key)
        with pytest.raises(StoredMissing):
            store.open(key)
    with pytest.raises(StoredMissing):
        store.size("nowhere")


def test_removing_is_for_good_and_may_be_repeated(store: FolderStore) -> None:
    store.put("gone", b"x")
    store.remove("gone")
    store.remove("gone")
    assert not store.exists("gone")


def test_a_finished_file_moves_in_and_leaves_its_place(store: FolderStore, tmp_path: Path) -> None:
    arrived = tmp_path / "upload"
    arrived.write_bytes(SECRET_TEXT)
    assert store.take("taken", arrived).sha256 == sha256(SECRET_TEXT).hexdigest()
    assert not arrived.exists()
    assert read(store, "taken") == SECRET_TEXT


def test_a_file_that_could_not_be_stored_stays_where_it_lay(
    store: FolderStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived = tmp_path / "upload"
    arrived.write_bytes(SECRET_TEXT)
    monkeypatch.setattr(objects_module.os, "fsync", _no_space)
    with pytest.raises(OSError, match="space"):
        store.take("taken", arrived)
    assert arrived.read_bytes() == SECRET_TEXT
    assert not store.exists("taken")


def _no_space(*_: object) -> None:
    raise OSError(28, "No space left on device")


class _Cut(io.BytesIO):
    """A source whose connection is cut after the second chunk."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= 2 * CHUNK_BYTES:
            raise ConnectionResetError
        return super().read(size)


def test_a_source_that_breaks_off_leaves_neither_object_nor_part(store: FolderStore) -> None:
    with pytest.raises(ConnectionResetError):
        store.put("a/cut", _Cut(bytes(3 * CHUNK_BYTES)))
    assert not store.exists("a/cut")
    assert list((store.root / "a").iterdir()) == []


def test_a_put_that_breaks_off_leaves_the_former_object_whole(store: FolderStore) -> None:
    store.put("a", b"former")
    with pytest.raises(ConnectionResetError):
        store.put("a", _Cut(bytes(3 * CHUNK_BYTES)))
    assert read(store, "a") == b"former"


def test_an_object_is_on_disk_before_its_name_and_its_name_before_put_returns(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Order of the calls that make a crash harmless: file synced, renamed, folder synced."""
    seen: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def watched_fsync(descriptor: int) -> None:
        folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        seen.append("folder" if folder else "file")
        fsync(descriptor)

    def watched_rename(self: Path, target: Path) -> Path:
        assert not target.exists()
        seen.append("rename")
        return rename(self, target)

    store.put("make/the/folders", b"")
    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(Path, "rename", watched_rename)
    store.put("make/the/object", SECRET_TEXT)
    assert seen == ["file", "rename", "folder"]


def test_a_process_killed_while_it_puts_leaves_only_a_part_that_is_no_object_and_is_swept(
    store: FolderStore,
) -> None:
    pid = os.fork()
    if pid == 0:
        store.put("a/killed", _Suicide(bytes(3 * CHUNK_BYTES)))
        os._exit(0)
    assert os.WIFSIGNALED(os.waitpid(pid, 0)[1])
    (part,) = (store.root / "a").iterdir()
    assert not store.exists("a/killed")
    with pytest.raises(UnsafeKey):
        store.open(f"a/{part.name}")
    assert store.sweep() == 0  # it is too young to be sure
    os.utime(part, (0, 0))
    assert store.sweep() == 1
    assert list((store.root / "a").iterdir()) == []


class _Suicide(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= 2 * CHUNK_BYTES:
            os.kill(os.getpid(), 9)
        return super().read(size)


def test_sweeping_spares_the_parts_of_the_living(store: FolderStore) -> None:
    store.put("x", SECRET_TEXT)
    with store.local_copy("x") as copy:
        os.utime(copy, (0, 0))
        assert store.sweep() == 0
        assert copy.read_bytes() == SECRET_TEXT


def test_a_local_copy_is_plain_private_and_gone_afterwards(store: FolderStore) -> None:
    store.put("x", SECRET_TEXT)
    with store.local_copy("x") as copy:
        assert copy.read_bytes() == SECRET_TEXT
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
        with copy.open("rb") as again, pytest.raises(BlockingIOError):
            fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert not copy.exists()


def test_a_local_copy_of_a_broken_object_is_never_given(store: FolderStore) -> None:
    store.put("x", bytes(2 * CHUNK_BYTES))
    file = sealed_file(store, "x")
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(StoredBroken), store.local_copy("x"):
        pytest.fail("a truncated object was given out")
    assert [path.name for path in store.root.iterdir()] == ["x"]


@pytest.mark.parametrize(
    "key",
    ["", "/etc/passwd", "..", "a/../b", "a/..", "../a", ".", "./a", "a//b", "a/", "a\0b", "a\n", "a\\b",
     ".hidden", "a/.part-00", "名", "a b", "-rf", "a" * 129, "/".join("a" * 17), "~root", "C:a", "a/./b"],
)  # fmt: skip
def test_a_key_that_is_not_a_plain_relative_path_is_refused(
    store: FolderStore, key: str, tmp_path: Path
) -> None:
    for use in (store.open, store.exists, store.size, store.remove, lambda key: store.put(key, b"")):
        with pytest.raises(UnsafeKey):
            use(key)
    assert list(tmp_path.iterdir()) == []


@given(st.text(max_size=40))
@example("a/b.c-d_e")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_at_all_names_anything_outside_the_folder(key: str) -> None:
    root = Path("/srv/store")
    try:
        path = FolderStore(root)._path(key)
    except UnsafeKey:
        return
    assert Path(os.path.normpath(path)) == path
    assert path.is_relative_to(root)
    assert path != root


# The sealed form, byte class by byte class.

LAYOUT = {
    "magic": (0, len(MAGIC)),
    "key id": (len(MAGIC), len(MAGIC) + 8),
    "salt": (HEADER_BYTES - 32, HEADER_BYTES),
    "first chunk": (HEADER_BYTES, HEADER_BYTES + CHUNK_BYTES),
    "first tag": (HEADER_BYTES + CHUNK_BYTES, HEADER_BYTES + CHUNK_BYTES + TAG_BYTES),
    "last chunk": (HEADER_BYTES + CHUNK_BYTES + TAG_BYTES, HEADER_BYTES + CHUNK_BYTES + TAG_BYTES + 100),
    "last tag": (
        HEADER_BYTES + CHUNK_BYTES + TAG_BYTES + 100,
        HEADER_BYTES + CHUNK_BYTES + 2 * TAG_BYTES + 100,
    ),
}


@pytest.fixture(scope="module")
def two_chunks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FolderStore, bytes]]:
    """A store in which "x" has two chunks, the last of 100 bytes, and its sealed form."""
    home = tmp_path_factory.mktemp("two-chunks")
    patch = pytest.MonkeyPatch()
    patch.setenv("CAREWARD_HOME", str(home))
    store = FolderStore(home / "objects")
    store.put("x", bytes(CHUNK_BYTES + 100))
    yield store, sealed_file(store, "x").read_bytes()
    patch.undo()


def spoilt(two_chunks: tuple[FolderStore, bytes], change: Callable[[bytes], bytes]) -> None:
    store, sealed = two_chunks
    changed = change(sealed)
    assert changed != sealed
    sealed_file(store, "x").write_bytes(changed)
    with pytest.raises(StoredBroken):
        read(store, "x")


@pytest.mark.parametrize("part", LAYOUT)
@given(data=st.data())
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_one_bit_changed_anywhere_is_noticed(
    two_chunks: tuple[FolderStore, bytes], part: str, data: st.DataObject
) -> None:
    start, end = LAYOUT[part]
    place = data.draw(st.integers(start, end - 1))
    bit = data.draw(st.integers(0, 7))

    def flip(sealed: bytes) -> bytes:
        return sealed[:place] + bytes([sealed[place] ^ (1 << bit)]) + sealed[place + 1 :]

    spoilt(two_chunks, flip)


@given(data=st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_file_cut_off_anywhere_is_noticed(
    two_chunks: tuple[FolderStore, bytes], data: st.DataObject
) -> None:
    edges = [edge for start_end in LAYOUT.values() for edge in start_end][:-1]
    length = data.draw(st.sampled_from(edges) | st.integers(0, len(two_chunks[1]) - 1))
    spoilt(two_chunks, lambda sealed: sealed[:length])


def test_chunks_in_another_order_doubled_or_left_out_are_noticed(
    two_chunks: tuple[FolderStore, bytes],
) -> None:
    first_end = LAYOUT["first tag"][1]
    for change in (
        lambda s: s[:HEADER_BYTES] + s[first_end:] + s[HEADER_BYTES:first_end],
        lambda s: s[:first_end] + s[HEADER_BYTES:],
        lambda s: s[:HEADER_BYTES] + s[first_end:],
        lambda s: s + b"\0",
        lambda s: s + s[first_end:],
        lambda s: s + s[HEADER_BYTES:],
    ):
        spoilt(two_chunks, change)


def test_an_object_under_another_one_s_name_is_noticed(store: FolderStore) -> None:
    store.put("a", b"of institution a")
    store.put("b", b"of institution b")
    shutil.copy(sealed_file(store, "a"), sealed_file(store, "b"))
    with pytest.raises(StoredBroken):
        read(store, "b")


def test_the_untouched_file_is_whole(two_chunks: tuple[FolderStore, bytes]) -> None:
    """Holds the helper above to account: what it spoils is fine when not spoilt."""
    store, sealed = two_chunks
    sealed_file(store, "x").write_bytes(sealed)
    assert read(store, "x") == bytes(CHUNK_BYTES + 100)
