"""Checks before sending: the same answers without an account, and an exit code for scripts."""

import io
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

from careward.checking import watching
from careward.checking.files import check
from careward.checking.offline import run
from careward.checking.sample_forms import as_csv
from careward.checking.samples import good_rows
from careward.kernel.roc import RocMonth
from careward.rulebook import current


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    staff = current().interchange("1.0").dataset("staff")
    (tmp_path / "staff-11501.csv").write_bytes(as_csv(staff, [staff.example]))
    (tmp_path / "staff-11502.csv").write_bytes(as_csv(staff, [staff.example]))
    (tmp_path / "staff-11503.csv").write_bytes(b"%PDF-1.7")
    (tmp_path / "list.csv").write_bytes(as_csv(staff, [staff.example]))
    return tmp_path


def asked(*files: Path, **options: str) -> tuple[int, str]:
    out = io.StringIO()
    code = run(files, **options, out=out)  # type: ignore[arg-type]
    return code, out.getvalue()


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["staff-11501.csv"], 0),
        (["staff-11502.csv"], 1),
        (["staff-11503.csv"], 2),
        (["list.csv"], 2),
        (["none-11501.csv"], 2),
        (["staff-11501.csv", "staff-11502.csv"], 1),
        ([], 0),
    ],
)
def test_the_exit_code_is_that_of_the_worst_file(folder: Path, names: list[str], expected: int) -> None:
    assert asked(*(folder / name for name in names))[0] == expected


def test_dataset_and_period_may_be_told_when_the_name_does_not(folder: Path) -> None:
    assert asked(folder / "list.csv", dataset="staff", period="11501")[0] == 0
    assert asked(folder / "staff-11502.csv", period="11501")[0] == 0


@pytest.mark.parametrize("option", [{"dataset": "cats"}, {"period": "202601"}, {"spec": "9.9"}])
def test_an_unknown_argument_is_answered_in_words(folder: Path, option: dict[str, str]) -> None:
    code, said = asked(folder / "staff-11501.csv", **option)
    assert code == 2
    assert next(iter(option.values())) in said


def test_json_is_one_receipt_per_line(folder: Path) -> None:
    out = io.StringIO()
    run([folder / "staff-11501.csv", folder / "staff-11502.csv"], json=True, out=out)
    documents = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [document["result"] for document in documents] == ["accepted", "rejected"]


def long_file(folder: Path) -> Path:
    """Clean rows, each known by a number of its own."""
    staff = current().interchange("1.0").dataset("staff")
    rows = good_rows(
        current().interchange("1.0"),
        staff,
        institution_code="1131000009",
        period=RocMonth.parse("11501"),
        n=400,
        seed=1,
    )
    file = folder / "staff-11501.csv"
    file.write_bytes(as_csv(staff, rows))
    return file


def on_a_terminal(file: Path, *, together: bool = False, **options: bool) -> tuple[str, str]:
    """What stands on standard output, and what a terminal on standard error has got; ``together``: on both."""
    out, (ours, theirs) = io.StringIO(), os.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen, ThreadPoolExecutor(1) as beside:
        shown = beside.submit(_all_of, screen)
        with os.fdopen(theirs, "w") as err:
            run([file], out=err if together else out, err=err, **options)  # type: ignore[arg-type]
        return out.getvalue(), shown.result().decode()


def _all_of(screen: io.FileIO) -> bytes:
    """Read while it is written: a terminal nobody reads from lets its writer wait once it is full."""
    got = b""
    with suppress(OSError):  # how the end of a terminal is told
        while piece := screen.read(1 << 16):
            got += piece
    return got


@pytest.fixture
def everything_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LONG", 1)
    monkeypatch.setenv("TERM", "xterm")


@pytest.mark.usefixtures("everything_is_long")
def test_a_long_file_has_a_bar_on_a_terminal_and_the_answer_is_the_same(tmp_path: Path) -> None:
    file = long_file(tmp_path)
    said, shown = on_a_terminal(file)
    assert "staff-11501.csv" in shown
    assert "%" in shown
    assert said == asked(file)[1]
    assert "━" not in said


@pytest.mark.usefixtures("everything_is_long")
def test_there_is_no_bar_with_json_nor_beside_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = long_file(tmp_path)
    said, shown = on_a_terminal(file, json=True)
    assert shown == ""
    assert json.loads(said)["counts"]["errors"] == 0
    asked(file)
    assert capsys.readouterr().err == ""


def test_a_short_file_has_no_bar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert on_a_terminal(long_file(tmp_path))[1] == ""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp950"])
def test_the_bar_never_goes_back_and_the_answer_is_that_of_the_file(tmp_path: Path, encoding: str) -> None:
    file = long_file(tmp_path)
    file.write_bytes(file.read_text(encoding="utf-8-sig").encode(encoding, "replace"))
    told: list[int] = []
    spec = current().interchange("1.0")
    facts = {"spec": spec, "dataset": spec.dataset("staff"), "period": RocMonth.parse("11501")}
    with io.BufferedReader(watching.Watched(file, told.append)) as stream:
        result = check(stream, institution_code=None, today=date(2026, 2, 5), **facts)  # type: ignore[arg-type]
    plain = check(file, institution_code=None, today=date(2026, 2, 5), **facts)  # type: ignore[arg-type]
    assert (result.row_count, result.errors, result.adaptations) == (400, plain.errors, plain.adaptations)
    assert told == sorted(told)
    assert file.stat().st_size <= told[-1] <= 2 * file.stat().st_size


@pytest.mark.usefixtures("everything_is_long")
def test_the_bar_is_taken_away_before_the_answer_is_written(tmp_path: Path) -> None:
    _, shown = on_a_terminal(long_file(tmp_path), together=True)
    before = shown[: shown.index("staff-11501.csv：沒有錯誤")]
    assert before.endswith("\x1b[2K")
    assert "━" not in shown[len(before) :]


def test_with_json_what_is_no_receipt_is_said_beside_it(folder: Path) -> None:
    out, err = io.StringIO(), io.StringIO()
    missing = folder / "none-11501.csv"
    assert run([missing, folder / "staff-11501.csv"], json=True, out=out, err=err) == 2
    assert [json.loads(line)["result"] for line in out.getvalue().splitlines()] == ["accepted"]
    assert "找不到" in err.getvalue()
    assert run([missing], period="202601", json=True, out=out, err=err) == 2
    assert "202601" in err.getvalue()
    assert len(out.getvalue().splitlines()) == 1


def test_a_folder_is_called_one_and_says_what_to_write_instead(folder: Path) -> None:
    code, said = asked(folder)
    assert (code, said) == (2, f"{folder}：這是資料夾，請寫裡面的檔案，例如 {folder}/*.csv。\n")


def test_a_file_checked_before_sending_is_never_said_to_be_taken_in(folder: Path) -> None:
    staff = current().interchange("1.0").dataset("staff")
    adapted = folder / "staff-11501.csv"
    adapted.write_bytes(as_csv(staff, [staff.example], delimiter=";"))
    said = asked(adapted, folder / "staff-11502.csv")[1]
    assert "結果：沒有錯誤，可以上傳。" in said
    assert "現在上傳會整個檔案退回" in said
    for word in ("已收下", "未收下", "收到時間", "機構代碼：無法判斷"):
        assert word not in said


def test_a_name_that_tells_nothing_can_be_helped_by_the_options(folder: Path) -> None:
    said = asked(folder / "list.csv")[1]
    assert "list.csv：無法檢核。" in said
    assert "--dataset staff --period 11501" in said
    assert "--dataset" not in asked(folder / "staff-11503.csv")[1]


def test_an_answer_that_cannot_be_written_is_not_called_a_missing_file(folder: Path) -> None:
    words = [sys.executable, "-m", "careward", "intake", "check", str(folder / "staff-11501.csv")]
    with Path("/dev/full").open("w") as full:
        told = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (told.returncode, told.stderr.strip()) == (2, "[Errno 28] No space left on device")


def test_a_reader_that_went_away_ends_the_check_without_a_word(folder: Path) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    words = [sys.executable, "-m", "careward", "intake", "check", "--json", str(folder / "staff-11501.csv")]
    with os.fdopen(theirs, "w") as gone:
        told = subprocess.run(words, stdout=gone, stderr=subprocess.PIPE, text=True, check=False)
    assert (told.returncode, told.stderr) == (1, "")
