"""Whose word counts about where a request comes from."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as house
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from careward.shell.proxy import BehindProxy

PROXY, CLIENT, LIE = "10.1.1.1", "168.95.1.1", "8.8.8.8"
FORWARDED = {
    "HTTP_X_FORWARDED_FOR": LIE,
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_FORWARDED_HOST": "evil.example",
    "HTTP_FORWARDED": f"for={LIE};proto=https",
}


@pytest.fixture
def seen(settings: Settings, rf: RequestFactory) -> Callable[..., HttpRequest]:
    """The request as the rest of the house sees it, behind one trusted proxy."""
    settings.TRUSTED_PROXIES = [PROXY, "::1"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

    def through(source: str, **headers: Any) -> HttpRequest:
        passed: list[HttpRequest] = []

        def rest_of_the_house(request: HttpRequest) -> HttpResponse:
            passed.append(request)
            return HttpResponse("ok")

        answer = BehindProxy(rest_of_the_house)(rf.get("/", REMOTE_ADDR=source, **headers))
        assert answer.content == b"ok"
        return passed[0]

    return through


@pytest.mark.parametrize("source", [CLIENT, "10.1.1.2", "127.0.0.1", "", f" {PROXY}", f"{PROXY}0"])
def test_what_a_stranger_says_about_itself_is_forgotten(
    seen: Callable[..., HttpRequest], source: str
) -> None:
    request = seen(source, **FORWARDED)
    assert request.META["REMOTE_ADDR"] == source
    assert not set(FORWARDED) & set(request.META)
    assert not request.is_secure()


def test_a_trusted_proxy_names_its_client_and_the_scheme(seen: Callable[..., HttpRequest]) -> None:
    request = seen(PROXY, HTTP_X_FORWARDED_FOR=CLIENT, HTTP_X_FORWARDED_PROTO="https")
    assert request.META["REMOTE_ADDR"] == CLIENT
    assert request.is_secure()
    assert not seen(PROXY, HTTP_X_FORWARDED_FOR=CLIENT, HTTP_X_FORWARDED_PROTO="http").is_secure()
    assert not seen(PROXY, HTTP_X_FORWARDED_FOR=CLIENT).is_secure()
    assert seen("::1", HTTP_X_FORWARDED_FOR="2001:b000::1").META["REMOTE_ADDR"] == "2001:b000::1"


@given(said=st.lists(st.sampled_from([LIE, PROXY, "127.0.0.1", "", " ", "unknown", "x, y"])))
def test_of_several_entries_only_the_last_is_the_proxys_own(
    seen: Callable[..., HttpRequest], said: list[str]
) -> None:
    request = seen(PROXY, HTTP_X_FORWARDED_FOR=", ".join([*said, CLIENT]))
    assert request.META["REMOTE_ADDR"] == CLIENT


@pytest.mark.parametrize("header", ["", "  ", f"{LIE}, ", ","])
def test_a_proxy_that_names_nobody_stands_for_itself(seen: Callable[..., HttpRequest], header: str) -> None:
    assert seen(PROXY, HTTP_X_FORWARDED_FOR=header).META["REMOTE_ADDR"] == PROXY
    assert seen(PROXY).META["REMOTE_ADDR"] == PROXY


def test_nobody_is_trusted_unless_named(settings: Settings, rf: RequestFactory) -> None:
    assert house.TRUSTED_PROXIES == []
    request = rf.get("/", REMOTE_ADDR="127.0.0.1", **FORWARDED)
    BehindProxy(lambda passed: HttpResponse())(request)
    assert request.META["REMOTE_ADDR"] == "127.0.0.1"
    assert "HTTP_X_FORWARDED_FOR" not in request.META


def test_it_stands_before_everything_that_looks_at_the_client() -> None:
    before = house.MIDDLEWARE[: house.MIDDLEWARE.index("careward.shell.proxy.BehindProxy")]
    assert set(before) <= {"careward.shell.middleware.SafeHeaders"}  # only writes into answers
