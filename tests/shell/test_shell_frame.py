"""The frame of a page: who is led where, what fills a slot, what an error page tells."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest
from django.template.loader import render_to_string
from django.test import RequestFactory, override_settings
from django.urls import NoReverseMatch, reverse

from careward.shell import errors, navigation, panels, views
from careward.shell.navigation import register_footer, register_nav
from careward.shell.panels import register_panel

Draw = Callable[..., Any]
LABEL = "shell:style.tabs.all"


def as_role(rf: RequestFactory, role: str, path: str = "/") -> HttpRequest:
    request = rf.get(path)
    request.user = SimpleNamespace(is_authenticated=True, role=role)  # type: ignore[assignment]
    return request


def page_of(request: HttpRequest) -> str:
    return render_to_string("shell/base.html", request=request)


def test_an_entry_is_shown_to_its_roles_only(rf: RequestFactory, request_anonymous: HttpRequest) -> None:
    register_nav(LABEL, "shell:style", roles=("officer",))
    assert [link.label for link in navigation.masthead(as_role(rf, "officer"))] == ["待審查"]
    assert navigation.masthead(as_role(rf, "vendor")) == []
    assert navigation.masthead(request_anonymous) == []


def test_an_entry_for_those_not_signed_in_goes_away_after_signing_in(
    rf: RequestFactory, request_anonymous: HttpRequest
) -> None:
    register_nav(LABEL, "shell:style", roles=(navigation.ANONYMOUS,))
    assert len(navigation.masthead(request_anonymous)) == 1
    assert navigation.masthead(as_role(rf, "officer")) == []


def test_entries_stand_in_their_order_and_once(rf: RequestFactory) -> None:
    register_footer("shell:style.tabs.mended", "shell:style", order=20)
    register_footer(LABEL, "shell:style", order=10)
    assert [link.label for link in navigation.footer(rf.get("/"))] == ["待審查"]


def test_the_page_one_is_on_and_those_below_it_are_marked(rf: RequestFactory) -> None:
    register_nav(LABEL, "shell:style")
    address = reverse("shell:style")
    assert navigation.masthead(as_role(rf, "officer", address + "below/"))[0].current
    assert not navigation.masthead(as_role(rf, "officer", "/elsewhere/"))[0].current


def test_a_badge_shows_what_waits_and_nothing_when_nothing_does(rf: RequestFactory) -> None:
    register_nav(LABEL, "shell:style", badge=lambda request: 37 if request.path == "/" else 0)
    assert "37" in page_of(as_role(rf, "officer"))
    assert "cw-masthead__badge" not in page_of(as_role(rf, "officer", "/none/"))


def test_a_wrong_entry_is_heard_on_every_page(rf: RequestFactory) -> None:
    register_nav(LABEL, "shell:nowhere")
    with pytest.raises(NoReverseMatch):
        page_of(as_role(rf, "officer"))


def test_a_page_without_a_frame_asks_no_badge(request_anonymous: HttpRequest) -> None:
    register_nav(LABEL, "shell:style", badge=lambda _: pytest.fail("asked"))
    assert render_to_string("shell/components/back_link.html", {"url": "/"}, request_anonymous)


def test_a_slot_shows_its_panels_in_order_with_the_subject(draw: Draw) -> None:
    template = "shell/components/back_link.html"
    register_panel(
        "case.account", template, lambda request, subject: {"url": f"/{subject}/", "label": "帳號"}
    )
    page = draw("{% panel 'case.account' subject %}", subject="c1")
    assert page.one("a").attrs["href"] == "/c1/"


def test_a_panel_with_nothing_to_say_stays_away(draw: Draw) -> None:
    register_panel("case.account", "shell/components/back_link.html", lambda request, subject: None)
    assert draw("{% panel 'case.account' 'c1' %}{% panels 'banner' %}").source == ""


def test_the_same_template_fills_a_slot_once() -> None:
    for _ in range(2):
        register_panel("banner", "shell/components/back_link.html", lambda request, subject: {})
    assert len(panels._panels) == 1


def test_the_page_speaks_taiwans_chinese_and_offers_ways_past_the_frame(
    request_anonymous: HttpRequest,
) -> None:
    source = page_of(request_anonymous)
    assert '<html lang="zh-Hant-TW"' in source
    for key in "UCZ":
        assert source.count(f'accesskey="{key}"') == 1
    assert source.index("govuk-skip-link") < source.index("<header")


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (errors.bad_request, 400),
        (errors.forbidden, 403),
        (errors.not_found, 404),
        (errors.too_large, 413),
        (errors.too_many, 429),
        (errors.server_error, 500),
        (errors.csrf_failure, 403),
    ],
)
def test_an_error_page_is_a_short_message_and_a_code(answer: Any, status: int, rf: RequestFactory) -> None:
    response = answer(rf.get("/secret-path/?token=abc"))
    body = response.content.decode()
    assert response.status_code == status
    assert str(status) in body
    for leaked in ("secret-path", "abc", "Traceback", "Django", "version"):
        assert leaked not in body


def test_an_error_page_needs_neither_user_nor_session_nor_database(rf: RequestFactory) -> None:
    request = rf.get("/")
    assert not hasattr(request, "user")
    assert errors.server_error(request).status_code == 500


def test_too_much_sent_is_said_to_be_too_much(rf: RequestFactory) -> None:
    assert errors.bad_request(rf.post("/"), RequestDataTooBig()).status_code == 413
    assert errors.bad_request(rf.post("/"), SuspiciousOperation()).status_code == 400


def test_the_style_page_is_not_for_the_public(request_anonymous: HttpRequest) -> None:
    with override_settings(DEBUG=False, DEMO=False), pytest.raises(Http404):
        views.style(request_anonymous)


def test_the_style_page_draws_every_component(request_anonymous: HttpRequest) -> None:
    with override_settings(DEMO=True):
        body = views.style(request_anonymous).content.decode()
    for part in (
        "cw-season",
        "cw-paper",
        "cw-cards",
        "govuk-error-summary",
        "govuk-task-list",
        "govuk-pagination",
    ):
        assert part in body
