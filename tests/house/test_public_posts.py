"""Whatever can be sent without signing in is bounded by source, on every address of the platform.

Source: security-baseline.md 40 and 44.
"""

import re
from collections.abc import Iterator
from unittest import mock
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from careward.accounts.middleware import STRANGERS
from house.test_pages import PAGES, Page
from support.signing_in import person, sign_in

pytestmark = pytest.mark.django_db

ANY = {"uuid": UUID(int=1), "int": 1, "str": "x", "slug": "x", "path": "x"}


def _address(page: Page) -> str:
    return reverse(page.name, kwargs=dict(_arguments(page.route)))


def _arguments(route: str) -> Iterator[tuple[str, object]]:
    for kind, name in re.findall(r"(?<!P)<(?:(\w+):)?(\w+)>", route):
        yield name, ANY[kind or "str"]
    yield from re.findall(r"\(\?P<(\w+)>(\w+)", route)


def test_a_source_that_used_up_its_attempts_is_refused_on_every_address(client: Client) -> None:
    with mock.patch.object(type(STRANGERS), "take", return_value=False):
        answers = {page.name: client.post(_address(page)).status_code for page in PAGES}
    assert {name: status for name, status in answers.items() if status != 429} == {}


def test_the_bound_counts_by_source_and_lets_looking_and_the_signed_in_pass(client: Client) -> None:
    asked = reverse("applications:resend")
    officer = sign_in(Client(), person("officer", county="10007", unit="health"))
    for _ in range(STRANGERS.limit):
        assert STRANGERS.take("127.0.0.1")
    refused = client.post(asked, {})
    assert refused.status_code == 429
    assert "等一分鐘" in refused.content.decode()
    assert client.get(asked).status_code == 200
    assert client.post(asked, {}, REMOTE_ADDR="127.0.0.2").status_code == 200
    assert officer.post(asked, {}).status_code == 200
