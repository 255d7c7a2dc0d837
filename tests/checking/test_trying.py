"""A file that is no delivery, checked as one, alone or in a ZIP: as the page before sending and the command do."""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from careward.checking import offline, sample_forms, samples
from careward.checking.trying import Ground, Tried, tried
from careward.kernel.clock import taipei
from careward.kernel.roc import RocMonth
from careward.rulebook import current

SPEC = current().interchange("1.0")
GROUND = Ground(SPEC, taipei(2026, 2, 5, 10))


def _rows(dataset: str, month: str = "11501", n: int = 3, **changes: str) -> bytes:
    known = SPEC.dataset(dataset)
    facts = {"institution_code": "1131000009", "period": RocMonth.parse(month), "n": n, "seed": 1}
    rows = samples.good_rows(SPEC, known, **facts)  # type: ignore[arg-type]
    return sample_forms.as_csv(known, [{**row, **changes} for row in rows])


def _zip(folder: Path, files: Mapping[str, bytes]) -> Path:
    made = folder / "一月.zip"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return made


def _tried(file: Path) -> list[Tried]:
    return list(tried(file, file.name, GROUND))


def _not_compared(one: Tried) -> bool:
    return any(adaptation.kind == "not_compared" for adaptation in one.result.adaptations)


def test_a_file_of_a_zip_is_compared_with_those_that_are_to_be_checked_before_it(tmp_path: Path) -> None:
    files = {
        f"{name}-11501.csv": _rows(name, n=1) for name in ("movements", "institution_month", "residents")
    }
    answers = _tried(_zip(tmp_path, files))
    assert [one.file.name.partition("-")[0] for one in answers] == [
        "residents",
        "institution_month",
        "movements",
    ]
    assert [_not_compared(one) for one in answers] == [False] * 3
    alone = tmp_path / "movements-11501.csv"
    alone.write_bytes(files["movements-11501.csv"])
    assert [_not_compared(one) for one in _tried(alone)] == [True]


def test_a_faulty_file_is_not_compared_with(tmp_path: Path) -> None:
    answers = _tried(_zip(tmp_path, {"movements-11501.csv": _rows("movements"), "residents-11501.csv": b"x"}))
    assert [_not_compared(one) for one in answers] == [False, True]


def test_the_month_before_of_the_same_zip_is_the_month_before(tmp_path: Path) -> None:
    earlier, later = _rows("weights", "11501"), _rows("weights", "11502")
    answers = _tried(_zip(tmp_path, {"weights-11502.csv": later, "weights-11501.csv": earlier}))
    assert [str(one.period) for one in answers] == ["11501", "11502"]
    assert [one.result.errors for one in answers] == [0, 0]


@pytest.mark.parametrize(
    ("files", "rule"),
    [
        ({"../staff-11501.csv": b"x"}, "bundle.path"),
        ({}, "bundle.empty"),
        ({"staff-11501.csv": b"x", "staff-11501-2.csv": b"x"}, "bundle.two_of_a_month"),
        ({"events-11501.csv": b"x", "staff-11501.csv": b"PK\x03\x04" + bytes(60)}, "bundle.nested"),
    ],
    ids=["a path upwards", "empty", "two of a month", "a ZIP within"],
)
def test_a_zip_that_would_not_be_taken_apart_has_one_answer_that_says_why(
    tmp_path: Path, files: Mapping[str, bytes], rule: str
) -> None:
    [one] = _tried(_zip(tmp_path, files))
    assert [found.rule for found in one.result.findings] == [rule]
    assert not one.result.readable


def test_the_command_answers_for_each_file_of_a_zip_and_ends_with_the_worst(tmp_path: Path) -> None:
    files = {"staff-11501.csv": _rows("staff", role="XXX"), "drills-11501.csv": _rows("drills")}
    out = io.StringIO()
    assert offline.run([_zip(tmp_path, files)], out=out) == offline.ERRORS
    assert "staff-11501.csv：錯誤 3 項" in out.getvalue()
    assert "drills-11501.csv：沒有錯誤" in out.getvalue()
    out = io.StringIO()
    assert (
        offline.run([_zip(tmp_path, {"staff-11501.csv": _rows("staff")})], json=True, out=out)
        == offline.CLEAN
    )
    assert json.loads(out.getvalue())["file"]["name"] == "staff-11501.csv"
    out = io.StringIO()
    assert offline.run([_zip(tmp_path, {"../staff-11501.csv": b"x"})], out=out) == offline.UNREADABLE


@pytest.mark.parametrize(
    ("dataset", "content", "rule", "limit"),
    [
        ("institution_month", b"x" * ((1 << 20) + 1), "file.too_large", "1,048,576"),
        (
            "drills",
            _rows("drills", n=1) + _rows("drills", n=1).splitlines(keepends=True)[1] * 20_000,
            "file.too_many_rows",
            "20000",
        ),
    ],
)
def test_a_dataset_has_limits_of_its_own_and_who_passes_them_is_told_which(
    tmp_path: Path, dataset: str, content: bytes, rule: str, limit: str
) -> None:
    file = tmp_path / f"{dataset}-11501.csv"
    file.write_bytes(content)
    [one] = _tried(file)
    found = next(found for found in one.result.findings if found.rule == rule)
    assert limit in found.expected


def test_the_largest_dataset_may_hold_a_million_rows_and_come_over_sftp() -> None:
    staff, delivery = SPEC.dataset("staff"), current().policies.delivery
    assert SPEC.most_rows(staff) == 1_000_000
    longest = _rows("staff", n=200)
    assert 1_000_000 * len(longest) / 200 < min(SPEC.most_bytes(staff), delivery.max_bytes.value)
