"""What may be but seldom is: numbers with a wrong check digit, broad addresses, a registry that says otherwise."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careward.applications import acts
from careward.applications.models import Application
from careward.applications.plausibility import Widths, only_ipv6, same_name, wide, wrong_person_id
from careward.journal import Actor
from careward.kernel.identifiers import make_national_id
from careward.registry.acts import register
from careward.registry.models import Institution
from support.applying import ANSWERS, APPLICANT, DURING, lacking

WIDTHS = Widths(16, 64)


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        (["168.95.1.1/32"], ()),
        (["168.95.1.0/28"], ()),
        (["168.95.1.0/27"], ("168.95.1.0/27",)),
        (["168.95.1.0/28", "168.95.2.1/32"], ("168.95.1.0/28",)),
        (["168.95.1.0/29", "168.95.2.0/29"], ()),
        (["2001:b000::/64"], ()),
        (["2001:b000::/63", "168.95.1.0/28"], ("2001:b000::/63",)),
        ([], ()),
    ],
)
def test_a_range_is_remarked_on_beyond_its_limit_and_not_at_it(
    sources: list[str], found: tuple[str, ...]
) -> None:
    assert wide(sources, WIDTHS) == found


@given(numbers=st.lists(st.integers(1, 254), min_size=1, max_size=16, unique=True))
def test_single_addresses_up_to_the_limit_are_never_wide(numbers: list[int]) -> None:
    assert wide([f"168.95.1.{number}/32" for number in numbers], WIDTHS) == ()


def test_only_ipv6_is_said_of_ipv6_alone() -> None:
    assert only_ipv6(["2001:b000::1/128"])
    assert not only_ipv6(["2001:b000::1/128", "168.95.1.1/32"])
    assert not only_ipv6([])


@given(serial=st.integers(0, 9999), digit=st.integers(1, 9))
def test_a_changed_last_digit_is_always_noticed_and_none_at_all_never(serial: int, digit: int) -> None:
    right = make_national_id(serial)
    assert not wrong_person_id(right)
    assert wrong_person_id(right[:-1] + str((int(right[-1]) + digit) % 10))
    assert not wrong_person_id(None)


@pytest.mark.parametrize(
    ("one", "other", "same"), [("台安 之家", "臺安之家", True), ("甲之家", "乙之家", False)]
)
def test_names_are_compared_as_people_write_them(one: str, other: str, same: bool) -> None:
    assert same_name(one, other) is same


def _found(application: Application) -> set[str]:
    return {finding.kind.partition(":")[2] for finding in application.findings.in_force()}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"person_id": "A123456780"}, "person_id_check"),
        ({"mode": "rented", "vendor_business_id": "12345678"}, "business_id_check"),
        ({"sources": ["168.95.1.0/24"]}, "address_wide"),
        ({"sources": ["2001:b030:1::1/128"]}, "address_only_ipv6"),
    ],
)
def test_what_is_unlikely_becomes_a_finding_and_blocks_nothing(changes: dict[str, Any], kind: str) -> None:
    from support.applying import draft

    application = acts.save(draft(), APPLICANT, changes=changes, arrived_at=DURING)
    if changes.get("mode"):
        application = acts.save(application, APPLICANT, changes={
            "vendor_name": "範例資訊", "vendor_contact": "張資安", "vendor_phone": "02-23456789",
            "vendor_business_id": "12345678"}, arrived_at=DURING)  # fmt: skip
    sent = acts.submit(application, APPLICANT, notice_version="1", arrived_at=DURING)
    assert sent.state == "lacking"
    assert _found(sent) == {kind}
    finding = sent.findings.in_force().get()
    assert finding.says
    assert finding.look_at
    assert "A123456780" not in str(finding.values), "a finding holds nothing personal"


@pytest.mark.django_db
def test_what_was_corrected_is_no_finding_any_more() -> None:
    from support.applying import draft

    application = acts.save(draft(), APPLICANT, changes={"sources": ["168.95.1.0/24"]}, arrived_at=DURING)
    sent = acts.submit(application, APPLICANT, notice_version="1", arrived_at=DURING)
    by = Actor("applicant", "test")
    corrected = acts.correct(sent, by, changes={"sources": ["168.95.1.7/32"]}, arrived_at=DURING)
    assert _found(corrected) == set()


@pytest.mark.django_db
def test_an_own_system_at_a_vendors_address_is_asked_about() -> None:
    lacking(mode="rented", institution_code="1131000018", sources=["168.95.9.9/32"])
    own = lacking(sources=["168.95.9.9/32"])
    assert _found(own) == {"address_shared", "address_of_vendor"}
    (finding,) = own.findings.in_force().filter(kind="applications:address_of_vendor")
    assert "範例資訊股份有限公司" in finding.says
    assert _found(lacking(mode="rented", institution_code="1131000027", sources=["168.95.9.9/32"])) == {
        "address_shared"
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("known", "kind"),
    [
        ({"name": "另一個名字"}, {"registry_name_differs"}),
        ({"licensed": False}, {"registry_unlicensed"}),
        ({"ownership": "public"}, {"registry_differs"}),
        ({}, set()),
    ],
)
def test_a_registry_that_says_otherwise_is_shown(known: dict[str, Any], kind: set[str]) -> None:
    facts = {field: ANSWERS[f"institution_{field}"] for field in ("code", "name", "type")}
    facts |= {field: ANSWERS[field] for field in ("county", "ownership", "mailbox")}
    licensed = known.pop("licensed", True)
    by = Actor.system("test")
    register(by, **{**facts, **known})
    if not licensed:
        from careward.journal import acting

        with acting(by, "prepare"):
            Institution.objects.update(licensed=False)
    assert _found(lacking()) == kind
