"""Every check of every version is run on its own good and bad samples."""

from pathlib import Path

import pytest

from careward.checking.files import check as check_file
from careward.checking.files import refusals
from careward.checking.naming import recognise
from careward.checking.samples import sample_file
from careward.checking.unreadable import Unreadable
from careward.rulebook.interchange import Check, Sample, load_interchange

RULES = Path(__file__).resolve().parents[2] / "rules" / "interchange"
VERSIONS = {path.name: load_interchange(path) for path in RULES.iterdir() if path.is_dir()}


def samples(which: str) -> list[object]:
    return [
        pytest.param(version, check, sample, id=f"{version}-{check.id}-{number}")
        for version, spec in VERSIONS.items()
        for check in spec.checks
        for number, sample in enumerate(getattr(check, which))
    ]


def rules_broken(version: str, check: Check, sample: Sample) -> set[str]:
    file = sample_file(VERSIONS[version], check, sample)
    try:
        recognise(file.name, spec=file.spec)
    except Unreadable as unreadable:
        return {finding.rule for finding in refusals(unreadable, file.spec)}
    result = check_file(
        file.content,
        spec=file.spec,
        dataset=file.dataset,
        period=file.period,
        institution_code=file.institution_code,
        today=file.today,
        known=file.known,
    )
    for finding in result.findings:
        assert all((finding.what, finding.expected, finding.why, finding.how))
    return {finding.rule for finding in result.findings}


@pytest.mark.parametrize(("version", "check", "sample"), samples("good"))
def test_a_good_sample_breaks_nothing(version: str, check: Check, sample: Sample) -> None:
    assert rules_broken(version, check, sample) == set()


@pytest.mark.parametrize(("version", "check", "sample"), samples("bad"))
def test_a_bad_sample_breaks_its_check(version: str, check: Check, sample: Sample) -> None:
    assert check.id in rules_broken(version, check, sample)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_check_has_a_good_and_a_bad_sample(version: str) -> None:
    assert [check.id for check in VERSIONS[version].checks if not (check.good and check.bad)] == []
