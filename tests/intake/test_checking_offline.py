"""Checks before sending: the same answers without an account, and an exit code for scripts."""

import io
import json
from pathlib import Path

import pytest

from careward.intake.offline import run
from careward.intake.sample_forms import as_csv
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
