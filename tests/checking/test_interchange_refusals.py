"""A specification that contradicts itself is refused with file, place and reason."""

import shutil
from pathlib import Path

import pytest

from careward.rulebook.errors import RulebookBroken
from careward.rulebook.interchange import load_interchange

VERSION = Path(__file__).resolve().parents[2] / "rules" / "interchange" / "1.0"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copied = tmp_path / "rules" / "interchange" / "1.0"
    shutil.copytree(VERSION, copied)
    return copied


@pytest.mark.parametrize(
    ("file", "old", "new", "place"),
    [
        ("interchange.yaml", 'version: "1.0"', 'version: "1.1"', "version"),
        ("datasets/staff.yaml", "codes: staff_role", "codes: roles", "fields.role.codes"),
        ("datasets/staff.yaml", "example: CAW", "example: ABC", "fields.role.example"),
        ("datasets/staff.yaml", "in: [NUR,", "in: [NURSE,", "fields.licence_no.required_when"),
        ("datasets/staff.yaml", "label: 離職日", "label: 到職日", "fields.employed_to"),
        ("datasets/staff.yaml", "max: 744", "max: -1", "fields.training_hours.max"),
        ("datasets/drills.yaml", "{value: 20000,", "{value: 1000001,", "limits.rows"),
        ("datasets/drills.yaml", "{value: 16777216,", "{value: 268435457,", "limits.file_bytes"),
        (
            "datasets/staff.yaml",
            "keep: id_hashed\n    example: A",
            "keep: as_is\n    example: A",
            "fields.personal_id.keep",
        ),
        ("datasets/staff.yaml", "    decimals: 1\n", "", "fields.training_hours.decimals"),
        ("datasets/staff.yaml", "example: E0001", "example: E 0001", "fields.record_key.example"),
        ("datasets/staff.yaml", '"[0-9A-Za-z_.-]{1,40}"', '"[0-9"', "fields.record_key.pattern"),
        ("datasets/staff.yaml", "record_key: record_key", "record_key: key", "record_key"),
        ("datasets/staff.yaml", "type: date", "type: day", "fields.employed_from.type"),
        ("datasets/staff.yaml", "    source: decided\n", "", "fields.name.source"),
        ("common.yaml", "    source: decided\n", "", "fields.period.source"),
        ("datasets/staff.yaml", "common: [period,", "common: [month,", "common"),
        ("datasets/weights.yaml", "  weighed_on:\n", "  period:\n", "fields.period"),
        ("checks/events.yaml", "dataset: residents", "dataset: inmates", "checks.resident_is_listed.rule"),
        ("checks/events.yaml", "key: resident_key,", "key: name,", "checks.happened_on_in_stay.rule"),
        ("checks/movements.yaml", "ADM: [HOS, LEA", "ADM: [HOP, LEA", "checks.order_makes_sense.rule"),
        (
            "checks/events.yaml",
            "{field: event, in: [FALL]}",
            "{field: event, in: [FAL]}",
            "checks.fall_cause_only_then.rule",
        ),
        ("codes/nationality.yaml", "label: 越南", "label: 印尼", "codes.VNM"),
        ("checks/staff.yaml", "other: employed_from", "other: role", "checks.leaves_after_arriving.rule"),
        ("checks/staff.yaml", "fields: [record_key]", "fields: [key]", "checks.key_once.rule"),
        ("checks/staff.yaml", "{first_line}", "{line_one}", "staff.key_once.what"),
        ("checks/staff.yaml", "kind: unique", "kind: unusual", "checks.key_once.rule"),
        ("checks/staff.yaml", "key_once:", "name:", "checks.name"),
        ("checks/institution_month.yaml", "total: beds_licensed", "total: period", "checks.beds_add_up.rule"),
        ("checks/derived.yaml", "  required_when:", "  needed_when:", "kinds.required_when"),
        ("checks/file.yaml", "problem: nul", "problem: quote", "checks"),
        ("checks/file.yaml", "family: E4", "family: W", "checks.dataset_unknown.family"),
        ("checks/file.yaml", "{found}」這個資料集", "{found」這個資料集", "file.dataset_unknown.what"),
    ],
)
def test_a_contradiction_is_named_with_its_place(
    folder: Path, file: str, old: str, new: str, place: str
) -> None:
    path = folder / file
    before = path.read_text(encoding="utf-8")
    assert old in before
    path.write_text(before.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RulebookBroken) as refusal:
        load_interchange(folder)
    told = refusal.value.problems
    assert f"rules/interchange/1.0/{file}" in {problem.file for problem in told}
    assert any(problem.path.startswith(place) for problem in told), told
    assert all(problem.reason for problem in told)


def test_a_missing_file_is_refused(folder: Path) -> None:
    (folder / "checks" / "derived.yaml").unlink()
    with pytest.raises(RulebookBroken):
        load_interchange(folder)


def test_a_version_dropped_beside_another_is_read_as_its_own(folder: Path) -> None:
    newer = folder.with_name("1.1")
    shutil.copytree(folder, newer)
    head = newer / "interchange.yaml"
    head.write_text(
        head.read_text(encoding="utf-8").replace('version: "1.0"', 'version: "1.1"'), encoding="utf-8"
    )
    kept = {"movements", "residents", "staff"}
    for name in set(load_interchange(folder).datasets) - kept:
        (newer / "datasets" / f"{name}.yaml").unlink()
        (newer / "checks" / f"{name}.yaml").unlink()
    assert load_interchange(newer).version == "1.1"
    assert list(load_interchange(newer).datasets) == sorted(kept)
    assert len(load_interchange(folder).datasets) == 10
