"""Mailed links: nothing by GET, opened by code and POST, bound, short-lived, never written down."""

import io
import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path, reverse

from careward.accounts import links
from careward.accounts.links import OpenedLinkRequest, opened_link
from careward.accounts.logs import MaskTokens
from careward.accounts.models import MailedLink
from careward.correspondence.links import filled, placeholder
from careward.kernel import clock, tokens
from support.attempts import database_time, let_pass

CODE = "1101010012"
NOW = clock.taipei(2025, 12, 1, 9)
CLOSES = clock.taipei(2025, 12, 8, 17)


@opened_link("test")
def opened(request: OpenedLinkRequest, subject: str) -> HttpResponse:
    return HttpResponse(f"{request.opened_link.subject_id} {subject}")


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError(request.path)


urlpatterns = [
    path("opened/<str:subject>/", opened),
    path("l/<str:token>/broken/", lambda request, token: broken(request)),
    path("", include("careward.urls")),
]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__), pytest.mark.usefixtures("purpose")]


@pytest.fixture(autouse=True)
def _first_of_december() -> Iterator[None]:
    with clock.frozen(NOW):
        yield


@pytest.fixture
def link(acting: None) -> MailedLink:
    return MailedLink.issue("test", "C-115-0001", "home@example.org", CLOSES)


def address(link: MailedLink) -> str:
    return f"/l/{token(link)}/"


def token(link: MailedLink) -> str:
    return tokens.derive(settings.LINK_KEYS[0], link.seed)


def test_the_letter_carries_the_address_that_is_found_by_its_digest(link: MailedLink) -> None:
    body = filled(f"請開啟 {placeholder(link.seed)}")
    assert body.endswith(address(link))
    assert MailedLink.find(token(link)) == link


def test_looking_at_the_address_changes_nothing(
    client: Client, link: MailedLink, everything: Callable[[], dict[str, str]]
) -> None:
    before = everything()
    for _ in range(20):
        assert client.get(address(link)).status_code == 200
    assert client.head(address(link)).status_code == 200
    assert client.options(address(link)).status_code == 200
    assert everything() == before
    assert settings.SESSION_COOKIE_NAME not in client.cookies


def test_pressing_the_button_with_an_empty_field_changes_nothing(
    client: Client, link: MailedLink, everything: Callable[[], dict[str, str]]
) -> None:
    before = everything()
    answer = client.post(address(link), {"code": ""})
    assert "請填寫機構代碼" in answer.content.decode()
    assert everything() == before


@pytest.mark.parametrize("typed", [CODE, f" {CODE} ", "１１０１０１００１２", "110 1010 012"])
def test_the_right_code_opens_and_the_token_leaves_the_address(
    client: Client, link: MailedLink, typed: str
) -> None:
    answer = client.post(address(link), {"code": typed})
    assert (answer.status_code, answer["Location"]) == (302, "/opened/C-115-0001/")
    assert client.get(answer["Location"]).content == b"C-115-0001 C-115-0001"
    link.refresh_from_db()
    assert link.last_opened_at == NOW


def test_opening_is_written_into_the_journal(client: Client, link: MailedLink) -> None:
    client.post(address(link), {"code": CODE})
    context = link.events.order_by("-pgh_id").first().pgh_context  # type: ignore[attr-defined]
    assert (context["role"], context["actor"], context["act"]) == (
        "applicant",
        f"link:{link.pk}",
        "link.open",
    )


def test_a_wrong_code_says_so_and_opens_nothing(client: Client, link: MailedLink) -> None:
    answer = client.post(address(link), {"code": "1101010013"})
    assert answer.status_code == 200
    assert "機構代碼與這封信的申請不符" in answer.content.decode()
    assert client.get("/opened/C-115-0001/").status_code == 403
    link.refresh_from_db()
    assert link.last_opened_at is None


def test_five_wrong_codes_lock_the_link_for_that_source_only(client: Client, link: MailedLink) -> None:
    for _ in range(5):
        client.post(address(link), {"code": "0"})
    assert client.post(address(link), {"code": CODE}).status_code == 429
    assert client.post(address(link), {"code": CODE}, REMOTE_ADDR="203.0.113.9").status_code == 302


@pytest.mark.parametrize(("later", "status"), [(15 * 60 - 1, 429), (15 * 60 + 1, 302)])
def test_the_lock_lasts_fifteen_minutes(client: Client, link: MailedLink, later: int, status: int) -> None:
    began = database_time()
    for _ in range(5):
        client.post(address(link), {"code": "0"})
    let_pass(timedelta(seconds=later) - (database_time() - began))
    assert client.post(address(link), {"code": CODE}).status_code == status


def test_the_lock_of_one_link_leaves_another_alone(client: Client, link: MailedLink, acting: None) -> None:
    other = MailedLink.issue("test", "C-115-0002", "home@example.org", CLOSES)
    for _ in range(5):
        client.post(address(link), {"code": "0"})
    assert client.post(address(other), {"code": CODE}).status_code == 302


@pytest.mark.parametrize(("moment", "status"), [(CLOSES, 200), (CLOSES + timedelta(microseconds=1), 404)])
def test_the_link_ends_with_its_deadline_to_the_microsecond(
    client: Client, link: MailedLink, moment: datetime, status: int
) -> None:
    with clock.frozen(moment):
        assert client.get(address(link)).status_code == status


def test_a_resend_kills_the_older_link_and_what_it_opened(
    client: Client, link: MailedLink, acting: None
) -> None:
    client.post(address(link), {"code": CODE})
    newer = MailedLink.issue("test", "C-115-0001", "home@example.org", CLOSES)
    assert client.get(address(link)).status_code == 404
    assert client.get("/opened/C-115-0001/").status_code == 403
    assert client.get(address(newer)).status_code == 200


@pytest.mark.parametrize(
    ("purpose_name", "subject", "mailbox"),
    [("other", "C-115-0001", "home@example.org"), ("test", "C-115-0002", "home@example.org"),
     ("test", "C-115-0001", "office@example.org")],
)  # fmt: skip
def test_a_link_for_something_else_kills_nothing(
    client: Client, link: MailedLink, acting: None, purpose_name: str, subject: str, mailbox: str
) -> None:
    MailedLink.issue(purpose_name, subject, mailbox, CLOSES)
    assert client.get(address(link)).status_code == 200


def test_unknown_expired_and_replaced_links_look_the_same(
    client: Client, link: MailedLink, acting: None
) -> None:
    MailedLink.issue("test", "C-115-0001", "home@example.org", CLOSES)
    late = MailedLink.issue("test", "C-115-0003", "home@example.org", NOW - timedelta(seconds=1))
    answers = [client.get(address(link)), client.get(address(late)), client.get("/l/nobody-ever-got-this/")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_guessing_tokens_is_throttled_and_real_links_still_open(client: Client, link: MailedLink) -> None:
    statuses = [client.get(f"/l/guess-{number}/").status_code for number in range(61)]
    assert statuses[:60] == [404] * 60
    assert statuses[60] == 429
    assert client.get(address(link)).status_code == 200


def test_pages_of_links_are_kept_by_nobody(client: Client, link: MailedLink) -> None:
    for answer in (client.get(address(link)), client.get("/l/unknown/")):
        assert "no-store" in answer["Cache-Control"]
        assert "noindex" in answer["X-Robots-Tag"]
        assert answer["Referrer-Policy"] == "no-referrer"


def test_an_opened_link_ends_after_half_an_hour_without_use(client: Client, link: MailedLink) -> None:
    client.post(address(link), {"code": CODE})
    with clock.frozen(NOW + timedelta(minutes=29)):
        assert client.get("/opened/C-115-0001/").status_code == 200
    with clock.frozen(NOW + timedelta(minutes=59)):
        assert client.get("/opened/C-115-0001/").status_code == 200
    with clock.frozen(NOW + timedelta(minutes=89, seconds=1)):
        answer = client.get("/opened/C-115-0001/")
    assert answer.status_code == 403
    assert "請重新開啟信件裡的連結" in answer.content.decode()


def test_an_opened_link_ends_with_the_link_itself(client: Client, link: MailedLink) -> None:
    with clock.frozen(CLOSES - timedelta(minutes=5)):
        client.post(address(link), {"code": CODE})
    with clock.frozen(CLOSES):
        assert client.get("/opened/C-115-0001/").status_code == 200
    with clock.frozen(CLOSES + timedelta(seconds=1)):
        assert client.get("/opened/C-115-0001/").status_code == 403


def test_who_opened_nothing_is_told_to_open_the_letter(client: Client) -> None:
    answer = client.get("/opened/C-115-0001/")
    assert answer.status_code == 403
    assert "信裡的連結" in answer.content.decode()


def test_opening_gives_the_session_a_new_key(client: Client, link: MailedLink) -> None:
    session = client.session
    session["before"] = "1"
    session.save()
    key = session.session_key
    client.post(address(link), {"code": CODE})
    assert client.session.session_key != key


def test_the_token_stands_in_no_table(
    client: Client, link: MailedLink, stands_somewhere: Callable[[str], list[str]]
) -> None:
    client.get(address(link))
    client.post(address(link), {"code": "0"})
    client.post(address(link), {"code": CODE})
    assert stands_somewhere(token(link)) == []
    assert "accounts_mailedlink" in stands_somewhere(link.digest)


def test_the_token_stands_in_no_log(client: Client, link: MailedLink, acting: None) -> None:
    MailedLink.issue("test", "C-115-0001", "home@example.org", CLOSES)
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    handler.addFilter(MaskTokens())
    client.raise_request_exception = False
    for name in ("", "django.request"):
        logging.getLogger(name).addHandler(handler)
    try:
        assert client.get(address(link)).status_code == 404
        assert client.get(f"{address(link)}broken/").status_code == 500
    finally:
        for name in ("", "django.request"):
            logging.getLogger(name).removeHandler(handler)
    assert "/l/***/" in log.getvalue()
    assert "RuntimeError" in log.getvalue()
    assert token(link) not in log.getvalue()


def test_two_links_in_force_for_one_thing_are_refused_by_the_database(link: MailedLink) -> None:
    with pytest.raises(Exception, match="one_link_in_force"):
        MailedLink.objects.create(
            purpose="test",
            subject_id="C-115-0001",
            mailbox="home@example.org",
            seed="s",
            digest="d",
            expires_at=CLOSES,
        )


def test_a_purpose_has_one_owner(purpose: str) -> None:
    with pytest.raises(ValueError, match="registered twice"):
        links.purpose("test", challenge=str, opens=str, anew="vendors:link_anew")


@pytest.mark.parametrize("condition", ["never issued", "expired"])
def test_whoever_has_a_link_that_does_not_open_is_told_for_each_kind_of_letter_how_to_get_another(
    client: Client, link: MailedLink, condition: str
) -> None:
    there = address(link)
    if condition == "never issued":
        MailedLink.objects.all().delete()
    with clock.frozen(CLOSES + timedelta(seconds=1)):
        page = client.get(there).content.decode()
    for way in links.ways_on():
        assert way.letter in page
        assert way.says in page
        assert not way.page or f'href="{reverse(way.page)}"' in page


def test_every_page_that_sends_another_link_opens_to_anybody(client: Client, db: None) -> None:
    pages = [way.page for way in links.ways_on() if way.page]
    assert len(pages) > 4
    assert {client.get(reverse(page)).status_code for page in pages} == {200}
