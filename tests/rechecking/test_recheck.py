"""Changed rules tried in shadow: the difference is told, nothing that was accepted changes, everybody hears once."""

import shutil
from pathlib import Path

import pytest
from django.test import Client

from careward.correspondence.models import Letter
from careward.intake.models import AcceptedFile, Delivery
from careward.journal import Actor, acting
from careward.rechecking import acts, command, going, jobs
from careward.rechecking.models import DATASET_GONE, Recheck, Rechecked
from careward.rulebook import current
from careward.rulebook.book import load, rules_folder
from support.delivering import CODE, account, checked, staff_csv
from support.signing_in import person, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open")]
LONG = "歐陽小明明"
OTHER = "1131000555"


@pytest.fixture
def stricter(tmp_path: Path) -> Path:
    """A rulebook by which a name has at most three characters."""
    folder = tmp_path / "rules"
    shutil.copytree(rules_folder(), folder)
    staff = folder / "interchange" / "1.0" / "datasets" / "staff.yaml"
    text = staff.read_text("utf-8")
    assert text.count("max_length: 60") >= 1
    staff.write_text(text.replace("max_length: 60", "max_length: 3", 1), "utf-8")
    return folder


@pytest.fixture
def files() -> list[Delivery]:
    """One file the stricter rules would refuse, one they would not; a rejected and a tested one aside."""
    refused = checked(account("live"), staff_csv(2, name=LONG))
    passed = checked(account("live", OTHER), staff_csv(2, code=OTHER, name="林小明"))
    assert {refused.state, passed.state} == {"accepted"}
    checked(account("live", "1131000556"), staff_csv(1, code="1131000556", name=""))
    checked(account("test", "1131000557"), staff_csv(1, code="1131000557", name=LONG))
    return [refused, passed]


def _tried(rules: Path) -> Recheck:
    ordered = acts.order("115", "1.0", rules=str(rules))
    going.go_through(ordered, load(rules).interchange("1.0"))
    return ordered


def test_the_rules_in_force_would_refuse_nothing_of_what_they_accepted(files: list[Delivery]) -> None:
    ordered = acts.order("115", "1.0")
    jobs.run(str(ordered.pk))
    ordered.refresh_from_db()
    assert ordered.done_at is not None
    assert {answer.delivery for answer in ordered.answers.all()} == set(files)
    assert acts.refused_by(ordered) == []


def test_stricter_rules_name_the_check_the_files_and_the_errors(
    files: list[Delivery], stricter: Path
) -> None:
    ordered = _tried(stricter)
    assert [(files, errors) for _, files, errors in acts.refused_by(ordered)] == [(1, 2)]
    assert ordered.answers.get(errors__gt=0).delivery == files[0]


def test_nothing_that_was_accepted_changes(files: list[Delivery], stricter: Path) -> None:
    before = list(AcceptedFile.objects.order_by("pk").values())
    states = list(Delivery.objects.order_by("pk").values_list("state", "attempts", "receipt_key"))
    _tried(stricter)
    assert list(AcceptedFile.objects.order_by("pk").values()) == before
    assert list(Delivery.objects.order_by("pk").values_list("state", "attempts", "receipt_key")) == states


def test_a_run_broken_off_goes_on_where_it_was(
    files: list[Delivery], stricter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = load(stricter).interchange("1.0")
    ordered = acts.order("115", "1.0")

    def die(left: int) -> None:
        if left == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        going.go_through(ordered, spec, die)
    assert ordered.answers.count() == 1
    going.go_through(ordered, spec)
    assert Rechecked.objects.count() == 2


def test_each_institution_concerned_is_told_once_what_would_be_refused(
    files: list[Delivery], stricter: Path
) -> None:
    ordered, ministry = _tried(stricter), person("ministry")
    assert acts.tell_affected(ordered, ministry) == 1
    assert acts.tell_affected(ordered, ministry) == 0
    letter = Letter.objects.get(kind="rules_changed")
    assert letter.institution_code == CODE
    assert "11501：2 項錯誤\n    檢核代號 staff.name.max_length，2 項" in letter.body
    assert "現在上傳的檔案仍依 1.0 版檢核" in letter.body
    assert LONG not in letter.body


def test_the_page_orders_shows_and_tells(client: Client, files: list[Delivery], stricter: Path) -> None:
    ministry = sign_in(client, person("ministry"))
    answer = ministry.post("/rechecks/", {"spec": "1.0"})
    [ordered] = Recheck.objects.all()
    assert answer["Location"] == f"/rechecks/{ordered.pk}/"
    assert "還有" in ministry.get(f"/rechecks/{ordered.pk}/").content.decode()
    other = _tried(stricter)
    page = ministry.get(f"/rechecks/{other.pk}/").content.decode()
    assert "寄信通知 1 家機構" in page
    assert page.index("寄信通知 1 家機構") < page.index("哪些檔案</caption>"), "not behind fifty files"
    assert "已寄信通知 1 家機構" in ministry.post(f"/rechecks/{other.pk}/", follow=True).content.decode()


def test_the_command_says_by_its_answer_whether_something_would_be_refused(
    files: list[Delivery], stricter: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.run("115", "1.0", None) == command.NOTHING_REFUSED
    assert command.run("115", "1.0", stricter) == command.SOME_REFUSED
    assert capsys.readouterr().out.split() == ["staff.name.max_length", "1", "2"]
    assert command.run("115", "9.9", None) == command.UNREADABLE
    assert command.run("099", "1.0", None) == command.UNREADABLE
    assert command.run("115", "1.0", tmp_path / "nowhere") == command.UNREADABLE


def test_a_dataset_the_version_no_longer_has_is_named(files: list[Delivery]) -> None:
    spec = current().interchange("1.0")
    gone = spec.model_copy(update={"datasets": {"events": spec.dataset("events")}})
    ordered = acts.order("115", "1.0")
    going.go_through(ordered, gone)
    assert acts.refused_by(ordered) == [(DATASET_GONE, 2, 2)]


def test_nobody_is_told_before_all_files_were_looked_at(
    client: Client, files: list[Delivery], stricter: Path
) -> None:
    ordered, ministry = acts.order("115", "1.0", rules=str(stricter)), person("ministry")
    with acting(Actor.system("test"), "prepare"):
        ordered.answers.create(delivery=files[0], errors=2, warnings=0, rules={"staff.name.max_length": 2})
    sign_in(client, ministry).post(f"/rechecks/{ordered.pk}/")
    assert acts.tell_affected(ordered, ministry) == 0
    assert not Letter.objects.filter(kind="rules_changed").exists()


def test_the_letter_says_that_a_dataset_is_gone_instead_of_counting_an_error(files: list[Delivery]) -> None:
    spec = current().interchange("1.0")
    ordered = acts.order("115", "1.0")
    going.go_through(ordered, spec.model_copy(update={"datasets": {"events": spec.dataset("events")}}))
    assert acts.tell_affected(ordered, person("ministry")) == 2
    for letter in Letter.objects.filter(kind="rules_changed"):
        assert "長照人員 11501：新的規格沒有這個資料集" in letter.body
        assert DATASET_GONE not in letter.body
