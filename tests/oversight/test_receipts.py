"""Officers are told what came in, and confirm receipt by the letter's link."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from careward.accounts import acts as accounts
from careward.accounts.models import MailedLink, User
from careward.applications import acts as applying
from careward.correspondence import jobs
from careward.correspondence.models import Letter
from careward.journal import Actor
from careward.kernel import clock
from careward.kernel.clock import frozen, taipei
from careward.oversight import receipts
from careward.oversight.models import Arrival, Notice
from careward.review.timeline import timeline
from support.applying import APPLICANT, DURING, lacking, submitted, with_scan
from support.signing_in import person, sign_in

pytestmark = pytest.mark.django_db
BY = Actor.system("test")
NIGHT = taipei(2025, 12, 2, 7, 59)
MORNING = taipei(2025, 12, 2, 8)


@pytest.fixture(autouse=True)
def _while_the_form_is_open() -> Iterator[None]:
    with frozen(DURING):
        yield


@pytest.fixture
def officer() -> User:
    return person("officer", "officer@example.org", county="10007", unit="health")


def _letters(kind: str = "cases_arrived") -> list[Letter]:
    return list(Letter.objects.filter(kind=kind).order_by("created_at", "pk"))


def _address(letter: Letter) -> str:
    jobs.send(letter_id=str(letter.pk))
    found = re.search(r"https?://[^/]+(/l/[^\s]+/)", mail.outbox[-1].body)
    assert found
    return found[1]


def test_a_case_that_comes_in_is_told_to_the_desks_officers_and_nobody_else(officer: User) -> None:
    person("officer", "social@example.org", county="10007", unit="social")
    person("officer", "far@example.org", county="63000", unit="health")
    person("officer", "gone@example.org", county="10007", unit="health", is_active=False)
    person("supervisor", county="10007", unit="health")
    case = submitted()
    assert [arrival.cause for arrival in Arrival.objects.all()] == ["submit", "complete"]
    first, second = _letters()
    assert first.to == second.to == [officer.email]
    assert case.reference in second.body


def test_the_letter_names_no_person_of_the_institution(officer: User) -> None:
    case = submitted()
    for letter in _letters():
        assert case.person_name not in letter.body
        assert case.contact_name not in letter.body
        assert case.mailbox not in letter.body


def test_only_what_came_in_anew_is_told_not_every_change(officer: User) -> None:
    with_scan(lacking())
    assert len(_letters()) == 1


def test_a_deputy_is_told_too(officer: User) -> None:
    deputy = person("officer", "deputy@example.org", county="63000", unit="health")
    today = clock.now().date()
    accounts.name_deputy(officer, deputy, BY, first_day=today, last_day=today)
    lacking()
    assert sorted(letter.to[0] for letter in _letters()) == ["deputy@example.org", "officer@example.org"]


def test_looking_at_the_link_changes_nothing(officer: User, client: Client) -> None:
    lacking()
    address = _address(_letters()[0])
    for method in (client.get, client.head, client.options, client.get):
        assert method(address).status_code == 200
    assert client.post(address, {"code": ""}).status_code == 200
    assert client.post(address, {"code": "1131000009"}).status_code == 200
    assert client.get("/receipt/").status_code == 403
    assert client.post("/receipt/").status_code == 403
    assert not Arrival.objects.exclude(confirmed_at=None).exists()


def test_typing_the_mailbox_and_pressing_confirms_receipt_without_signing_in(
    officer: User, client: Client
) -> None:
    case = lacking()
    address = _address(_letters()[0])
    assert "請輸入您的電子信箱" in client.get(address).content.decode()
    answer = client.post(address, {"code": " Officer@Example.ORG "})
    assert answer["Location"] == "/receipt/"
    page = client.get("/receipt/").content.decode()
    assert case.reference in page
    assert case.person_name not in page
    assert not Arrival.objects.exclude(confirmed_at=None).exists()
    client.post("/receipt/")
    arrival = Arrival.objects.get()
    assert (arrival.confirmed_at, arrival.confirmed_by) == (DURING, officer)
    assert "已確認收件" in client.get("/receipt/").content.decode()
    (event,) = Arrival.events.rel.related_model.objects.exclude(confirmed_at=None)
    assert event.pgh_context["act"] == "receipt.confirm"
    assert event.pgh_context["actor"] == str(officer.pk)


def test_a_second_time_nothing_is_confirmed_anew(officer: User) -> None:
    lacking()
    notice = Notice.objects.get()
    assert receipts.confirm(notice) == 1
    with frozen(DURING + timedelta(hours=1)):
        assert receipts.confirm(notice) == 0
    assert Arrival.objects.get().confirmed_at == DURING


def test_confirming_the_later_letter_confirms_what_came_before_of_the_case(officer: User) -> None:
    with frozen(DURING):
        case = lacking()
        other = lacking(institution_code="1131000010")
    with frozen(DURING + timedelta(hours=1)):
        applying.complete(with_scan(case), APPLICANT, arrived_at=clock.now())
        last = Notice.objects.order_by("-posted_at", "-pk").first()
        assert last
        assert receipts.confirm(last) == 2
    assert not case.arrivals.unconfirmed().exists()
    assert other.arrivals.unconfirmed().exists()


def test_the_link_of_somebody_whose_account_was_closed_opens_nothing(officer: User, client: Client) -> None:
    lacking()
    address = _address(_letters()[0])
    client.post(address, {"code": officer.email})
    accounts.close_account(officer, BY)
    assert client.get("/receipt/").status_code == 404


def test_the_link_dies_when_counties_can_sign_no_more(officer: User) -> None:
    lacking()
    assert MailedLink.objects.get(purpose="receipt").expires_at == taipei(2025, 12, 20)


@pytest.fixture
def daily(officer: User) -> User:
    receipts.choose(officer, "daily")
    return User.objects.get(pk=officer.pk)


def _digests(at: object) -> int:
    with frozen(at):  # type: ignore[arg-type]
        return receipts.send_digests(clock.now())


@pytest.fixture
def two_cases() -> Callable[[], None]:
    def make() -> None:
        with frozen(DURING + timedelta(hours=1)):
            lacking()
            lacking(institution_code="1131000010")

    return make


def test_who_chose_a_digest_gets_one_letter_a_day_and_not_before_its_hour(
    daily: User, two_cases: Callable[[], None]
) -> None:
    two_cases()
    assert _letters() == []
    assert _digests(NIGHT) == 0
    assert _digests(MORNING) == 1
    assert _digests(MORNING + timedelta(minutes=1)) == 0
    (letter,) = _letters()
    assert "2 件申請" in letter.subject
    assert _digests(MORNING + timedelta(days=1)) == 0


def test_without_anything_new_there_is_no_digest(daily: User) -> None:
    assert _digests(MORNING) == 0
    assert not Notice.objects.exists()


def test_what_a_colleague_confirmed_is_not_told_again(daily: User, two_cases: Callable[[], None]) -> None:
    colleague = person("officer", "colleague@example.org", county="10007", unit="health")
    two_cases()
    for notice in Notice.objects.filter(officer=colleague):
        receipts.confirm(notice)
    assert _digests(MORNING) == 0


def test_what_was_told_at_once_is_not_in_the_digest_chosen_later(
    officer: User, two_cases: Callable[[], None]
) -> None:
    two_cases()
    with frozen(DURING + timedelta(hours=2)):
        receipts.choose(officer, "daily")
    assert _digests(MORNING) == 0


def test_one_press_confirms_the_whole_digest(
    daily: User, two_cases: Callable[[], None], client: Client
) -> None:
    two_cases()
    _digests(MORNING)
    with frozen(MORNING):
        address = _address(_letters()[0])
        client.post(address, {"code": daily.email})
        client.post("/receipt/")
    assert not Arrival.objects.unconfirmed().exists()


def test_an_officer_chooses_on_the_own_page(officer: User, client: Client) -> None:
    sign_in(client, officer)
    assert "每一件立即寄信" in client.get("/accounts/").content.decode()
    page = client.post("/oversight/notices/", {"how": "daily"}, follow=True).content.decode()
    assert "每天彙總寄一封信" in page
    assert client.post("/oversight/notices/", {"how": "never"}).status_code == 200
    assert receipts.how_of(User.objects.get(pk=officer.pk)) == "daily"


def test_the_case_page_says_who_confirmed(officer: User, client: Client) -> None:
    case = submitted()
    sign_in(client, officer)
    assert "還沒確認收件" in client.get(f"/review/{case.pk}/").content.decode()
    receipts.confirm(Notice.objects.order_by("-posted_at", "-pk").first())  # type: ignore[arg-type]
    page = client.get(f"/review/{case.pk}/").content.decode()
    assert "還沒確認收件" not in page
    assert "receipt.confirm" in [entry.act for entry in timeline(case)]
    assert "確認收件（電子郵件）" in [entry.label for entry in timeline(case)]
