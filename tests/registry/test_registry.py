"""Institutions, and who sees which."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from careward.accounts.models import User
from careward.accounts.seats import Seat
from careward.journal import Actor
from careward.registry.acts import register
from careward.registry.models import Institution
from careward.registry.rules import types_in_charge
from careward.rulebook import UnknownCode, current
from careward.rulebook.book import rules_folder

pytestmark = pytest.mark.django_db

KNOWN: dict[str, Any] = {
    "code": "0131000009",
    "name": "範例護理之家",
    "type": "general_nursing",
    "county": "10007",
    "ownership": "private",
    "mailbox": "office@example.org",
}
BY = Actor.system("test")


def test_codes_are_text_and_keep_their_zeros() -> None:
    register(BY, **KNOWN)
    institution = Institution.objects.with_code("0131000009").get()
    assert institution.code == "0131000009"
    assert not Institution.objects.with_code("131000009").exists()
    assert (institution.type_label, institution.county_label) == ("一般護理之家", "彰化縣")


def test_entering_the_same_code_again_corrects_it_and_keeps_the_mailbox() -> None:
    register(BY, **KNOWN)
    again = register(BY, **{**KNOWN, "name": "新名護理之家", "mailbox": ""})
    assert Institution.objects.count() == 1
    assert (again.name, again.mailbox) == ("新名護理之家", "office@example.org")


def test_the_journal_keeps_both_and_who_it_was() -> None:
    register(BY, **KNOWN)
    register(BY, **{**KNOWN, "name": "新名護理之家"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, pgh_context ->> 'actor' FROM registry_institutionevent ORDER BY pgh_id")
        assert cursor.fetchall() == [("範例護理之家", "test"), ("新名護理之家", "test")]


@pytest.mark.parametrize("wrong", [{"type": "hotel"}, {"county": "99999"}, {"ownership": "secret"}])
def test_what_the_rulebook_does_not_know_is_not_entered(wrong: dict[str, str]) -> None:
    with pytest.raises(UnknownCode):
        register(BY, **{**KNOWN, **wrong})
    assert not Institution.objects.exists()


def test_an_institution_without_a_name_is_refused_by_the_database() -> None:
    with pytest.raises(IntegrityError, match="institution_is_whole"), transaction.atomic():
        register(BY, **{**KNOWN, "name": ""})


def test_a_county_is_divided_between_its_two_units() -> None:
    assert types_in_charge("social") == ("elderly", "disability")
    assert types_in_charge("health") == ("residential_ltc", "psychiatric_nursing", "general_nursing")
    assert types_in_charge("fire") == ()


def test_a_county_may_divide_them_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(rules_folder(), tmp_path / "rules")
    counties = tmp_path / "rules" / "counties.yaml"
    own = "name: 彰化縣, local_units: {residential_ltc: {value: social, source: decided}}"
    counties.write_text(counties.read_text("utf-8").replace("name: 彰化縣", own), "utf-8")
    monkeypatch.setenv("CAREWARD_RULES", str(tmp_path / "rules"))
    current.cache_clear()
    try:
        assert types_in_charge("social", "10007") == ("elderly", "disability", "residential_ltc")
        assert types_in_charge("health", "10007") == ("psychiatric_nursing", "general_nursing")
        assert types_in_charge("social", "63000") == ("elderly", "disability")
        assert current().local_unit("residential_ltc", "10007").id == "social"
    finally:
        monkeypatch.undo()
        current.cache_clear()


def test_each_sees_the_institutions_of_their_reach() -> None:
    mine = register(BY, **KNOWN)
    other_type = register(BY, **{**KNOWN, "code": "E-001", "type": "elderly"})
    other_county = register(BY, **{**KNOWN, "code": "0131000018", "county": "63000"})

    def seen(role: str, **scope: str) -> set[Institution]:
        return set(Institution.objects.visible_to(User(role=role, **scope)))

    assert seen("officer", county="10007", unit="health") == {mine}
    assert seen("officer", county="10007", unit="social") == {other_type}
    assert seen("supervisor", county="10007", unit="health") == {mine}
    at_home = User(role="institution")
    at_home.sit(Seat("member:1", "head", "E-001"))
    assert set(Institution.objects.visible_to(at_home)) == {other_type}
    assert seen("institution") == set()
    assert seen("ministry", unit="nursing") == {mine, other_county}
    assert seen("ministry", unit="social_family") == {other_type}
    assert seen("ministry") == seen("officer", county="10007") == set()
    for role in ("vendor", "auditor"):
        assert seen(role) == {mine, other_type, other_county}
    assert seen("administrator") == seen("clerk") == set()
    assert set(Institution.objects.visible_to(object())) == set()
