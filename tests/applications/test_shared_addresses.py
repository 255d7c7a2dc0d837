"""Addresses several institutions use: every officer concerned sees it, whoever came first."""

import pytest

from careward.applications import acts, jobs
from careward.applications.models import Application
from careward.applications.sharing import SHARED
from support.applying import APPLICANT, DURING, VENDOR, lacking

pytestmark = pytest.mark.django_db
HERE, NEAR, FAR = ["168.95.1.1/32"], ["168.95.1.0/28"], ["168.95.7.7/32"]


def second(**changes: object) -> Application:
    return lacking(**{"institution_code": "1131000018", "mailbox": "other@example.org", **changes})


def worked(application: Application, former: list[str] | None = None) -> None:
    """What the worker does after an act on it."""
    jobs.look_at_others(str(application.pk), former or [], "")


def told(application: Application) -> str:
    found = application.findings.in_force().filter(kind=SHARED).first()
    return found.says if found else ""


def corrected(application: Application, **changes: object) -> Application:
    return acts.correct(application, APPLICANT, changes=changes, arrived_at=DURING)


def test_the_earlier_application_says_so_too() -> None:
    first = lacking(sources=HERE)
    later = second(sources=NEAR)
    assert told(later)
    assert not told(first)
    worked(later)
    assert told(first) == "來源位址 168.95.1.1 也有其他 1 家機構使用"


def test_two_that_did_not_see_each_other_are_both_noted_by_the_worker() -> None:
    first, later = lacking(sources=HERE), second(sources=HERE)
    for one in (first, later):
        one.findings.all().delete()
    worked(later)
    assert told(first)
    assert told(later)


def test_a_second_run_of_the_worker_notes_nothing_new() -> None:
    first, later = lacking(sources=HERE), second(sources=HERE)
    worked(later)
    before = first.findings.count()
    worked(later)
    assert first.findings.count() == before


def test_what_is_shared_no_more_is_lifted_on_both() -> None:
    first, later = lacking(sources=HERE), second(sources=HERE)
    worked(later)
    corrected(later, sources=FAR)
    worked(later, HERE)
    assert not told(first)
    assert not told(later)
    assert first.findings.filter(kind=SHARED).exists()


def test_a_withdrawn_application_shares_with_nobody() -> None:
    first, later = lacking(sources=HERE), second(sources=HERE)
    worked(later)
    acts.withdraw(later, APPLICANT, arrived_at=DURING)
    worked(later)
    assert not told(first)
    assert not told(later)


@pytest.mark.parametrize("by", ["vendor_business_id", "vendor_code"])
def test_addresses_of_one_vendor_are_noted_on_none_by_its_number_and_by_its_code(by: str) -> None:
    of_vendor = {"mode": "rented", **VENDOR, "vendor_code": "VABC234", "sources": HERE}
    other = {"vendor_business_id": "12345675", "vendor_code": "VXYW567"}
    first = lacking(**of_vendor)
    later = second(**{**of_vendor, **{name: value for name, value in other.items() if name != by}})
    worked(later)
    assert not told(first)
    assert not told(later)


def test_who_turns_out_to_have_the_same_vendor_is_no_longer_noted() -> None:
    of_vendor = {"mode": "rented", **VENDOR, "sources": HERE}
    first = lacking(**of_vendor)
    later = second(**{**of_vendor, "vendor_business_id": "12345675"})
    worked(later)
    assert told(first)
    corrected(later, vendor_business_id=VENDOR["vendor_business_id"])
    worked(later, HERE)
    assert not told(first)
    assert not told(later)


def test_the_worker_is_asked_with_the_addresses_there_were_before(monkeypatch: pytest.MonkeyPatch) -> None:
    later = second(sources=HERE)
    asked: list[dict[str, object]] = []
    monkeypatch.setattr(jobs.look_at_others, "defer", lambda **what: asked.append(what))
    corrected(later, sources=FAR)
    assert asked == [{"application_id": str(later.pk), "former": HERE, "former_code": "1131000018"}]
