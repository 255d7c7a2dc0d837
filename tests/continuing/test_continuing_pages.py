"""What the holder of the letter sees and does; what staff see; that looking changes nothing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from careward.accounts.models import MailedLink
from careward.applications.models import Application
from careward.continuing import jobs
from careward.continuing.models import Invitation, Proof
from careward.correspondence.models import Letter
from careward.journal import acting
from careward.kernel.clock import frozen
from careward.store.tables import read_table
from support import delivering
from support.applying import CLOSES, DURING
from support.continuing import STAFF, agreed, institution, invited, listed, open_invitation
from support.signing_in import person, sign_in

pytestmark = pytest.mark.django_db
CODE = "1131000009"


@pytest.fixture(autouse=True)
def _during() -> Iterator[None]:
    with frozen(DURING):
        yield


@pytest.fixture
def opened(client: Client) -> Client:
    open_invitation(client, invited())
    return client


def page(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_the_page_shows_what_would_be_carried_over_and_says_unfinished(opened: Client) -> None:
    shown = page(opened, "/continuing/")
    for words in ("尚未完成", "168.95.1.1", "林○○", "自行建置系統", "同意沿用", "更換電子信箱"):
        assert words in shown
    assert "林小明" not in shown


def test_without_the_letter_there_is_no_page(client: Client) -> None:
    for name in ("", "agree/", "take-back/", "change/", "mailbox/", "proof/"):
        assert client.get(f"/continuing/{name}").status_code == 403


def test_consent_needs_the_typed_code_and_what_was_shown(opened: Client) -> None:
    shown = opened.get("/continuing/agree/")
    digest = shown.context["statement"].sha256
    assert "請輸入機構代碼" in opened.post("/continuing/agree/", {"shown": digest}).content.decode()
    wrong = opened.post("/continuing/agree/", {"shown": digest, "code": "1131000018"})
    assert "機構代碼不符" in wrong.content.decode()
    other = opened.post("/continuing/agree/", {"shown": "x", "code": CODE})
    assert "在您確認之前有更新" in other.content.decode()
    assert not Application.objects.exists()
    done = opened.post("/continuing/agree/", {"shown": digest, "code": "１１３１０００００９"}, follow=True)
    assert "已收到同意" in done.content.decode()
    assert Application.objects.get().state == "submitted"
    assert Proof.objects.get().source == "127.0.0.1"


def test_consent_is_taken_back_by_the_typed_code(opened: Client) -> None:
    digest = opened.get("/continuing/agree/").context["statement"].sha256
    opened.post("/continuing/agree/", {"shown": digest, "code": CODE})
    assert "取消同意" in page(opened, "/continuing/")
    opened.post("/continuing/take-back/", {"code": "wrong"})
    assert Invitation.objects.get().state == "agreed"
    done = opened.post("/continuing/take-back/", {"code": CODE}, follow=True)
    assert "已取消同意" in done.content.decode()
    assert Application.objects.get().state == "withdrawn"
    assert "取消同意" in page(opened, "/continuing/proof/")


def test_a_change_goes_on_in_the_filled_form(opened: Client) -> None:
    assert "機構介接承諾書" in page(opened, "/continuing/change/")
    assert not Application.objects.exists()
    answer = opened.post("/continuing/change/", follow=True)
    assert answer.status_code == 200
    assert Application.objects.get().state == "draft"
    assert "填到一半" in page(opened, "/continuing/")


def test_a_new_mailbox_is_explained_then_begun(opened: Client) -> None:
    assert "新加入的程序" in page(opened, "/continuing/mailbox/")
    answer = opened.post("/continuing/mailbox/", follow=True)
    assert answer.status_code == 200
    assert Application.objects.get().kind == "new"


def test_after_the_deadline_the_page_says_what_it_counts_as(client: Client) -> None:
    opened, invitation = client, invited()
    with frozen(CLOSES - timedelta(minutes=5)):
        open_invitation(client, invitation)
        assert "尚未完成" in page(opened, "/continuing/")
        with frozen(CLOSES + timedelta(milliseconds=1)):
            shown = page(opened, "/continuing/")
            assert "視同 115 年度不提出申請" in shown
            assert "同意沿用</" not in shown
            late = opened.post("/continuing/change/", follow=True).content.decode()
            assert "超過截止時間" in late


def test_looking_changes_nothing(opened: Client) -> None:
    before = (Application.objects.count(), Letter.objects.count(), Proof.objects.count())
    for name in ("", "agree/", "take-back/", "change/", "mailbox/", "proof/"):
        for method in (opened.get, opened.head, opened.options):
            method(f"/continuing/{name}")
    assert (Application.objects.count(), Letter.objects.count(), Proof.objects.count()) == before
    assert Invitation.objects.get().state == "invited"


def test_the_letter_again_gives_known_and_unknown_the_same_answer(client: Client) -> None:
    invited()
    answers = [
        client.post("/continuing/letter/", {"institution_code": code, "mailbox": mailbox}, follow=True)
        for code, mailbox in ((CODE, "Office@example.org"), ("9999999999", "no@example.org"))
    ]
    assert answers[0].content == answers[1].content
    assert MailedLink.objects.count() == 1


def test_the_letter_cannot_be_asked_for_without_end(client: Client) -> None:
    for _ in range(20):
        client.post("/continuing/letter/", {"institution_code": CODE, "mailbox": "a@example.org"})
    refused = client.post("/continuing/letter/", {"institution_code": CODE, "mailbox": "b@example.org"})
    assert refused.status_code == 429


def test_staff_see_their_institutions_by_standing(client: Client) -> None:
    invited()
    agreed(invited("1131000018", "b@example.org"))
    invited("1131000027", "c@example.org", county="63000")
    sign_in(client, person("officer", county="10007", unit="health"))
    shown = page(client, "/participants/")
    assert ("1131000009" in shown, "1131000018" in shown, "1131000027" in shown) == (True, True, False)
    waiting = page(client, "/participants/?shown=waiting")
    assert ("1131000009" in waiting, "1131000018" in waiting) == (True, False)
    assert "寄出" not in shown.split("</header>")[1].split("<table")[0].replace("待寄", "")


def test_the_list_of_those_who_lapsed_is_there_without_any_job_and_as_a_file(client: Client) -> None:
    invited()
    agreed(invited("1131000018", "b@example.org"))
    with frozen(CLOSES + timedelta(days=1)):
        sign_in(client, person("ministry"))
        assert "視同不提出申請" in page(client, "/participants/?shown=lapsed")
        for kind in ("ods", "xlsx", "csv"):
            content = client.get(f"/participants/?shown=lapsed&as={kind}").content
            from careward.continuing.importing import PARTICIPANTS

            code = [column for column in PARTICIPANTS.columns() if column.id in ("code", "mailbox")]
            assert [row.values["code"] for row in read_table(content, code).rows] == ["1131000009"]


def test_staff_import_then_invite(client: Client) -> None:
    institution()
    sign_in(client, person("vendor"))
    content = (
        "機構代碼,電子信箱,介接方式,負責人姓名,聯絡人,電話,IP\n"
        f"{CODE},Office@Example.org,自行建置系統,林小明,陳美玉,04-7123456#12,168.95.1.1、168.95.2.0/28\n"
    ).encode()
    shown = client.post(
        "/participants/import/", {"file": SimpleUploadedFile("去年.csv", content)}, follow=True
    )
    client.post("/participants/import/?preview", {"shown": shown.context["plan"].digest})
    found = Invitation.objects.get()
    assert (found.mailbox, found.sources, found.state) == (
        "office@example.org",
        ["168.95.1.1/32", "168.95.2.0/28"],
        "listed",
    )
    assert "寄出 1 封邀請" in page(client, "/participants/")
    client.post("/participants/invite/")
    jobs.invite_all("115")
    assert Letter.objects.get(kind="continuing_invitation").to == ["office@example.org"]
    again = client.post(
        "/participants/import/",
        {"file": SimpleUploadedFile("去年.csv", content.replace(b"Office@", b"Other@"))},
        follow=True,
    )
    assert "不能再用匯入更改" in again.content.decode()


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("自行建置系統", "不知道", "系統介接方式"),
        ("168.95.1.1", "192.168.0.1", "來源位址"),
        ("04-7123456", "7123456", "聯絡電話"),
        (CODE, "1131000018", "機構代碼"),
    ],
)
def test_wrong_rows_are_told(client: Client, old: str, new: str, column: str) -> None:
    from careward.continuing.importing import PARTICIPANTS
    from careward.flow.importing import plan

    institution()
    content = f"機構代碼,電子信箱,介接方式,電話,IP\n{CODE},a@example.org,自行建置系統,04-7123456,168.95.1.1\n"
    faults = plan(PARTICIPANTS, content.replace(old, new).encode()).faults
    assert [fault.column for fault in faults] == [column]


def test_staff_print_the_proof_within_their_reach(client: Client) -> None:
    invitation: Any = agreed()
    sign_in(client, person("officer", county="10007", unit="health"))
    shown = page(client, f"/participants/{invitation.pk}/proof/")
    assert Proof.objects.get().sha256 in shown
    other = sign_in(Client(), person("officer", "b@example.org", county="63000", unit="health"))
    assert other.get(f"/participants/{invitation.pk}/proof/").status_code == 404


def test_nobody_invites_what_is_not_listed(client: Client) -> None:
    listed()
    sign_in(client, person("officer", county="10007", unit="health"))
    assert client.post("/participants/invite/").status_code == 404


def test_last_seasons_own_applications_are_carried_over_with_the_accounts_addresses(client: Client) -> None:
    account = delivering.account()
    application = account.application
    with acting(STAFF, "prepare"):
        Application.objects.filter(pk=application.pk).update(season="114")
        type(account).objects.filter(pk=account.pk).update(season="114", networks=["168.95.77.0/28"])
    sign_in(client, person("vendor"))
    assert "114 年度簽核通過的 1 家" in page(client, "/participants/")
    client.post("/participants/carry-over/")
    client.post("/participants/carry-over/")
    found = Invitation.objects.get()
    assert (found.origin, found.state, found.mailbox) == ("accounts", "listed", application.mailbox)
    assert found.sources == ["168.95.77.0/28"]
    assert found.person_name == application.person_name
