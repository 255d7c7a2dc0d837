"""A file's name tells dataset and month, or the answer says which names exist."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careward.checking.files import refusals
from careward.checking.naming import recognise
from careward.checking.unreadable import Unreadable
from careward.rulebook.interchange import load_interchange

SPEC = load_interchange(Path(__file__).resolve().parents[2] / "rules" / "interchange" / "1.0")


@pytest.mark.parametrize(
    "name",
    [
        "staff-11501.csv",
        "STAFF-11501.CSV",
        "staff-11501-再送.csv",
        "inbox/staff-11501-2-x.txt",
        "ｓｔａｆｆ-１１５０１.csv",
    ],
)
def test_dataset_and_month_are_read_from_the_name(name: str) -> None:
    said = recognise(name, spec=SPEC)
    assert (said.dataset.id, str(said.period)) == ("staff", "11501")


def test_an_unknown_dataset_is_answered_with_those_that_exist() -> None:
    with pytest.raises(Unreadable) as refusal:
        recognise("inmates-11501.csv", spec=SPEC)
    (finding,) = refusals(refusal.value, SPEC)
    assert finding.found == "inmates"
    assert all(dataset in finding.expected for dataset in SPEC.datasets)


@pytest.mark.parametrize(("name", "quoted"), [("staff.csv", "「staff」"), ("staff-202601.csv", "「202601」")])
def test_a_name_without_a_month_is_quoted_where_it_should_stand(name: str, quoted: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        recognise(name, spec=SPEC)
    (finding,) = refusals(refusal.value, SPEC)
    assert quoted in finding.what


@given(st.text(max_size=60))
def test_no_name_crashes(name: str) -> None:
    try:
        said = recognise(name, spec=SPEC).dataset.id
    except Unreadable as refusal:
        said = "".join(finding.what for finding in refusals(refusal, SPEC))
    assert said
