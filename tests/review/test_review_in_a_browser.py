"""The desk in front of a real browser: three clicks, two rounds, many at once, a second person, back and onward."""

from collections.abc import Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from careward.accounts.models import User
from careward.applications import jobs
from careward.applications.findings import note
from careward.applications.models import Application
from careward.journal import Actor, acting
from careward.kernel.clock import frozen
from careward.review.models import SignOff, Supplement
from review.deciding import (
    REVIEW,
    answered,
    cleared,
    officer,
    second_step,
    sign,
    supervisor,
    supplement,
    with_new_document,
)
from support.applying import submitted
from support.browsing import chromium_beside_the_database, look, page_in, session_of
from support.crowd import rows
from support.opening import address_of
from support.signing_in import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def browser(django_db_setup: None) -> Iterator[Browser]:
    with chromium_beside_the_database() as opened:
        yield opened


def _at_desk(browser: Browser, server: LiveServer, user: User, *, scripts: bool = True) -> Page:
    """A page in which somebody has signed in."""
    context = browser.new_context(base_url=server.url, bypass_csp=True, java_script_enabled=scripts)
    return page_in(context, server, session_of(sign_in(Client(), user)))


def _press(page: Page, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).first.click()
    page.wait_for_load_state()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_clean_case_is_signed_in_three_clicks(
    browser: Browser, live_server: LiveServer, scripts: bool
) -> None:
    application = cleared(submitted())
    jobs.render_pages(document_id=str(application.documents.get().pk))
    page = _at_desk(browser, live_server, officer(), scripts=scripts)
    page.goto("/review/")
    if scripts:
        look(page, "queue")
    page.get_by_role("link", name=application.institution_name).click()
    if scripts:
        look(page, "case")
    page.get_by_role("button", name="已看過資料與文件，全部相符").click()
    page.get_by_role("button", name="簽核通過").click()
    expect(page.locator("main")).to_contain_text("已簽核通過")
    assert Application.objects.get().state == "signed_off"


def test_a_page_is_enlarged_and_turned_without_scripts(browser: Browser, live_server: LiveServer) -> None:
    application = submitted()
    jobs.render_pages(document_id=str(application.documents.get().pk))
    page = _at_desk(browser, live_server, officer(), scripts=False)
    page.goto(f"/review/{application.pk}/")
    page.locator(".cw-paper__page").first.click()
    page.get_by_role("link", name="放大").click()
    page.get_by_role("link", name="向右轉").click()
    picture = page.locator(".cw-look-at__page--150")
    expect(picture).to_have_attribute("src", f"/review/documents/{application.documents.get().pk}/1/?turn=90")
    with page.expect_download() as download:
        page.get_by_role("link", name="下載原檔").click()
    assert download.value.suggested_filename.endswith(".pdf")


def test_a_replaced_document_stands_beside_the_old_one(browser: Browser, live_server: LiveServer) -> None:
    application = answered(with_new_document(supplement(submitted())))
    page = _at_desk(browser, live_server, officer())
    page.goto(f"/review/{application.pk}/")
    look(page, "case-replaced")
    page.get_by_role("link", name="新舊並排查看").click()
    old, new = page.locator(".cw-beside__side").all()

    def places() -> tuple[float, float, float, float]:
        one, other = old.bounding_box(), new.bounding_box()
        assert one
        assert other
        return one["x"], one["y"], other["x"], other["y"]

    page.set_viewport_size({"width": 1280, "height": 900})
    left, top, right, same = places()
    assert left < right, "side by side"
    assert top == same
    page.set_viewport_size({"width": 375, "height": 900})
    left, top, same, below = places()
    assert left == same, "one above the other"
    assert top < below
    page.get_by_role("link", name="向右轉").click()
    page.get_by_role("link", name="放大").click()
    expect(page.locator(".cw-look-at__page--150")).to_have_count(2)
    assert all("turn=90" in str(one.get_attribute("src")) for one in page.locator(".cw-look-at__page").all())
    look(page, "beside")


def _ask(page: Page, application: Application, **answers: str) -> None:
    page.goto(f"/review/{application.pk}/")
    page.get_by_role("button", name="通知補件").click()
    look(page, "supplement")
    for name, value in answers.items():
        field = page.locator(f"[name={name}]")
        (field.select_option if name.startswith("phrase") else field.fill)(value)  # type: ignore[operator]
    _press(page, "通知機構補件")
    expect(page.locator("main")).to_contain_text("已通知")


def _answer(page: Page, code: str, reply: str = "") -> None:
    page.goto("/application/")
    page.get_by_role("button", name="送出補件").click()
    look(page, "answer")
    page.locator("[name=reply]").fill(reply)
    page.locator("[name=code]").fill(code)
    _press(page, "送出補件")
    expect(page.locator("main")).to_contain_text("補件已送出")


def test_two_rounds_of_supplement(browser: Browser, live_server: LiveServer) -> None:
    application = cleared(submitted())
    desk = _at_desk(browser, live_server, officer())
    _ask(desk, application, phrase_form_complete="contact_unreachable")
    home = browser.new_context(base_url=live_server.url, bypass_csp=True).new_page()
    home.goto(live_server.url + address_of(application))
    home.locator("[name=code]").fill(application.institution_code)
    home.get_by_role("button").last.click()
    home.wait_for_url("**/application/")
    expect(home.locator("main")).to_contain_text("聯絡電話無法聯絡，請更正。")
    look(home, "applicant-supplement")
    home.get_by_role("link", name="修改聯絡資料").click()
    look(home, "mend")
    home.locator("[name=contact_phone]").fill("04-7654321")
    _press(home, "儲存")
    _answer(home, application.institution_code)
    _ask(desk, application, words_institution_commitment_ok="請在日期欄填上日期。")
    expect(desk.locator("main")).to_contain_text("已通知")
    home.goto("/application/")
    expect(home.locator("main")).to_contain_text("請在日期欄填上日期。")
    expect(home.locator("main")).to_contain_text("第 2 次補件")
    expect(home.get_by_role("link", name="修改聯絡資料")).to_have_count(0)
    _answer(home, application.institution_code, reply="日期已補上")
    desk.goto(f"/review/{application.pk}/")
    for words in ("第 1 次補件", "第 2 次補件", "04-7123456#12", "04-7654321", "日期已補上"):
        expect(desk.locator("main")).to_contain_text(words)
    look(desk, "case-two-rounds")
    assert Supplement.objects.filter(answered_at__isnull=False).count() == 2


def test_thirty_are_signed_at_once_but_for_two_and_both_are_told_why(
    browser: Browser, live_server: LiveServer
) -> None:
    with acting(Actor.system("test"), "prepare"):
        rows(30)
        first, second = Application.objects.order_by("completed_at", "pk")[:2]
        note(first, "applications:code_unread", subject="x", document="機構介接承諾書")
    page = _at_desk(browser, live_server, officer())
    page.goto("/review/")
    page.get_by_role("link", name="勾選這一頁全部").click()
    sign(second)
    _press(page, "簽核選取的案件")
    look(page, "many")
    _press(page, "簽核選取的案件")
    expect(page.locator("main")).to_contain_text("30 件中完成 28 件")
    expect(page.get_by_text("沒有完成", exact=True)).to_have_count(2)
    expect(page.locator("main")).to_contain_text("系統提示還沒處理")
    expect(page.locator("main")).to_contain_text("目前狀態為「簽核通過」")
    look(page, "many-done")
    assert SignOff.objects.count() == 29


def test_a_supervisor_confirms_thirty_at_once_but_for_the_own_and_reads_why(
    browser: Browser, live_server: LiveServer
) -> None:
    second_step(supervisor(), on=True)
    with acting(Actor.system("test"), "prepare"):
        rows(30)
    first, *others = Application.objects.order_by("completed_at", "pk")
    sign(first, supervisor())
    for one in others:
        sign(one)
    chief = _at_desk(browser, live_server, supervisor())
    chief.goto("/review/?shown=second")
    chief.get_by_role("link", name="勾選這一頁全部").click()
    _press(chief, "覆核選取的案件")
    look(chief, "many-confirm")
    _press(chief, "覆核選取的案件")
    expect(chief.locator("main")).to_contain_text("30 件中完成 29 件")
    expect(chief.get_by_text("沒有完成", exact=True)).to_have_count(1)
    expect(chief.locator("main")).to_contain_text("簽核的人不能覆核")
    look(chief, "many-confirmed")
    assert SignOff.objects.exclude(second=None).count() == 29


def test_a_second_person_confirms_and_the_sign_off_is_revoked(
    browser: Browser, live_server: LiveServer
) -> None:
    second_step(supervisor(), on=True)
    application = sign(submitted())
    chief = _at_desk(browser, live_server, supervisor())
    chief.goto("/review/?shown=second")
    chief.get_by_role("link", name=application.institution_name).click()
    look(chief, "case-awaiting")
    chief.get_by_role("button", name="覆核", exact=True).click()
    look(chief, "confirm")
    _press(chief, "確認覆核")
    expect(chief.locator("main")).to_contain_text("已覆核完成")
    page = _at_desk(browser, live_server, officer())
    page.goto(f"/review/{application.pk}/")
    page.get_by_role("link", name="撤銷簽核").click()
    _press(page, "撤銷簽核")
    expect(page.locator(".govuk-error-summary")).to_contain_text("請填寫原因")
    look(page, "revoke")
    page.locator("[name=reason]").fill("文件是別家機構的")
    _press(page, "撤銷簽核")
    expect(page.locator("main")).to_contain_text("簽核已撤銷")
    page.goto(f"/review/{application.pk}/")
    expect(page.locator("main")).to_contain_text("文件是別家機構的")
    look(page, "case-revoked")


def test_a_case_is_handed_to_another_county_and_is_not_there_any_more(
    browser: Browser, live_server: LiveServer
) -> None:
    application = submitted()
    page = _at_desk(browser, live_server, officer())
    page.goto(f"/review/{application.pk}/")
    page.get_by_role("link", name="移轉到其他縣市或單位").click()
    look(page, "transfer")
    page.locator("[name=county]").select_option("63000")
    page.get_by_label("衛生局").check()
    page.locator("[name=reason]").fill("機構設在臺北市")
    _press(page, "移轉案件")
    expect(page.locator("main")).to_contain_text("已移轉")
    answer = page.goto(f"/review/{application.pk}/")
    assert answer is not None
    assert answer.status == 404
    there = _at_desk(browser, live_server, officer("there@county.example", county="63000"))
    there.goto("/review/")
    there.get_by_role("link", name=application.institution_name).click()
    expect(there.locator("main")).to_contain_text("機構設在臺北市")


def test_another_county_finds_the_case_by_no_address(browser: Browser, live_server: LiveServer) -> None:
    application = submitted()
    page = _at_desk(browser, live_server, officer("far@county.example", county="63000"))
    document = application.documents.get()
    case = f"/review/{application.pk}/"
    for address in (
        case, f"{case}supplement/", f"{case}transfer/", f"{case}decide/revoke/",
        f"/review/documents/{document.pk}/", f"/review/documents/{document.pk}/1/",
        f"/review/documents/{document.pk}/1/look/",
    ):  # fmt: skip
        answer = page.request.get(address)
        assert answer.status == 404, address
        assert application.institution_name not in answer.text()
    page.goto(f"/review/?shown=all&q={application.reference}")
    expect(page.locator("main")).to_contain_text("沒有符合篩選的案件")


@pytest.fixture(autouse=True)
def _while_counties_review() -> Iterator[None]:
    with frozen(REVIEW):
        yield
