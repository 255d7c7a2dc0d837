"""A ZIP with several files: each a delivery of its own, one receipt above; what is no honest ZIP is refused fast."""

import io
import json
import struct
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from os import getpid
from pathlib import Path
from tempfile import gettempdir

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from procrastinate.contrib.django.models import ProcrastinateJob

from careward import rulebook
from careward.checking.reading import bundles
from careward.checking.receipt import signing
from careward.correspondence.models import Letter
from careward.intake import acts, jobs, publishing, specification_files
from careward.intake.grouping import Receipt
from careward.intake.jobs import check_waiting
from careward.intake.models import AcceptedFile, Delivery
from careward.intake.receipts import receipt_in, receipts_of, waiting_of
from careward.intake.reconciling import reconcile
from careward.kernel import clock
from support import delivering
from support.signing_in import person, sign_in

needs_database = pytest.mark.usefixtures("db", "uploads_open")


def _zip(*files: tuple[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", how) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return made.getvalue()


def _month(dataset: str, n: int = 3, **changes: str) -> tuple[str, bytes]:
    spec = publishing.specification_in_force()
    facts = {"institution_code": delivering.CODE, "period": delivering.MONTH, "n": n, "seed": 1}
    rows = delivering.samples.good_rows(spec, spec.dataset(dataset), **facts)  # type: ignore[arg-type]
    content = delivering.sample_forms.as_csv(spec.dataset(dataset), [{**row, **changes} for row in rows])
    return f"{dataset}-11501.csv", content


def _work() -> None:
    """Every job that waits, in the order a worker takes them."""
    done: set[int] = set()
    while waiting := list(
        ProcrastinateJob.objects.exclude(pk__in=done).filter(queue_name="checks").order_by("pk")
    ):
        for job in waiting:
            done.add(job.pk)
            check_waiting(**job.args)


def _delivered(content: bytes, name: str = "資料.zip", lane: str = "live") -> Delivery:
    delivery = delivering.delivered(delivering.account(lane), content, name)
    _work()
    delivery.refresh_from_db()
    return delivery


@needs_database
def test_each_file_of_a_bundle_has_its_own_ticket_receipt_and_answer() -> None:
    faulty = _month("staff", role="XXX")
    bundle = _delivered(_zip(_month("movements"), faulty, _month("residents"), ("讀我.txt", b"hello")))
    assert bundle.state == "gathered"
    states = {part.name: part.state for part in bundle.parts}
    assert states == {
        "讀我.txt": "rejected",
        "residents-11501.csv": "accepted",
        "staff-11501.csv": "rejected",
        "movements-11501.csv": "accepted",
    }
    assert len({part.ticket for part in bundle.parts} | {bundle.ticket}) == 5
    assert {part.received_at for part in bundle.parts} == {bundle.received_at}
    assert AcceptedFile.objects.in_force().count() == 2
    listed = {file.name for file in receipts_of(bundle.account_id, "live")}
    for part in [bundle, *bundle.parts]:
        assert f"{part.receipt_name}.json" in listed
    assert waiting_of(bundle.account_id, "live") == []


@needs_database
def test_others_are_compared_with_the_roster_of_the_same_bundle() -> None:
    bundle = _delivered(_zip(_month("movements"), _month("residents")))
    movements = next(part for part in bundle.parts if part.dataset == "movements")
    assert [entry["kind"] for entry in Receipt.of(movements).adaptations] == []
    alone = delivering.checked(
        delivering.account(code="1131000010"), _month("movements")[1], "movements-11501.csv"
    )
    assert "not_compared" in [entry["kind"] for entry in Receipt.of(alone).adaptations]


@needs_database
def test_the_receipt_above_names_every_file_and_is_signed() -> None:
    bundle = _delivered(_zip(_month("staff", role="X"), _month("residents"), ("__MACOSX/._x", b"x")))
    document = signing.read(receipt_in(bundle, "json"))
    assert signing.verify(document, signing.own_keys()) == bundle.signed_with
    assert document["result"] == "unpacked"
    assert {m["name"]: m["result"] for m in document["members"]} == {
        "residents-11501.csv": "accepted",
        "staff-11501.csv": "rejected",
    }
    assert document["skipped"] == ["._x"]
    said = receipt_in(bundle, "txt").decode("utf-8-sig")
    assert all(part.ticket in said for part in bundle.parts)
    assert bundle.error_count == document["counts"]["errors"] > 0
    assert json.loads(receipt_in(bundle.parts[0], "json"))["ticket"] == bundle.parts[0].ticket


@needs_database
def test_one_letter_tells_of_all_of_them() -> None:
    bundle = _delivered(_zip(_month("staff", role="X"), _month("residents")))
    (letter,) = Letter.objects.about(delivering.told(bundle))
    assert letter.kind == "bundle_answered"
    assert all(part.ticket in letter.body for part in bundle.parts)
    assert [list(Letter.objects.about(part)) for part in bundle.parts] == [[], []]


@needs_database
def test_a_bundle_taken_apart_late_counts_from_when_it_was_received() -> None:
    account = delivering.account()
    bundle = delivering.delivered(account, _zip(_month("staff")), "x.zip")
    with clock.frozen(delivering.OPEN + timedelta(days=10)):
        _work()
    (part,) = Delivery.objects.get(pk=bundle.pk).parts
    assert part.received_at == delivering.OPEN


@needs_database
def test_the_same_bundle_again_gets_the_earlier_receipts_and_only_what_changed_is_checked() -> None:
    account = delivering.account()
    files = [_month("residents"), _month("staff", role="X")]
    delivering.delivered(account, _zip(*files), "x.zip")
    _work()
    again = delivering.delivered(account, _zip(files[0], _month("staff")), "x.zip")
    _work()
    states = {part.dataset: part.state for part in Delivery.objects.get(pk=again.pk).parts}
    assert states == {"residents": "repeated", "staff": "accepted"}


@needs_database
@pytest.mark.parametrize("form", ["xlsx", "ods"])
def test_a_workbook_is_no_bundle_alone_and_a_file_like_others_within_one(form: str) -> None:
    spec = publishing.specification_in_force()
    content = specification_files.sample(spec, spec.dataset("staff"), delivering.MONTH, form=form)  # type: ignore[arg-type]
    alone = delivering.checked(delivering.account("test"), content, f"staff-11501.{form}")
    assert alone.parts == []
    assert alone.dataset == "staff"
    stored = _zip((f"staff-11501.{form}", content), how=zipfile.ZIP_STORED)
    (part,) = _delivered(stored, lane="test").parts
    assert (part.dataset, part.row_count) == ("staff", alone.row_count)


@needs_database
def test_a_bundle_is_told_by_its_content_whatever_it_is_called() -> None:
    bundle = _delivered(_zip(_month("residents")), "staff-11501.csv")
    assert (bundle.state, bundle.dataset, bundle.period) == ("gathered", "", "")


@needs_database
def test_names_in_big5_and_folders_are_read() -> None:
    name, content = _month("residents")
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        info = zipfile.ZipInfo("x" * len("住民-".encode("cp950")) + name)
        archive.writestr(info, content)
    raw = made.getvalue().replace(b"xxxxx" + name.encode(), "115\\".encode("cp950") + b"/" + name.encode())
    (part,) = _delivered(raw).parts
    assert (part.name, part.state) == (name, "accepted")


def _locked() -> bytes:
    made = bytearray(_zip(("staff-11501.csv", b"x")))
    made[6] |= 1
    made[made.index(b"PK\x01\x02") + 8] |= 1
    return bytes(made)


def _broken() -> bytes:
    whole = bytearray(_zip(("staff-11501.csv", b"abcdefgh"), how=zipfile.ZIP_STORED))
    whole[whole.index(b"abcdefgh")] ^= 1
    return bytes(whole)


def _link() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        info = zipfile.ZipInfo("staff-11501.csv")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return made.getvalue()


def _many_names() -> bytes:
    """Says of itself that its directory is as long as a gigabyte."""
    made = bytearray(_zip(("a.csv", b"x")))
    struct.pack_into("<L", made, made.rindex(b"PK\x05\x06") + 12, 1 << 30)
    return bytes(made)


def _bomb() -> bytes:
    made = bytearray(_zip(("a.csv", b"x")))
    struct.pack_into("<L", made, made.index(b"PK\x01\x02") + 24, 1 << 30)
    return bytes(made)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a password": (_locked, "bundle.locked"),
    "a changed byte": (_broken, "bundle.broken"),
    "cut in the middle": (lambda: _zip(("a.csv", b"x" * 500))[:60], "bundle.broken"),
    "a path upwards": (lambda: _zip(("../../etc/passwd", b"x")), "bundle.path"),
    "an absolute path": (lambda: _zip(("/etc/passwd", b"x")), "bundle.path"),
    "a drive": (lambda: _zip(("C:/x.csv", b"x")), "bundle.path"),
    "backwards strokes": (lambda: _zip(("..\\x.csv", b"x")), "bundle.path"),
    "a symbolic link": (_link, "bundle.path"),
    "a name twice": (lambda: _zip(("a/x.csv", b"1"), ("b/X.csv", b"2")), "bundle.twice"),
    "a month twice": (
        lambda: _zip(("staff-11501.csv", b"1"), ("staff-11501-2.csv", b"2")),
        "bundle.two_of_a_month",
    ),
    "too many files": (lambda: _zip(*((f"{n}.csv", b"x") for n in range(41))), "bundle.many"),
    "a directory without end": (_many_names, "bundle.many"),
    "nothing": (lambda: _zip(), "bundle.empty"),
    "what computers leave": (lambda: _zip((".DS_Store", b"x"), ("a/Thumbs.db", b"x")), "bundle.empty"),
    "a ZIP within": (lambda: _zip(("x.zip", _zip(("a.csv", b"x")))), "bundle.nested"),
    "another archive within": (lambda: _zip(("x.rar", b"Rar!\x1a\x07\x00....")), "bundle.nested"),
    "a bomb": (_bomb, "bundle.heavy"),
}


@needs_database
@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_no_honest_bundle_is_refused_with_what_to_do_and_nothing_of_it_is_taken_in(case: str) -> None:
    content, rule = HOSTILE[case]
    made = content()
    account = delivering.account()
    begun = time.process_time()
    delivery = delivering.checked(account, made, "資料.zip")
    assert time.process_time() - begun < 5
    assert (delivery.state, delivery.parts) == ("rejected", [])
    (found,) = Receipt.of(delivery).findings
    assert found.rule == rule
    assert "{" not in found.what + found.expected + found.how
    assert Delivery.objects.count() == 1


def test_a_bundle_that_lies_about_its_sizes_is_stopped_while_it_is_read(tmp_path: Path) -> None:
    made = bytearray(_zip(("a.csv", bytes(1 << 20))))
    struct.pack_into("<L", made, made.index(b"PK\x01\x02") + 24, 10)
    file = tmp_path / "x.zip"
    file.write_bytes(made)
    limits = rulebook.current().policies.bundle
    with bundles.opened(file, limits) as bundle:
        assert bundle is not None
        with pytest.raises(bundles.BundleRefused), bundle.content(bundle.members[0], 1000):
            pass


@given(st.binary(max_size=300), st.integers(0, 400))
def test_no_bytes_make_the_reader_fail_otherwise(junk: bytes, place: int) -> None:
    whole = _zip(("staff-11501.csv", b"abc"), ("b.csv", b"def"))
    changed = whole[:place] + junk + whole[place:]
    file = Path(gettempdir()) / f"careward-fuzz-{getpid()}.zip"
    file.write_bytes(changed)
    limits = rulebook.current().policies.bundle
    with suppress(bundles.BundleRefused), bundles.opened(file, limits) as bundle:
        for member in bundle.members if bundle else ():
            with bundle.content(member, 1 << 20) as content:  # type: ignore[union-attr]
                content.read()
    file.unlink()


@needs_database
def test_a_worker_killed_while_taking_apart_leaves_nothing_half_and_the_next_does_it_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Killed(BaseException):
        """Gone."""

    real, seen = acts.free_ticket, {"n": 0}

    def die() -> str:
        seen["n"] += 1
        if seen["n"] == 2:
            raise Killed
        return real()

    bundle = delivering.delivered(delivering.account(), _zip(_month("residents"), _month("staff")), "x.zip")
    with monkeypatch.context() as patched:
        patched.setattr(acts, "free_ticket", die)
        with pytest.raises(Killed):
            delivering.work(bundle)
    assert Delivery.objects.count() == 1
    _work()
    bundle.refresh_from_db()
    assert (bundle.state, len(bundle.parts)) == ("gathered", 2)


@needs_database
def test_a_bundle_whose_last_worker_died_before_it_asked_is_answered_by_tidying(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bundle = delivering.delivered(delivering.account(), _zip(_month("residents")), "x.zip")
    with monkeypatch.context() as patched:
        patched.setattr(jobs, "gather", lambda bundle: None)
        _work()
    bundle.refresh_from_db()
    assert bundle.state == "unpacked"
    assert [file.name for file in waiting_of(bundle.account_id, "live")] == ["x.zip"]
    for _ in range(2):
        reconcile()
        bundle.refresh_from_db()
        assert bundle.state == "gathered"


@needs_database
def test_the_files_of_a_bundle_are_checked_one_after_the_other_the_roster_first() -> None:
    files = [_month("events"), _month("movements"), _month("residents")]
    delivering.work(delivering.delivered(delivering.account(), _zip(*files), "x.zip"))
    accepted = AcceptedFile.objects.order_by("pk").values_list("dataset", flat=True)
    assert list(accepted) == ["residents", "events", "movements"]


@needs_database
def test_the_page_lists_the_files_and_each_leads_back(client: Client) -> None:
    bundle = _delivered(_zip(_month("residents"), _month("staff", role="X")))
    sign_in(client, person("institution", institution_code=delivering.CODE))
    page = client.get(f"/my/deliveries/{bundle.ticket}/").content.decode()
    for part in bundle.parts:
        assert f"/my/deliveries/{part.ticket}/" in page
        assert bundle.ticket in client.get(f"/my/deliveries/{part.ticket}/").content.decode()
