import hashlib
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careward.gateway.staging import Staging
from careward.gateway.upload import InOrder, InPlace, Place, Refusal, Upload
from gateway.memory_backend import MemoryArriving
from gateway.running import MB, policy

WRITES = st.lists(st.tuples(st.integers(0, 4000), st.binary(min_size=1, max_size=900)), max_size=12)


@pytest.fixture
def staging(tmp_path: Path) -> Staging:
    return Staging(tmp_path, policy())


@given(WRITES, st.booleans())
def test_what_is_written_at_offsets_in_any_order_is_what_arrives(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple[int, bytes]], in_place: bool
) -> None:
    folder, arriving, expected = tmp_path_factory.mktemp("upload"), MemoryArriving(), bytearray()
    place: Place = InPlace(folder / "bytes") if in_place else InOrder(arriving, folder / "bytes")
    upload = Upload(place, policy(), folder)
    for offset, data in writes:
        for filled in upload.take(offset, data):
            upload.store(filled)
        expected.extend(bytes(max(0, offset + len(data) - len(expected))))
        expected[offset : offset + len(data)] = data
    arrived = upload.whole(MemoryArriving)
    assert b"".join(arrived.content()) == expected
    assert upload.size == len(expected)
    assert arrived.sha256 == hashlib.sha256(expected).hexdigest()
    assert arriving.abandoned == (not in_place and not upload.in_order)
    upload.discard()
    assert list(folder.iterdir()) == []


def test_what_comes_in_order_leaves_nothing_in_staging(tmp_path: Path, staging: Staging) -> None:
    upload = staging.begin(MemoryArriving())
    for number in range(5):
        for filled in upload.take(number * MB, bytes(MB)):
            upload.store(filled)
    assert upload.whole(MemoryArriving).size == 5 * MB
    assert upload.in_order
    assert not upload.path.exists()


def test_a_file_cut_to_another_length_holds_the_rest(staging: Staging) -> None:
    upload = staging.begin(MemoryArriving())
    upload.take(0, b"123456789")
    upload.cut(4)
    upload.take(4, b"x")
    assert b"".join(upload.whole(MemoryArriving).content()) == b"1234x"
    upload.discard()


def test_a_file_past_the_limit_can_no_longer_become_a_delivery(staging: Staging) -> None:
    upload = staging.begin(MemoryArriving())
    with pytest.raises(Refusal, match="too_large"):
        upload.take(50 * MB, b"x")
    with pytest.raises(Refusal, match="too_large"):
        upload.take(0, b"x")
    with pytest.raises(Refusal, match="too_large"):
        upload.whole(MemoryArriving)
    upload.discard()


def test_a_low_disk_refuses_the_upload(tmp_path: Path) -> None:
    full = Staging(tmp_path, policy(disk_reserve=1 << 60))
    with pytest.raises(Refusal, match="disk_low"):
        full.begin(MemoryArriving())
    left = full.fresh_path()
    left.write_bytes(b"the earlier version")
    with pytest.raises(Refusal, match="disk_low"):
        full.resume(left)
    assert not left.exists()
    with pytest.raises(Refusal, match="disk_low"):
        full.open_partial("a", "live", "x.part", keep=False, create=True)


def test_a_disk_that_fills_up_spoils_the_upload_being_written(
    staging: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = staging.begin(MemoryArriving())
    [filled] = upload.take(0, bytes(MB))
    monkeypatch.setattr(upload, "_policy", policy(disk_reserve=1 << 60))
    with pytest.raises(Refusal, match="disk_low"):
        upload.store(filled)
    monkeypatch.undo()
    with pytest.raises(Refusal, match="disk_low"):
        upload.whole(MemoryArriving)
    upload.discard()


def test_a_partial_file_is_kept_listed_and_resumed(staging: Staging) -> None:
    first = staging.open_partial("a", "live", "員.csv.part", keep=False, create=True)
    first.take(0, b"12345")
    first.keep()
    first.release()
    assert [(e.name, e.size) for e in staging.partials("a", "live")] == [("員.csv.part", 5)]
    assert staging.partials("a", "test") == []
    assert staging.partials("b", "live") == []
    second = staging.open_partial("a", "live", "員.csv.part", keep=True, create=False)
    second.take(5, b"678")
    assert b"".join(second.whole(MemoryArriving).content()) == b"12345678"
    second.release()


def test_two_connections_do_not_write_one_partial_file(staging: Staging) -> None:
    first = staging.open_partial("a", "live", "x.part", keep=False, create=True)
    with pytest.raises(Refusal, match="in_use"):
        staging.open_partial("a", "live", "x.part", keep=True, create=False)
    with pytest.raises(Refusal, match="in_use"):
        staging.drop_partial("a", "live", "x.part")
    first.release()
    staging.drop_partial("a", "live", "x.part")
    assert staging.partials("a", "live") == []


def test_an_account_keeps_only_so_many_partial_files(tmp_path: Path) -> None:
    staging = Staging(tmp_path, policy(max_partials=2))
    for name in ("1.part", "2.part"):
        staging.open_partial("a", "live", name, keep=False, create=True).release()
    with pytest.raises(Refusal, match="too_many_partials"):
        staging.open_partial("a", "live", "3.part", keep=False, create=True)
    staging.open_partial("a", "live", "2.part", keep=False, create=True).release()


def test_forgotten_partial_files_are_swept_and_those_in_use_stay(tmp_path: Path) -> None:
    staging = Staging(tmp_path, policy(partial_kept=timedelta(hours=1)))
    old = time.time() - 7200
    for name in ("old.part", "busy.part", "new.part"):
        staging.open_partial("a", "live", name, keep=False, create=True).release()
    for bytes_path in (tmp_path / "staging" / "partial").glob("*/*/bytes"):
        if "new" not in (bytes_path.parent / "name").read_text():
            os.utime(bytes_path, (old, old))
    busy = staging.open_partial("a", "live", "busy.part", keep=True, create=False)
    staging.sweep_partials()
    busy.release()
    assert {e.name for e in staging.partials("a", "live")} == {"busy.part", "new.part"}


def test_a_start_sweeps_what_dead_processes_left_and_nothing_of_the_living(tmp_path: Path) -> None:
    living = Staging(tmp_path, policy())
    mine = living.fresh_path()
    mine.write_bytes(b"in use")
    dead = tmp_path / "staging" / "p-1-dead"  # the kernel takes a dead process's locks away
    dead.mkdir()
    (dead / ".lock").touch()
    (dead / "left").write_bytes(b"left")
    Staging(tmp_path, policy())
    assert mine.read_bytes() == b"in use"
    assert not dead.exists()


def test_staging_is_closed_to_others(tmp_path: Path, staging: Staging) -> None:
    upload = staging.open_partial("a", "live", "x.part", keep=False, create=True)
    assert (tmp_path / "staging").stat().st_mode & 0o777 == 0o700
    assert upload.path.parent.stat().st_mode & 0o777 == 0o700
    assert upload.path.stat().st_mode & 0o777 == 0o600
    upload.discard()
    assert not upload.path.exists()


def test_places_of_an_account_are_shared_by_all_processes_and_come_back(tmp_path: Path) -> None:
    first, second = (Staging(tmp_path, policy(max_connections_per_account=3)) for _ in range(2))
    try:
        taken = [process.take_place("a") for process in (first, second, first)]
        assert None not in taken
        assert second.take_place("a") is None
        other = second.take_place("b")
        assert other is not None
        os.close(taken[0] or 0)
        again = second.take_place("a")
        assert again is not None
        for place in (*taken[1:], other, again):
            os.close(place or 0)
    finally:
        first.close()
        second.close()
