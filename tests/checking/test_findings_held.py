"""Findings are written as they are made and read back any number of times, few or many alike."""

import tracemalloc
from collections import Counter
from decimal import Decimal
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careward.checking import spill
from careward.checking.engine.compiling import compiled
from careward.checking.findings import Finding
from careward.checking.receipt.report import OnDemand, ReceivedFile, receipt_document
from careward.checking.receipt.writing import write_text
from careward.checking.spill import CheckResult, Findings
from careward.kernel.clock import taipei
from careward.rulebook.interchange import load_interchange

SPEC = load_interchange(Path(__file__).resolve().parents[2] / "rules" / "interchange" / "1.0")
STAFF = SPEC.dataset("staff")
ORDER = compiled(SPEC, STAFF).order
CHECKS = [check for check in STAFF.checks if check.level in ("field", "record")]

places = st.tuples(st.none() | st.integers(2, 30), st.sampled_from(CHECKS))


def some(at: list[tuple[int | None, object]]) -> list[Finding]:
    by_line = sorted(at, key=lambda place: place[0] or 0)
    return [
        Finding(line, check, f"{number} \ud800 ○", f"K{line}", {"count": number})  # type: ignore[arg-type]
        for number, (line, check) in enumerate(by_line)
    ]


def held(found: list[Finding]) -> Findings:
    made = Findings(ORDER)
    for finding in found:
        made.add(finding)
    return made


@given(st.lists(places, max_size=40))
def test_what_goes_to_disk_is_what_stays_in_memory(at: list[tuple[int | None, object]]) -> None:
    found = some(at)
    few = held(found)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spill, "MOST_IN_MEMORY", 3)
        many = held(found)
    assert list(many) == list(few)
    assert sorted(map(repr, few)) == sorted(map(repr, found))
    assert [(each.check, list(each)) for each in many.by_check()] == [
        (each.check, list(each)) for each in few.by_check()
    ]
    assert list(many.by_record()) == list(few.by_record())
    assert (many.errors, many.warnings, many.records, len(many)) == (
        few.errors,
        few.warnings,
        few.records,
        len(found),
    )
    assert few.errors == Counter(finding.warns for finding in found)[False]


def test_all_are_told_line_by_line_and_within_a_line_as_the_columns_stand() -> None:
    found = held(
        [Finding(line, check, "x", values={}) for check in reversed(CHECKS) for line in (None, 2, 5)]
    )
    told = [(finding.line or 0, ORDER[finding.rule]) for finding in found]
    assert told == sorted(told)
    assert [record.line for record in found.by_record()] == [None, 2, 5]


@given(st.lists(st.sampled_from([1, True, Decimal(1), Decimal("1.0"), "1", "1.0"]), min_size=1, max_size=12))
def test_a_receipt_words_each_finding_by_its_own_values_those_that_are_equal_too(sums: list[object]) -> None:
    monthly = SPEC.dataset("institution_month")
    check = next(one for one in monthly.checks if one.id == "institution_month.beds_add_up")
    found = Findings(compiled(SPEC, monthly).order)
    for line, value in enumerate(sums, start=2):
        found.add(Finding(line, check, "7", values={"sum": value}))
    document = receipt_document(
        CheckResult(found, len(sums), (), readable=True),
        file=ReceivedFile("", "a.csv", "", 0, taipei(2026, 2, 5), "live"),
        spec=SPEC, dataset=monthly, period=None, institution_code=None, checked_at=taipei(2026, 2, 5),
    )  # fmt: skip
    [group] = document["by_rule"]
    assert [one["what"] for one in group["findings"]] == [one.what for one in found]
    assert str(sums[-1]) in group["findings"][-1]["what"]


def test_two_readers_do_not_disturb_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill, "MOST_IN_MEMORY", 0)
    many = held(some([(line, CHECKS[0]) for line in range(2, 2_000)]))
    (first,) = many.by_check()
    assert all(one == other for one, other in zip(first, many, strict=True))
    assert next(iter(first)).line == 2


def test_the_text_of_a_long_receipt_is_not_held_in_memory(tmp_path: Path) -> None:
    group = {
        "warns": False,
        "label": "",
        "family_label": "",
        "family": "E1",
        "count": 20_000,
        "rule": "r",
        "why": "",
    }
    finding = dict.fromkeys(("record_key", "what", "expected", "how"), "字" * 100) | {
        "line": 2,
        "confirmed": None,
    }
    found = OnDemand(lambda: (finding for _ in range(20_000)))
    file = {"name": "", "sha256": "", "received_at": "2026-02-05T10:00:00+08:00"}
    document = {
        "ticket": "", "dataset": None, "period": "", "institution_code": "", "checked_at": file["received_at"],
        "counts": dict.fromkeys(("errors", "warnings", "rows", "records", "confirmed"), 0), "file": file,
        "result": "rejected", "lane": "live", "specification": {"title": "", "statement": ""}, "adaptations": [],
        "by_rule": OnDemand(lambda: [{**group, "findings": found}]),
    }  # fmt: skip
    with SpooledTemporaryFile(1 << 16, dir=tmp_path) as spooled:
        tracemalloc.start()
        write_text(document, cast("BinaryIO", spooled))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert spooled.tell() > 10 << 20
    assert most < 2 << 20
