"""Who may open which page: the addresses of the platform against tests/house/pages.yaml, role by role.

Source: security-baseline.md 9 and 11 (least privilege, checked on the server; 404 for what lies elsewhere).
On the same way every page is asked whom it tells the reader to call (S0 註: contact windows by institution type).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from careward import rulebook
from careward.accounts import second_factor
from careward.accounts.access import STAFF
from careward.accounts.models import Role
from careward.journal import Actor, acting
from careward.kernel.clock import frozen
from careward.registry.rules import types_of
from careward.rulebook.reading import read_yaml
from house.page_objects import MAKERS, Arguments
from review.deciding import REVIEW
from support import members
from support.applying import ANSWERS
from support.calling import is_page, windows_on
from support.signing_in import PASSWORD, SECRET, person, sign_in

OPEN_TO_ALL = ("public", "signing in", "link", "demo")
MATRIX: dict[str, Any] = read_yaml((Path(__file__).parent / "pages.yaml").read_bytes())
NOT_THERE = {404, 405}
"""405 tells nothing of the thing either: the method is wrong for everybody."""


@dataclass(frozen=True)
class Page:
    """One URL pattern beside its line of the matrix."""

    name: str
    route: str
    view: Any

    @property
    def line(self) -> Any:
        return MATRIX[self.name]

    @property
    def declared(self) -> frozenset[str] | None:
        """The roles the view itself says it is for; None when it asks for none."""
        found: frozenset[str] | None = getattr(self.view, "roles", None)
        return found

    @property
    def roles(self) -> frozenset[str]:
        """The roles of the matrix; none where the page is not guarded by role."""
        if isinstance(self.line, str):
            return frozenset()
        return frozenset(self.line if isinstance(self.line, tuple) else self.line["roles"])

    @property
    def thing(self) -> str:
        """The name of the maker of what the address names; empty when it names nothing."""
        return "" if isinstance(self.line, str | tuple) else self.line.get("object", "")

    @property
    def right(self) -> str:
        """The right a position needs to enter; empty where none is asked for."""
        return "" if isinstance(self.line, str | tuple) else self.line.get("may", "")

    @property
    def scoped(self) -> bool:
        """Whether the thing lies in somebody's reach."""
        return bool(self.line.get("scoped", True))


def _walk(patterns: list[Any], route: str = "", spaces: tuple[str, ...] = ()) -> Iterator[Page]:
    for pattern in patterns:
        here = route + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield Page(":".join((*spaces, pattern.name or "")), here, pattern.callback)
        else:
            inside = (*spaces, pattern.namespace) if pattern.namespace else spaces
            yield from _walk(pattern.url_patterns, here, inside)


PAGES = list(_walk(get_resolver("careward.urls").url_patterns))
GUARDED = [page for page in PAGES if page.name in MATRIX and page.roles]
NAMED = [page.name for page in PAGES]


def test_every_page_stands_in_the_matrix_and_nothing_else() -> None:
    assert set(NAMED) == set(MATRIX)


def test_no_two_pages_share_a_name() -> None:
    assert sorted(NAMED) == sorted(set(NAMED))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_view_is_guarded_for_the_roles_of_the_matrix(page: Page) -> None:
    if not page.roles:
        assert page.line in OPEN_TO_ALL
        assert page.declared is None
        return
    assert page.declared is not None, f"{page.name} is not under for_roles"
    assert page.declared == page.roles
    assert getattr(page.view, "right", "") == page.right


@pytest.mark.parametrize("page", GUARDED, ids=lambda page: page.name)
def test_an_address_that_names_a_thing_says_how_the_thing_is_made(page: Page) -> None:
    assert bool(page.thing) == ("<" in page.route)
    assert not page.thing or page.thing in MAKERS, f"write a maker {page.thing!r} in page_objects.py"


INSIDE: dict[str, dict[str, str]] = {
    "officer": {"county": "10007", "unit": "health"},
    "supervisor": {"county": "10007", "unit": "health"},
    "ministry": {"unit": "nursing"},
    "institution": {"institution_code": ANSWERS["institution_code"]},
}
OUTSIDE: list[tuple[str, dict[str, str]]] = [
    ("officer", {"county": "63000", "unit": "health"}),
    ("officer", {"county": "10007", "unit": "social"}),
    ("supervisor", {"county": "63000", "unit": "health"}),
    ("supervisor", {"county": "10007", "unit": "social"}),
    ("ministry", {"unit": "social_family"}),
    ("ministry", {"unit": ""}),
    ("institution", {"institution_code": "1131000010"}),
]


def _looks_on(role: str, page: Page, method: str) -> bool:
    acts = rulebook.current().role(role).acts
    return not acts and method == "get" and not page.roles.isdisjoint(STAFF)


class _Walker:
    """Asks every guarded page as one person; whatever an answer changed is taken back."""

    def __init__(self, role: str, number: int, **scope: str) -> None:
        self.role = role
        who = person(role, f"{role}{number}@example.org", password=PASSWORD, **scope)
        if who.is_staff_member:
            with acting(Actor.system("test"), "prepare"):
                second_factor.enrol(who, SECRET)
                RecoveryCodes.activate(who)
        self.types = set(types_of(who)) if who.is_staff_member else set()
        self.client = sign_in(Client(), who)

    def ask(self, method: str, page: Page, arguments: Arguments) -> HttpResponse:
        with transaction.atomic():
            answer: Any = getattr(self.client, method)(reverse(page.name, kwargs=arguments))
            _read(answer)
            transaction.set_rollback(True)
        assert answer.status_code < 500, (page.name, self.role, method)
        return answer  # type: ignore[no-any-return]

    def is_told_whom_to_call(self, page: Page, answer: Any) -> None:
        """A page names the windows of the reader's types; one about a thing that of its type alone."""
        if not is_page(answer):
            return
        named = windows_on(answer)
        assert named, (page.name, self.role, answer.status_code)
        assert page.thing or named >= self.types, (page.name, self.role, named)

    def enters(self, page: Page, method: str) -> bool:
        reaches_nothing = rulebook.current().role(self.role).scope == "nothing"
        if reaches_nothing and page.thing and page.scoped:
            return False
        may = not page.right or page.right in rulebook.current().position("head").may
        return (self.role in page.roles and may) or _looks_on(self.role, page, method)


def _read(answer: Any) -> None:
    """A file is read while it is sent, and closed when that is done."""
    if answer.streaming:
        b"".join(answer)


@pytest.fixture
def things(db: None) -> dict[str, Arguments]:
    """What every guarded address names, by maker; nothing for those that name nothing."""
    wanted = {page.thing for page in GUARDED if page.thing}
    with frozen(REVIEW):
        return {"": {}, **{name: MAKERS[name]() for name in sorted(wanted)}}


@pytest.mark.slow
@pytest.mark.parametrize("role", Role.values)
def test_each_role_enters_its_pages_and_no_other(role: str, things: dict[str, Arguments]) -> None:
    with frozen(REVIEW):
        walker = _Walker(role, 0, **INSIDE.get(role, {}))
        for page in GUARDED:
            for method in ("get", "post"):
                answer = walker.ask(method, page, things[page.thing])
                code = answer.status_code
                if walker.enters(page, method):
                    assert code != 404, (page.name, role, method)
                else:
                    assert code in NOT_THERE, (page.name, role, method, code)
                walker.is_told_whom_to_call(page, answer)


@pytest.mark.slow
@pytest.mark.parametrize("position", rulebook.current().positions)
def test_each_position_enters_the_pages_of_its_rights_and_no_other(
    position: str, things: dict[str, Arguments]
) -> None:
    with frozen(REVIEW):
        client = members.at_work(position, ANSWERS["institution_code"])
        may = rulebook.current().position(position).may
        for page, method in product((page for page in GUARDED if page.right), ("get", "post")):
            with transaction.atomic():
                answer = getattr(client, method)(reverse(page.name, kwargs=things[page.thing]))
                _read(answer)
                transaction.set_rollback(True)
            # What an address names is the institution's; a company asked for its first page is led on.
            elsewhere = bool(page.thing) and position.startswith("company")
            led_on = page.name == "intake:home" and position.startswith("company")
            expected = page.right in may and not elsewhere
            there = answer.status_code not in NOT_THERE
            told = (page.name, position, method, answer.status_code)
            assert there == expected or answer.status_code == 405 or led_on, told


@pytest.mark.slow
@pytest.mark.parametrize(("role", "scope"), OUTSIDE, ids=lambda value: str(value))
def test_what_lies_outside_the_reach_is_not_there_by_any_address(
    role: str, scope: dict[str, str], things: dict[str, Arguments]
) -> None:
    with frozen(REVIEW):
        walker = _Walker(role, 1, **scope)
        for page in GUARDED:
            if not page.thing or not page.scoped:
                continue
            for method in ("get", "post"):
                code = walker.ask(method, page, things[page.thing]).status_code
                assert code in NOT_THERE, (page.name, role, method, code)


@pytest.mark.slow
def test_who_is_not_signed_in_is_sent_to_sign_in_from_every_guarded_page(
    things: dict[str, Arguments], client: Client
) -> None:
    for page in GUARDED:
        for method in ("get", "post"):
            answer = getattr(client, method)(reverse(page.name, kwargs=things[page.thing]))
            at_the_door = answer.status_code == 302 and answer["Location"].startswith("/accounts/sign-in/")
            assert at_the_door or answer.status_code == 405, (page.name, method, answer.status_code)
