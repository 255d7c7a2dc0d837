"""Nothing foreign runs, nothing frames a page, no address travels on; and no template needs an exception."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.test import Client, RequestFactory

from careward.shell.middleware import POLICY, SafeHeaders

ROOT = Path(__file__).resolve().parents[2]
LETTER = "correspondence/letter.html"
"""The layout of letters goes out by mail; its preview is a page in a sandbox with a policy of its own."""
TEMPLATES = sorted(
    path for path in (ROOT / "src").glob("**/templates/**/*.html") if not str(path).endswith(LETTER)
)
INLINE = (
    re.compile(r"<style", re.IGNORECASE),
    re.compile(r"\sstyle\s*=", re.IGNORECASE),
    re.compile(r"\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    re.compile(r"javascript:", re.IGNORECASE),
    re.compile(r"<script(?![^>]*\ssrc=)[^>]*>", re.IGNORECASE),
)
FOREIGN = re.compile(
    r"<(?:script|img|link|iframe|source)\b[^>]*\s(?:src|href)\s*=\s*[\"']\s*(?:https?:)?//", re.IGNORECASE
)
POST = re.compile(r"<form\b[^>]*method=[\"']post[\"'][^>]*>(.*?)</form>", re.IGNORECASE | re.DOTALL)


def answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def test_the_policy_allows_this_site_and_nothing_inline(rf: RequestFactory) -> None:
    sent = SafeHeaders(answer)(rf.get("/")).headers["Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in sent.split("; "))
    assert (
        rules["default-src"]
        == rules["object-src"]
        == rules["base-uri"]
        == rules["frame-ancestors"]
        == "'none'"
    )
    assert (
        rules["script-src"] == rules["style-src"] == rules["form-action"] == rules["connect-src"] == "'self'"
    )
    assert not re.search(r"unsafe|data:|\*|https?:", POLICY)


def test_every_page_carries_the_other_safe_headers(rf: RequestFactory) -> None:
    headers = SafeHeaders(answer)(rf.get("/")).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_a_stricter_answer_keeps_its_own_policy(rf: RequestFactory) -> None:
    strict = "default-src 'none'; sandbox"
    sent = SafeHeaders(lambda _: HttpResponse(headers={"Content-Security-Policy": strict}))(rf.get("/"))
    assert sent.headers["Content-Security-Policy"] == strict


def test_a_mailed_links_page_is_not_stored_indexed_or_told_to_anybody(rf: RequestFactory) -> None:
    loose = {"Referrer-Policy": "same-origin", "Cache-Control": "public"}
    headers = SafeHeaders(lambda _: HttpResponse(headers=loose))(rf.get("/l/token/")).headers
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "noindex" in headers["X-Robots-Tag"]


@pytest.mark.parametrize(
    ("path", "site", "status"),
    [
        ("/l/token/", "same-origin", 200),
        ("/l/token/", "cross-site", 403),
        ("/l/token/", "same-site", 403),
        ("/l/token/", None, 403),
        ("/other/", "same-origin", 403),
    ],
)
@pytest.mark.parametrize("secure", [False, True])
def test_a_form_without_referrer_is_taken_only_from_this_very_origin(
    rf: RequestFactory, path: str, site: str | None, status: int, *, secure: bool
) -> None:
    token = get_token(rf.get("/"))
    said = {"HTTP_SEC_FETCH_SITE": site} if site else {}
    request = rf.post(path, {"csrfmiddlewaretoken": token}, secure=secure, HTTP_ORIGIN="null", **said)
    request.COOKIES[settings.CSRF_COOKIE_NAME] = token
    guard = CsrfViewMiddleware(answer)

    def guarded(asked: HttpRequest) -> HttpResponse:
        guard.process_request(asked)
        return guard.process_view(asked, answer, (), {}) or answer(asked)

    assert SafeHeaders(guarded)(request).status_code == status


def test_the_headers_stand_outside_everything_else() -> None:
    order = list(settings.MIDDLEWARE)
    assert order[0] == "careward.shell.middleware.SafeHeaders"
    assert "django.middleware.csrf.CsrfViewMiddleware" in order


def test_there_are_templates_to_look_at() -> None:
    assert len(TEMPLATES) > 20


@pytest.mark.parametrize(
    "template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "src" / "careward"))
)
def test_no_template_needs_an_exception_from_the_policy(template: Path) -> None:
    source = template.read_text(encoding="utf-8")
    found = [match.group(0) for rule in (*INLINE, FOREIGN) for match in rule.finditer(source)]
    assert found == []


@pytest.mark.parametrize(
    "template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "src" / "careward"))
)
def test_every_form_that_posts_proves_where_it_comes_from(template: Path) -> None:
    forms = POST.findall(template.read_text(encoding="utf-8"))
    assert all("{% csrf_token %}" in form for form in forms)


@pytest.mark.parametrize("address", ["/?q=%00", "/contact/?a=x%00y", "/%00/"])
def test_an_address_with_a_nul_is_a_bad_request_with_all_headers(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 400
    assert answer["X-Frame-Options"] == "DENY"
