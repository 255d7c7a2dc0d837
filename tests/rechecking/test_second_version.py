"""A second version of the specification beside the first: published, tried in shadow, told of, switched to."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client

from careward.checking import offline
from careward.correspondence.models import Letter
from careward.intake import prechecking, publishing
from careward.intake.grouping import Receipt
from careward.intake.models import AcceptedFile
from careward.rechecking import acts, jobs
from careward.rechecking.models import Recheck
from careward.rulebook import current
from careward.rulebook.book import rules_folder
from support import delivering
from support.signing_in import person, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open")]
LONG = "歐陽小明明"
Switch = Callable[[], None]


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Switch]:
    """Version 1.1, by which a name has at most three characters, lies beside 1.0; gives what switches to it."""
    folder = tmp_path / "rules"
    shutil.copytree(rules_folder(), folder)
    newer = folder / "interchange" / "1.1"
    shutil.copytree(folder / "interchange" / "1.0", newer)
    _change(newer / "interchange.yaml", 'version: "1.0"', 'version: "1.1"')
    _change(newer / "interchange.yaml", "介接規格 1.0", "介接規格 1.1")
    _change(newer / "datasets" / "staff.yaml", "max_length: 60", "max_length: 3")
    monkeypatch.setenv("CAREWARD_RULES", str(folder))
    current.cache_clear()

    def switch() -> None:
        _change(folder / "seasons" / "115.yaml", 'interchange: "1.0"', 'interchange: "1.1"')
        current.cache_clear()

    yield switch
    current.cache_clear()


def _change(file: Path, old: str, new: str) -> None:
    before = file.read_text("utf-8")
    assert old in before
    file.write_text(before.replace(old, new, 1), "utf-8")


def test_both_lie_in_spec_and_the_pages_follow_the_one_in_force(client: Client, beside: Switch) -> None:
    files = publishing.files()
    for version in ("1.0", "1.1"):
        names = {name.removeprefix(f"{version}/") for name in files if name.startswith(f"{version}/")}
        assert {"interchange.yaml", f"interchange-{version}.pdf", "samples/staff-11501.csv"} <= names
    page = client.get("/specification/").content.decode()
    assert "其他版本" in page
    assert "?version=1.1" in page
    assert client.get("/specification/interchange.ods?version=1.1").status_code == 200
    assert "最多 3 個字" not in client.get("/specification/staff/").content.decode()
    beside()
    assert publishing.specification_in_force().version == "1.1"
    assert publishing.other_versions()[0].version == "1.0"
    assert "最多 3 個字" in client.get("/specification/staff/").content.decode()
    assert client.get("/specification/interchange.ods?version=9.9").status_code == 404


def test_it_is_tried_in_shadow_told_of_and_switched_to_and_what_was_accepted_stands(
    client: Client, beside: Switch
) -> None:
    account, content = delivering.account(), delivering.staff_csv(2, name=LONG)
    first = delivering.checked(account, content)
    assert (first.state, first.spec) == ("accepted", "1.0")

    ministry = person("ministry")
    sign_in(client, ministry).post("/rechecks/", {"spec": "1.1"})
    [ordered] = Recheck.objects.all()
    jobs.run(str(ordered.pk))
    assert acts.refused_by(ordered) == [("staff.name.max_length", 1, 2)]
    page = client.get(f"/rechecks/{ordered.pk}/").content.decode()
    assert "staff.name.max_length" in page
    assert "姓名：最多 3 個字。" in page
    assert acts.tell_affected(ordered, ministry) == 1
    told = Letter.objects.get(kind="rules_changed").body
    assert "檢核代號 staff.name.max_length，2 項\n      姓名：最多 3 個字。" in told
    assert "現在上傳的檔案仍依 1.0 版檢核" in told
    assert "/specification/interchange.pdf?version=1.1" in told
    assert AcceptedFile.objects.that_count().get().delivery == first

    beside()
    again = delivering.checked(account, content)
    assert (again.state, again.spec) == ("rejected", "1.1")
    assert Receipt.of(again).document["specification"]["version"] == "1.1"
    first.refresh_from_db()
    assert (first.state, first.spec) == ("accepted", "1.0")
    assert Receipt.of(first).document["specification"]["version"] == "1.0"
    assert AcceptedFile.objects.that_count().get().delivery == first

    mended = delivering.checked(account, delivering.staff_csv(2, name="林小明"))
    assert (mended.state, mended.spec) == ("accepted", "1.1")
    first.refresh_from_db()
    assert first.state == "superseded"


def test_a_file_can_be_checked_by_either_before_it_is_sent(beside: Switch, tmp_path: Path) -> None:
    file = tmp_path / "staff-11501.csv"
    file.write_bytes(delivering.staff_csv(2, name=LONG))
    assert [offline.run([file], spec=version) for version in ("1.0", "1.1")] == [
        offline.CLEAN,
        offline.ERRORS,
    ]
    beside()
    with file.open("rb") as stream:
        [told] = prechecking.precheck(stream, file.name, delivering.institution(), delivering.OPEN, shown=9)
    assert (told["specification"]["version"], told["result"]) == ("1.1", "rejected")
