"""An excerpt quotes nothing of a file: over every sample of every check, over generated files, over any text."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careward.checking.files import check as check_file
from careward.checking.receipt.report import ReceivedFile, receipt_document
from careward.checking.sample_forms import as_csv as written
from careward.checking.samples import faulty_rows, sample_file
from careward.excerpts.slicing import Slice, as_csv, cut, shape
from careward.intake.catalogue import check_lines
from careward.intake.grouping import Receipt
from careward.kernel.clock import taipei
from careward.kernel.roc import RocMonth
from careward.kernel.texts import text
from careward.rulebook.interchange import Dataset, Interchange, load_interchange

RULES = Path(__file__).resolve().parents[2] / "rules" / "interchange"
VERSIONS = {path.name: load_interchange(path) for path in RULES.iterdir() if path.is_dir()}
AT = taipei(2026, 2, 5, 10)
SIGNS = frozenset(" !\"#%&'()*+,-./:;<=>?@[]_…Aa9字９Ａ？")
EMPTY = "（空白）"
NAME = "王小明測試"
NUMBER = "A123456789"


def slices(
    content: bytes, spec: Interchange, dataset: Dataset, period: RocMonth, **known: Any
) -> list[Slice]:
    """Every excerpt that could be made of a file's receipt."""
    known = {"institution_code": "1131000009", "today": AT.date(), **known}
    result = check_file(content, spec=spec, dataset=dataset, period=period, **known)
    document = receipt_document(
        result, file=ReceivedFile("0000000001", f"{NAME}.csv", "0" * 64, len(content), AT, "live"), spec=spec,
        dataset=dataset, period=period, institution_code=known["institution_code"], checked_at=AT,
    )  # fmt: skip
    receipt = Receipt(document)
    made = [cut(receipt, group.rule, spec, dataset) for group in receipt.by_rule]
    assert all(one is not None for one in made)
    return [one for one in made if one is not None]


def quotes_nothing(one: Slice, spec: Interchange) -> None:
    """Its words are the specification's, its places line numbers and shapes, those only where the class allows."""
    known = (*spec.file_checks, *one.dataset.checks)
    assert one.check in check_lines(spec, known, one.dataset)
    for place in one.places:
        assert place.line is None or isinstance(place.line, int)
        assert place.shape == EMPTY or set(place.shape) <= SIGNS
        if one.field is None or one.field.personal_data != "none":
            assert place.shape == ""


@pytest.mark.parametrize("version", VERSIONS)
def test_no_sample_of_any_check_is_quoted(version: str) -> None:
    spec, seen = VERSIONS[version], set()
    for check in spec.checks:
        for sample in check.bad:
            file = sample_file(spec, check, sample)
            facts = {"institution_code": file.institution_code, "today": file.today, "known": file.known}
            for one in slices(file.content, file.spec, file.dataset, file.period, **facts):
                quotes_nothing(one, file.spec)
                seen.add(one.check.check.id)
    of_names = {"file.name_without_dataset", "file.name_without_period", "file.dataset_unknown"}
    assert {check.id for check in spec.checks} - seen <= of_names


@pytest.mark.parametrize("dataset", VERSIONS["1.0"].datasets)
def test_nothing_personal_of_a_generated_file_stands_in_the_table(dataset: str) -> None:
    spec = VERSIONS["1.0"]
    kind = spec.dataset(dataset)
    period = RocMonth.parse("11501")
    records = faulty_rows(spec, kind, n=60, institution_code="1131000009", period=period, seed=6).records
    said = "".join(
        as_csv(one).decode("utf-8-sig") for one in slices(written(kind, records), spec, kind, period)
    )
    assert said
    words = "".join(f"{line.expected}{line.how}{line.why}" for line in check_lines(spec, kind.checks, kind))
    personal = [field for field in kind.fields if field.personal_data != "none"]
    told = {record.get(field.id, "") for record in records for field in personal}
    assert {one for one in told if len(one) > 2 and one in said and one not in words} == set()


def test_a_name_and_a_number_in_the_wrong_column_are_not_quoted() -> None:
    spec = VERSIONS["1.0"]
    kind = spec.dataset("staff")
    for field in kind.fields:
        row = {**kind.example, field.id: f"{NAME}{NUMBER}"}
        for one in slices(written(kind, [row]), spec, kind, RocMonth.parse("11501")):
            quotes_nothing(one, spec)
            said = as_csv(one).decode()
            assert not any(part in said for part in (NAME, NUMBER, NUMBER[1:], "A12", "789"))


@given(st.text())
def test_a_shape_holds_no_sign_of_what_it_was(said: str) -> None:
    told = shape(said)
    assert said == EMPTY or (set(told) <= SIGNS and len(told) == len(said))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("115/13/45", "999/99/99"),
        ("A12****789", "A99****999"),
        ("Rn-2", "Aa-9"),
        ("１１５０１", "９９９９９"),
        ("Ａ１", "Ａ９"),
        ("護理長", "字字字"),
        ("3人", "9字"),
        (EMPTY, EMPTY),
        ("٣", "？"),
        ("é", "字"),
    ],
)
def test_a_shape_tells_how_a_value_is_written(said: str, told: str) -> None:
    assert shape(said) == told


def test_the_word_for_an_empty_cell_is_the_receipts() -> None:
    assert text("checking:findings.empty") == EMPTY
