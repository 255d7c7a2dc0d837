"""An institution shares one check of a receipt with its vendor: by a mailed link that expires and can be revoked."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from careward import rulebook
from careward.accounts.models import MailedLink
from careward.checking.receipt import report
from careward.correspondence import links
from careward.correspondence.models import Letter
from careward.custody import acts as custody
from careward.excerpts import views
from careward.excerpts.models import Excerpt
from careward.intake import examining
from careward.intake.models import Delivery
from careward.kernel import clock
from support import delivering, members, vendors
from support.signing_in import person, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open")]

RULE = "staff.role.code_list"
MAILBOX = "it@vendor.example"


@pytest.fixture
def institution() -> Client:
    return sign_in(Client(), person("institution", institution_code=delivering.CODE))


@pytest.fixture
def delivery() -> Delivery:
    return delivering.checked(delivering.account(), delivering.staff_csv(3, role="XYZ9"))


def _share(client: Client, delivery: Delivery, mailbox: str = MAILBOX, rule: str = RULE) -> Any:
    return client.post(
        f"/my/deliveries/{delivery.ticket}/share/?rule={rule}", {"mailbox": mailbox}, follow=True
    )


def _address(excerpt: Excerpt) -> str:
    return "/" + links.address(excerpt.link.seed).split("/", 3)[3]


def _shared(client: Client, delivery: Delivery, mailbox: str = MAILBOX) -> Excerpt:
    there = set(Excerpt.objects.values_list("pk", flat=True))
    _share(client, delivery, mailbox)
    return Excerpt.objects.exclude(pk__in=there).get()


def _open(excerpt: Excerpt, code: str = delivering.CODE) -> tuple[Client, Any]:
    vendor = Client()
    return vendor, vendor.post(_address(excerpt), {"code": code})


def test_the_vendor_sees_where_and_how_but_nothing_of_what_was_written(
    institution: Client, delivery: Delivery
) -> None:
    excerpt = _shared(institution, delivery)
    vendor, opened = _open(excerpt)
    assert (opened.status_code, opened["Location"]) == (302, "/shared/")
    page = vendor.get("/shared/").content.decode()
    table = vendor.get("/shared/excerpt.csv")
    assert table["Content-Disposition"] == f'attachment; filename="excerpt-{delivery.ticket}.csv"'
    said = table.content.decode("utf-8-sig")
    for told in (page, said):
        assert RULE in told
        assert "AAA9" in told
        assert "XYZ9" not in told
        assert delivery.name not in told
        for row in delivering.staff_rows(3):
            assert not [row[name] for name in ("name", "personal_id", "record_key") if row[name] in told]
    assert [f"第 {line} 列" in page for line in (2, 3, 4)] == [True] * 3
    assert [line.split(",")[0] for line in said.splitlines()[1:]] == ["2", "3", "4"]
    assert vendor.get("/shared/")["Cache-Control"].count("no-store")


def test_what_is_sent_was_shown_before_and_the_vendors_mailbox_is_offered(
    institution: Client, delivery: Delivery
) -> None:
    company = vendors.listed(mailbox=MAILBOX)
    application = delivery.account.application
    with members_acting():
        application.vendor_code = company.code
        application.save(update_fields=["vendor_code"])
    chosen = institution.get(f"/my/deliveries/{delivery.ticket}/share/").content.decode()
    assert RULE in chosen
    page = institution.get(f"/my/deliveries/{delivery.ticket}/share/?rule={RULE}").content.decode()
    assert "AAA9" in page
    assert "XYZ9" not in page
    assert f'value="{MAILBOX}"' in page
    assert not Excerpt.objects.exists()


def members_acting() -> Any:
    from careward.journal import Actor, acting

    return acting(Actor.system("test"), "prepare")


def test_the_letter_holds_no_address_no_name_and_the_database_no_token(
    institution: Client, delivery: Delivery, stands_somewhere: Any
) -> None:
    excerpt = _shared(institution, delivery)
    letter = Letter.objects.get(kind="excerpt_shared")
    assert letter.to == [MAILBOX]
    assert f"⟦link:{excerpt.link.seed}⟧" in letter.body
    assert "XYZ9" not in letter.body
    assert delivering.CODE not in letter.body
    token = links.token(excerpt.link.seed)
    assert stands_somewhere(token) == []
    assert token in links.filled(letter.body)


def test_looking_and_pressing_empty_buttons_changes_nothing(institution: Client, delivery: Delivery) -> None:
    excerpt = _shared(institution, delivery)
    address = _address(excerpt)
    before = _rows()
    scanner = Client()
    assert scanner.head(address).status_code == 200
    pages = [scanner.get(address).content.decode() for _ in range(20)]
    assert scanner.options(address).status_code == 200
    for form in re.findall(r"<form[^>]*>", pages[0].partition("<main")[2]):
        assert "action" not in form, "its buttons send to the address itself"
    assert scanner.post(address, {}).status_code == 200
    assert scanner.get("/shared/").status_code == 403
    assert scanner.get("/shared/excerpt.csv").status_code == 403
    assert not any("AAA9" in page or RULE in page for page in pages)
    assert _rows() == before


def _rows() -> list[Any]:
    return [
        list(model.objects.order_by("pk").values())
        for model in (Excerpt, MailedLink, MailedLink.events.rel.related_model)  # type: ignore[attr-defined]
    ]


def test_a_wrong_code_opens_nothing_and_is_bounded(institution: Client, delivery: Delivery) -> None:
    excerpt = _shared(institution, delivery)
    for _ in range(rulebook.current().policies.links.wrong_codes_before_lock.value):
        vendor, answer = _open(excerpt, "1131000010")
        assert answer.status_code == 200
        assert vendor.get("/shared/").status_code == 403
    assert _open(excerpt)[1].status_code == 429


def test_the_institution_sees_to_whom_until_when_how_often_and_the_journal_who(
    institution: Client, delivery: Delivery
) -> None:
    excerpt = _shared(institution, delivery)
    assert "還沒有開啟" in institution.get("/my/shared/").content.decode()
    _open(excerpt)
    with clock.frozen(delivering.OPEN + timedelta(hours=1)):
        _open(excerpt)
    page = institution.get("/my/shared/").content.decode()
    for told in (MAILBOX, RULE, "2 次", "115 年 2 月 19 日", "可以開啟"):
        assert told in page
    told = [
        (event.pgh_context["role"], event.pgh_context["act"])
        for event in excerpt.link.events.order_by("pgh_id")
    ]
    assert told == [("institution", "excerpt.share"), ("applicant", "link.open"), ("applicant", "link.open")]
    assert "還可以開啟的有 1 項" in institution.get("/my/").content.decode()


def test_revoked_expired_replaced_and_unknown_links_get_the_same_answer(
    institution: Client, delivery: Delivery
) -> None:
    first = _shared(institution, delivery)
    again = _shared(institution, delivery)
    ended = _shared(institution, delivery, "other@vendor.example")
    vendor, _ = _open(ended)
    institution.post(f"/my/shared/{ended.pk}/revoke/")
    answers = [Client().get(_address(one)) for one in (first, ended)]
    answers.append(Client().get("/l/" + "x" * 43 + "/"))
    assert Client().get(_address(again)).status_code == 200
    with clock.frozen(again.link.expires_at):
        assert Client().get(_address(again)).status_code == 200
    with clock.frozen(again.link.expires_at + timedelta(microseconds=1)):
        answers.append(Client().get(_address(again)))
        assert "已到期" in institution.get("/my/shared/").content.decode()
    assert [answer.status_code for answer in answers] == [404] * 4
    assert len({re.sub(r'nonce="[^"]*"', "", answer.content.decode()) for answer in answers}) == 1
    for page in ("/shared/", "/shared/excerpt.csv"):
        assert vendor.get(page).status_code == 403
    assert "已收回" in institution.get("/my/shared/").content.decode()


def test_it_lives_as_long_as_the_rules_say(institution: Client, delivery: Delivery) -> None:
    excerpt = _shared(institution, delivery)
    assert excerpt.link.expires_at == delivering.OPEN + rulebook.current().policies.excerpts.lives


def test_it_ends_when_the_receipt_is_destroyed(institution: Client, delivery: Delivery) -> None:
    excerpt = _shared(institution, delivery)
    keeper = person("administrator", "keeper@example.org")
    end = delivering.OPEN + timedelta(days=rulebook.current().retention.not_accepted.days + 1)
    with members_acting():
        MailedLink.objects.update(expires_at=end + timedelta(days=9))
    with clock.frozen(end):
        assert Client().get(_address(excerpt)).status_code == 200
        custody.dispose_due(keeper, witness="李小華")
        assert Client().get(_address(excerpt)).status_code == 404
        assert institution.get("/my/shared/").status_code == 200


def test_only_the_own_institution_shares_lists_and_revokes(institution: Client, delivery: Delivery) -> None:
    excerpt = _shared(institution, delivery)
    stranger = sign_in(Client(), person("institution", "other@example.org", institution_code="1131000010"))
    assert stranger.get(f"/my/deliveries/{delivery.ticket}/share/").status_code == 404
    assert stranger.post(f"/my/shared/{excerpt.pk}/revoke/").status_code == 404
    delegate = members.at_work("delegate", delivering.CODE)
    for page in (f"/my/deliveries/{delivery.ticket}/share/", "/my/shared/"):
        assert delegate.get(page).status_code == 404
    assert "分享給系統廠商" not in delegate.get(f"/my/deliveries/{delivery.ticket}/").content.decode()
    assert "分享給系統廠商" in institution.get(f"/my/deliveries/{delivery.ticket}/").content.decode()
    assert Client().get(_address(excerpt)).status_code == 200


def test_a_check_that_found_nothing_or_is_not_in_the_specification_cannot_be_shared(
    institution: Client, delivery: Delivery
) -> None:
    for rule in ("staff.name.required", "no.such.check"):
        assert "要分享哪一項檢核" in _share(institution, delivery, rule=rule).content.decode()
    named = delivering.checked(delivering.account(), b"x", "staff-11401.csv")
    assert "沒有可以分享的檢核" in institution.get(f"/my/deliveries/{named.ticket}/share/").content.decode()
    clean = delivering.checked(delivering.account())
    assert "沒有可以分享的檢核" in institution.get(f"/my/deliveries/{clean.ticket}/share/").content.decode()
    assert "分享給系統廠商" not in institution.get(f"/my/deliveries/{clean.ticket}/").content.decode()
    assert not Excerpt.objects.exists()


def test_a_wrong_mailbox_and_too_many_letters_are_told(
    institution: Client, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "請填寫系統廠商的電子信箱" in _share(institution, delivery, "").content.decode()
    assert "電子信箱" in _share(institution, delivery, "vendor").content.decode()
    monkeypatch.setattr(type(views.OFTEN), "take", lambda throttle, key: False)
    assert "連結太多" in _share(institution, delivery).content.decode()
    assert not Excerpt.objects.exists()


def test_of_a_receipt_too_long_for_a_page_the_first_of_the_check_are_shared_and_it_says_so(
    institution: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examining, "MOST_ON_PAGE", 2)
    monkeypatch.setattr("careward.intake.receipts.MOST_ON_PAGE", 2)
    monkeypatch.setattr(report, "_OF_EACH_RULE", 2)
    delivery = delivering.checked(delivering.account(), delivering.staff_csv(5, role="XYZ9"))
    vendor, _ = _open(_shared(institution, delivery))
    page = vendor.get("/shared/").content.decode()
    assert "共 5 處" in page
    assert "只列出前 2 處" in page
    assert len(vendor.get("/shared/excerpt.csv").content.decode().splitlines()) == 3
