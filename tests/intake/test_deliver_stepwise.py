"""Kill -9 and a full disk at every single step between bytes on disk and receipt: each file has exactly one fate."""

import ast
import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import careward
from careward.correspondence.models import Letter
from careward.intake.models import AcceptedFile, Delivery
from careward.intake.receipts import BOOKS, FORMS, receipt_in
from careward.intake.reconciling import reconcile
from careward.store.objects import objects
from support import delivering
from support.stepwise import OF_OS, OF_PATH, Killed, Steps, disk_full, killed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open"), pytest.mark.slow]

FAULTS = [killed, disk_full]
STATES = ["accepted", "rejected"]
SOURCE = Path(careward.__file__).parent
ON_THE_WAY = ("objects", "arriving", "folders", "sealing", "by_key", "books")
ALLOWED = {
    "receipts: touch": "copies a waiting file to where its sender reads it",
}
STRIDE = 8
"""The steps are shared out over so many tests, so that a failure names the few among which it is."""


def _has_one_fate(delivery: Delivery, state: str) -> None:
    delivery.refresh_from_db()
    assert delivery.state == state
    forms = (*FORMS, *BOOKS) if delivery.has_findings else FORMS
    assert all(receipt_in(delivery, form) for form in forms)
    letters = Letter.objects.about(delivering.told(delivery)).values_list("kind", flat=True)
    assert list(letters) == [f"delivery_{state}"]
    files = AcceptedFile.objects.filter(delivery=delivery)
    assert files.count() == (1 if state == "accepted" else 0)
    for file in files:
        with objects().open(file.parquet_key) as parquet:
            assert parquet.read(4) == b"PAR1"


def _delivered(state: str, number: int) -> Delivery:
    code = f"11310{number:05}"
    content = delivering.staff_csv(code=code) if state == "accepted" else b"no heading at all"
    return delivering.delivered(delivering.account(code=code), content)


def _steps_of_a_check(state: str) -> int:
    counted = Steps()
    delivery = _delivered(state, 0)
    with counted.taken():
        delivering.work(delivery)
    return counted.count


@pytest.mark.parametrize("share", range(STRIDE))
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_check_that_is_broken_off_at_any_step_ends_once_when_it_is_taken_up(
    fault: Callable[[str], BaseException], state: str, share: int
) -> None:
    count = _steps_of_a_check(state)
    assert count > STRIDE
    for at in range(1 + share, count + 1, STRIDE):
        delivery = _delivered(state, at)
        with Steps(at, fault).taken(), suppress(Killed, Exception):
            delivering.work(delivery)
        delivering.work(delivery, again=True)
        _has_one_fate(delivery, state)
    assert reconcile().removed == 0


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_delivery_broken_off_at_any_step_was_never_acknowledged_and_sent_again_is_one(
    fault: Callable[[str], BaseException], own_store: Path
) -> None:
    account, content = delivering.account(), delivering.staff_csv(seed=77)
    counted = Steps()
    with counted.taken():
        delivering.delivered(delivering.account(code="1131099999"), content)
    for at in range(1, counted.count + 1):
        steps = Steps(at, fault)
        acknowledged = None
        with steps.taken(), suppress(Killed, Exception):
            acknowledged = delivering.delivered(account, content)
        assert acknowledged is None or Delivery.objects.filter(pk=acknowledged.pk).exists()
    delivery = delivering.delivered(account, content)
    waiting = Delivery.objects.of_account(account.pk, "live").in_the_inbox()
    assert [one.pk for one in waiting] == [delivery.pk]
    delivering.work(delivery)
    _has_one_fate(delivery, "accepted")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_telling_broken_off_at_any_step_tells_of_each_answer_once(
    fault: Callable[[str], BaseException],
) -> None:
    def answered(number: int) -> list[Delivery]:
        account = delivering.account(code=f"11312{number:05}")
        return [delivering.checked(account, b"a", name) for name in ("staff-11501.csv", "drills-11501.csv")]

    first, _ = answered(0)
    counted = Steps()
    with counted.taken():
        delivering.told(first)
    for at in range(1, counted.count + 1):
        one, other = answered(at)
        with Steps(at, fault).taken(), suppress(Killed, Exception):
            delivering.told(one)
        delivering.told(other)
        (letter,) = Letter.objects.about(one.account)
        assert one.ticket in letter.body
        assert other.ticket in letter.body


def _zip_of_two(number: int) -> Delivery:
    code = f"11311{number:05}"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        packed.writestr("staff-11501.csv", delivering.staff_csv(code=code))
        packed.writestr("drills-11501.csv", b"no heading at all")
    return delivering.delivered(delivering.account(code=code), made.getvalue(), "一月.zip")


@pytest.mark.parametrize("share", range(STRIDE))
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_zip_that_is_broken_off_at_any_step_is_taken_apart_once_and_each_file_has_one_fate(
    fault: Callable[[str], BaseException], share: int
) -> None:
    counted = Steps()
    bundle = _zip_of_two(0)
    with counted.taken():
        delivering.work(bundle)
    assert counted.count > STRIDE
    for at in range(1 + share, counted.count + 1, STRIDE):
        bundle = _zip_of_two(at)
        with Steps(at, fault).taken(), suppress(Killed, Exception):
            delivering.work(bundle)
        delivering.work(bundle, again=True)
        bundle.refresh_from_db()
        assert bundle.state == "gathered"
        assert sorted(part.state for part in bundle.parts) == ["accepted", "rejected"]
        delivering.told(bundle)
        letters = Letter.objects.filter(
            about__in=[f"intake.delivery:{d.pk}" for d in (bundle, *bundle.parts)]
        )
        assert [letter.kind for letter in letters] == ["bundle_answered"]
        assert AcceptedFile.objects.filter(delivery__bundle=bundle).count() == 1


def test_no_call_that_touches_the_disk_is_left_out() -> None:
    """Every such call between bytes and receipt is one of the steps above, or named here with its reason."""
    changing = {
        *OF_OS, "pwrite", "writev", "fdatasync", "symlink", "replace", "remove", "truncate", "ftruncate",
        "sendfile", "copy_file_range", "mkfifo", "rmdir", "removedirs", "renames", "makedirs",
    }  # fmt: skip
    of_paths = {
        *OF_PATH,
        "replace",
        "hardlink_to",
        "symlink_to",
        "touch",
        "write_bytes",
        "write_text",
        "rmdir",
    }
    missed = {
        f"{file.stem}: {call}"
        for file in (
            *(SOURCE / "intake").glob("*.py"),
            *(SOURCE / "store" / f"{name}.py" for name in ON_THE_WAY),
        )
        for owner, call in _calls(ast.parse(file.read_text("utf-8")))
        if (owner == "os" and call in changing - {*OF_OS})
        or (owner != "os" and call in of_paths - {*OF_PATH})
    }
    assert missed <= ALLOWED.keys(), missed - ALLOWED.keys()


def _calls(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            value = node.func.value
            if node.func.attr == "replace" and len(node.args) != 1:
                continue  # of a text, or of a moment
            yield (value.id if isinstance(value, ast.Name) else ""), node.func.attr
