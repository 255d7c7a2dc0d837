"""A rulebook that contradicts itself is refused with file, place and reason."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from careward.rulebook import Problem, RulebookBroken, load
from careward.rulebook.book import rules_folder
from careward.rulebook.check import summary
from careward.rulebook.reading import read_yaml

Spoil = Callable[[str, str, str], list[Problem]]
Workshop = Any
C, S = "counties.yaml", "seasons/115.yaml"

CASES = read_yaml((Path(__file__).parent / "broken_rules.yaml").read_bytes())


@pytest.mark.parametrize(
    "case",
    CASES["contradictions"] + CASES["malformed"],
    ids=lambda case: f"{case['file']}:{case['at']}",
)
def test_a_broken_rule_is_refused_with_file_place_and_reason(spoilt: Spoil, case: dict[str, str]) -> None:
    problems = spoilt(case["file"], case["from"], case["to"])
    found = [told for told in problems if told.path == case["at"] and case["reason"] in told.reason]
    assert found, "\n".join(map(str, problems))
    assert found[0].file == f"rules/{case.get('told_in', case['file'])}"
    assert found[0].expected
    assert "{" not in found[0].reason


def test_every_problem_is_told_at_once_in_order_of_file_and_place(workshop: Workshop) -> None:
    workshop.edit(C, '"65000": {name', '"6500": {name')
    workshop.edit(S, "value: 14", "value: two")
    workshop.edit(S, "public: true", "public: maybe")
    told = [(problem.file, problem.path) for problem in workshop.problems()]
    assert told == [
        ("rules/counties.yaml", "counties.6500.code"),
        ("rules/seasons/115.yaml", "moments.applications_open.public"),
        ("rules/seasons/115.yaml", "secret_valid_days.value"),
    ]


def test_a_problem_prints_as_one_line_of_file_place_reason_and_expectation(spoilt: Spoil) -> None:
    (problem,) = spoilt(S, "at: 2025-12-22T00:00:00+08:00", "at: 2025-12-18T00:00:00+08:00")
    assert str(problem) == (
        "rules/seasons/115.yaml: moments.upload_opens.at: 「開放上傳」（2025-12-18 00:00）早於"
        "「上傳帳號建立完成」（2025-12-20 00:00） → 請填 2025-12-20T00:00:00+08:00 或更晚的時間"
    )


def test_the_summary_counts_the_problems_or_names_the_folder(workshop: Workshop) -> None:
    assert summary(workshop.folder, []) == f"規則簿沒有問題（{workshop.folder}）"
    workshop.edit(S, "value: 14", "value: two")
    assert summary(workshop.folder, workshop.problems()) == "規則簿有 1 個問題，請先修正"


def test_a_type_that_no_mode_serves_is_refused(workshop: Workshop) -> None:
    for _ in range(2):
        workshop.edit(S, "value: [elderly, disability,", "value: [disability,")
    assert [problem.path for problem in workshop.problems()] == ["modes"]


TABLES = ["counties.yaml", "institution-types.yaml", "policies.yaml", "roles.yaml", "laws.yaml"]


@pytest.mark.parametrize("name", TABLES)
def test_a_missing_file_is_told(workshop: Workshop, name: str) -> None:
    (workshop.folder / name).unlink()
    (problem,) = workshop.problems()
    assert (problem.file, problem.reason) == (f"rules/{name}", "讀不到這個檔案")


@pytest.mark.parametrize("name", ["seasons", "programmes", "documents"])
def test_an_empty_folder_is_told(workshop: Workshop, name: str) -> None:
    for path in (workshop.folder / name).glob("*.yaml"):
        path.unlink()
    assert f"rules/{name}" in {problem.file for problem in workshop.problems()}


def test_a_file_in_big5_is_told_and_not_guessed(workshop: Workshop) -> None:
    path = workshop.folder / C
    path.write_bytes(path.read_text(encoding="utf-8").encode("big5"))
    (problem,) = workshop.problems()
    assert problem.reason == "檔案不是 UTF-8 編碼"


def test_an_empty_file_is_told(workshop: Workshop) -> None:
    (workshop.folder / C).write_bytes(b"")
    (problem,) = workshop.problems()
    assert (problem.file, problem.reason) == ("rules/counties.yaml", "「None」不是一組資料")


def test_a_byte_order_mark_is_forgiven(workshop: Workshop) -> None:
    path = workshop.folder / C
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert workshop.problems() == []


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RulebookBroken, match="找不到規則資料夾"):
        load(tmp_path / "rules")


def test_the_rules_folder_can_be_moved_by_the_environment(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.edit(S, "value: 14", "value: 7")
    monkeypatch.setenv("CAREWARD_RULES", str(workshop.folder))
    assert rules_folder() == workshop.folder
    assert load(rules_folder()).written_seasons["115"].secret_valid_days.value == 7


def test_without_the_environment_the_rules_of_the_checkout_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CAREWARD_RULES", raising=False)
    assert (rules_folder() / "seasons" / "115.yaml").is_file()


def test_what_is_read_cannot_be_changed(workshop: Workshop) -> None:
    season = load(workshop.folder).written_seasons["115"]
    with pytest.raises(ValueError, match="frozen"):
        season.moment("upload_opens").label = "x"  # type: ignore[misc]
