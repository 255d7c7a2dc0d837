"""What staff see of letters, and that every letter reads well with invented values."""

import re

import pytest
from django.template import engines
from django.test import Client
from django.urls import reverse

from careward.correspondence import acts, composing, jobs
from careward.correspondence.models import Letter
from careward.kernel.clock import frozen
from careward.mailroom.previews import preview
from support import applying
from support.signing_in import person, sign_in

pytestmark = pytest.mark.django_db
HERE = {"county": "10007", "unit": "health"}


@pytest.fixture
def bounced() -> Letter:
    with frozen(applying.DURING):
        letter = Letter.objects.about(applying.lacking()).get()
        jobs.send(letter_id=str(letter.pk))
        letter.refresh_from_db()
        return acts.bounce(letter, jobs.WORKER, code="5.1.1")


def page(client: Client, **query: str) -> str:
    with frozen(applying.DURING):
        return client.get(reverse("mailroom:letters"), query).content.decode()


def test_the_county_sees_its_bounced_letter_and_sends_it_again(client: Client, bounced: Letter) -> None:
    sign_in(client, person("officer", **HERE))
    shown = page(client)
    assert bounced.subject in shown
    assert "5.1.1" in shown
    client.post(reverse("mailroom:send_again", args=[bounced.pk]))
    bounced.refresh_from_db()
    assert bounced.state == "queued"
    assert bounced.subject in page(client, shown="waiting")


@pytest.mark.parametrize(
    "scope", [{"county": "63000", "unit": "health"}, {"county": "10007", "unit": "social"}]
)
def test_another_desk_neither_sees_nor_sends_it(
    client: Client, bounced: Letter, scope: dict[str, str]
) -> None:
    sign_in(client, person("officer", **scope))
    assert bounced.subject not in page(client)
    assert client.post(reverse("mailroom:send_again", args=[bounced.pk])).status_code == 404


def test_letters_are_found_by_mailbox_and_code(client: Client, bounced: Letter) -> None:
    sign_in(client, person("officer", **HERE))
    assert bounced.subject in page(client, q="office@example.org")
    assert bounced.subject in page(client, q="1131000009")
    assert "沒有符合的信件" in page(client, q="other@example.org")


def test_letters_about_accounts_are_the_administrators_and_show_no_words(client: Client) -> None:
    code = "739204"
    composing.post  # noqa: B018 - imported for its registration
    user = person("institution", "home@example.org")
    from careward.journal import Actor, acting

    with acting(Actor.system("test"), "prepare"):
        composing.post("login_code", user, code=code)
    sign_in(client, person("administrator"))
    shown = page(client, shown="waiting")
    assert "home@example.org" in shown
    assert code not in shown
    sign_in(client, person("officer", **HERE))
    assert "home@example.org" not in page(client, shown="waiting")


def test_the_list_of_kinds_shows_every_letter_and_each_can_be_read(client: Client) -> None:
    sign_in(client, person("officer", **HERE))
    listed = client.get(reverse("mailroom:kinds")).content.decode()
    for letter_id in composing.letter_ids():
        assert reverse("mailroom:kind", args=[letter_id]) in listed
    read = client.get(reverse("mailroom:kind", args=["application_received"])).content.decode()
    assert "115-K7M3-P" in read
    html = client.get(reverse("mailroom:kind_html", args=["application_received"]))
    assert "sandbox" in html.headers["Content-Security-Policy"]
    assert client.get(reverse("mailroom:kind", args=["nothing"])).status_code == 404


PERSONAL = re.compile(r"[A-Z][1289A-D]\d{8}")


@pytest.mark.parametrize("letter_id", composing.letter_ids())
def test_every_letter_is_whole_with_its_samples_and_holds_nothing_personal_or_secret(
    letter_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = engines["django"].engine  # type: ignore[attr-defined]
    monkeypatch.setattr(engine, "string_if_invalid", "⟦no sample for %s⟧")
    made = preview(letter_id)
    assert "⟦" not in made.subject + made.body, "write its values into letters/samples.yaml beside it"
    assert made.subject
    assert len(made.subject) < 80
    assert "諮詢窗口" in made.body
    assert PERSONAL.search(made.body) is None
    source = composing._text_file(composing._kinds[letter_id]).read_text(encoding="utf-8")
    named = re.findall(r"{{\s*([\w.]+)", source)
    assert [
        name
        for name in named
        if re.search(r"person_(id|name)|contact_|answers|(^|\.)(password|secret|token)", name)
    ] == []
    assert made.html.count("<h1>") == 1
    assert "<img" not in made.html
