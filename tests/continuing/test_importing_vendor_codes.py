"""Last season's participants imported with the code of their system vendor: the directory says the rest."""

import pytest

from careward.continuing.importing import PARTICIPANTS
from careward.continuing.models import Invitation
from careward.flow.importing import Plan, carry_out, plan
from careward.journal import Actor
from careward.kernel.clock import frozen
from support import vendors
from support.applying import DURING
from support.continuing import STAFF, institution

pytestmark = pytest.mark.django_db
HEAD = "機構代碼,電子信箱,系統介接方式,廠商代碼,資訊廠商,來源位址"


def table(*rows: str) -> bytes:
    return "\n".join([HEAD, *rows]).encode()


def planned(content: bytes) -> Plan:
    with frozen(DURING):
        return plan(PARTICIPANTS, content)


def imported(content: bytes, by: Actor = STAFF) -> Invitation:
    shown = planned(content)
    with frozen(DURING):
        carry_out(PARTICIPANTS, content, by, shown=shown.digest)
    return Invitation.objects.get()


def test_the_preview_and_the_list_show_what_the_directory_says_of_the_code() -> None:
    institution()
    vendor = vendors.listed()
    content = table(f"1131000009,office@example.org,租用資訊系統,{vendor.code.lower()},舊的名稱,")
    [line] = planned(content).lines
    told = {detail.label: detail.new for detail in line.details}
    assert told["廠商代碼"] == vendor.code
    assert (told["資訊廠商"], told["廠商統一編號"]) == (vendor.name, vendor.business_id)
    made = imported(content)
    assert (made.vendor_code, made.vendor_name, made.vendor_contact) == (vendor.code, vendor.name, "趙遠帆")
    assert (made.vendor_phone, made.sources) == (vendor.phone, vendor.sources)


def test_addresses_of_the_table_stay_and_a_second_time_changes_nothing() -> None:
    institution()
    content = table(f"1131000009,office@example.org,租用資訊系統,{vendors.listed().code},,168.95.1.1")
    assert imported(content).sources == ["168.95.1.1/32"]
    assert planned(content).counts == {"new": 0, "changed": 0, "same": 1}


def test_a_code_nobody_has_is_told_by_row_and_nothing_is_imported() -> None:
    institution()
    found = planned(table("1131000009,office@example.org,租用資訊系統,VXXXXXX,,"))
    [fault] = found.faults
    assert (fault.row, fault.column) == (2, "廠商代碼")
    assert "VXXXXXX" in fault.says
    assert not found.does_something
