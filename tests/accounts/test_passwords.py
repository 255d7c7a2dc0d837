"""Passwords: long, not guessable, not one of the last; changing and resetting them."""

import re

import pytest
from django.contrib.auth.hashers import identify_hasher
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from careward.accounts import passwords, second_factor
from careward.accounts.models import FormerPassword, User
from careward.correspondence.models import Letter
from careward.journal import Actor, acting
from support.signing_in import PASSWORD, SECRET, person, sign_in

CHANGE = "/accounts/password/change/"
RESET = "/accounts/password/reset/"
NEW = "copper meadow 58 saddle quartz"

_LETTERS = st.characters(whitelist_categories=["L", "N", "P", "Zs"], max_codepoint=0x9FFF)


def codes_of(password: str, user: User | None = None) -> set[str]:
    try:
        validate_password(password, user)
    except ValidationError as refused:
        return {str(error.code) for error in refused.error_list}
    return set()


@given(st.text(_LETTERS, max_size=14))
def test_fewer_than_fifteen_characters_are_never_enough(password: str) -> None:
    assert "too_short" in codes_of(password)


@given(st.text(_LETTERS, min_size=15, max_size=200))
def test_fifteen_characters_and_more_are_long_enough(password: str) -> None:
    assert "too_short" not in codes_of(password)


@given(st.lists(st.sampled_from("bcdfghjkmnpqrstvwxz23456789!?"), min_size=15, max_size=64, unique=False))
def test_what_chance_makes_is_good_unless_it_repeats(drawn: list[str]) -> None:
    password = "".join(drawn)
    runs = len(re.sub(r"(.)\1+", r"\1", password))
    if runs >= 15:
        assert "well_known" not in codes_of(password) or passwords.worth(password) < passwords.LEAST_WORTH


@given(st.text(_LETTERS, min_size=1, max_size=200))
def test_a_password_is_never_worth_more_than_its_length_in_plain_characters(password: str) -> None:
    from careward.kernel.text import nfkc

    plain = nfkc(password).casefold()
    assert 0 <= passwords.worth(password) <= max(len(plain), len(password))


@given(st.sampled_from("aA1? 我"), st.integers(15, 80))
def test_one_character_repeated_is_refused(character: str, times: int) -> None:
    assert "well_known" in codes_of(character * times)


@pytest.mark.parametrize(
    "password",
    [
        "password1234567",
        "passwordpassword",
        "Careward2025!!!",
        "MOHW@Taiwan2025",
        "qwertyuiop12345",
        "長照長期照顧衛福部護理之家密碼密碼",
    ],
)
def test_well_known_words_are_refused(password: str) -> None:
    assert "well_known" in codes_of(password)


@pytest.mark.parametrize(
    "password",
    [PASSWORD, NEW, "correct horse battery staple", "山谷裡的螢火蟲在夏夜跳舞到天亮", "tK9#vQ2!mX7@pL4z" * 4],
)
def test_long_phrases_of_unrelated_words_are_taken(password: str) -> None:
    assert codes_of(password) == set()


@pytest.mark.django_db
def test_ones_own_name_and_address_are_refused() -> None:
    user = User(email="meihua.chen@example.org", name="Chen Meihua", role="vendor")
    assert "well_known" in codes_of("meihua.chen-chen", user)
    assert "well_known" not in codes_of("meihua.chen-chen")


@pytest.mark.django_db
def test_the_last_three_passwords_are_refused_and_the_fourth_last_is_free_again(acting: None) -> None:
    user = person("vendor", password=f"{NEW} 0")
    for number in (1, 2, 3):
        assert codes_of(f"{NEW} {number}", user) == set()
        user.set_password(f"{NEW} {number}")
        user.save()
    assert [codes_of(f"{NEW} {number}", user) for number in range(4)] == [set(), *[{"used_before"}] * 3]
    assert FormerPassword.objects.filter(user=user).count() == 3


@pytest.mark.django_db
def test_passwords_are_kept_as_argon2_hashes_only() -> None:
    user = person("vendor", password=PASSWORD)
    hashes = [user.password, *FormerPassword.objects.values_list("password", flat=True)]
    assert {identify_hasher(kept).algorithm for kept in hashes} == {"argon2"}


@pytest.mark.django_db
def test_changing_the_password_is_told_journalled_and_ends_other_sessions(client: Client) -> None:
    user = person("officer", password=PASSWORD)
    second_factor.enrol(user, SECRET)
    elsewhere = sign_in(Client(), user)
    sign_in(client, user)
    answer = client.post(CHANGE, {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert answer["Location"] == "/accounts/"
    assert client.get("/accounts/").status_code == 200
    assert elsewhere.get("/accounts/").status_code == 302
    event = FormerPassword.objects.latest_of(user, 1)[0].events.get()  # type: ignore[attr-defined]
    assert event.pgh_context["actor"] == str(user.pk)
    assert event.pgh_context["role"] == "officer"
    assert event.pgh_context["act"] == "account.password.change"
    assert not hasattr(event, "password")
    assert Letter.objects.about(user).get().kind == "password_changed"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("wrong", NEW, NEW, "目前的密碼不正確"),
        (PASSWORD, "short", "short", "至少要 15 個字元"),
        (PASSWORD, PASSWORD, PASSWORD, "最近 3 次用過"),
        (PASSWORD, NEW, "another", "兩次輸入的新密碼不同"),
        (PASSWORD, "password1234567", "password1234567", "太容易被猜到"),
        ("", "", "", "請填寫新密碼"),
    ],
)
def test_a_bad_new_password_is_refused_with_the_reason(
    client: Client, old: str, new: str, again: str, said: str
) -> None:
    user = person("officer", password=PASSWORD)
    second_factor.enrol(user, SECRET)
    sign_in(client, user)
    page = client.post(CHANGE, {"oldpassword": old, "password1": new, "password2": again}).content.decode()
    assert said in page
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


@pytest.mark.django_db
def test_a_forgotten_password_is_set_anew_by_a_mailed_code(client: Client) -> None:
    user = person("officer", password=PASSWORD)
    second_factor.enrol(user, SECRET)
    elsewhere = sign_in(Client(), user)
    assert client.post(RESET, {"email": user.email})["Location"] == f"{RESET}code/"
    body = Letter.objects.about(user).get(kind="password_reset_code").body
    code = re.search(r"^  (\S+)$", body, re.MULTILINE)
    assert code
    assert "驗證碼不正確" in client.post(f"{RESET}code/", {"code": "BBBB-BBBB"}).content.decode()
    assert client.post(f"{RESET}code/", {"code": code[1]})["Location"] == f"{RESET}new/"
    assert client.post(f"{RESET}new/", {"password1": NEW, "password2": NEW})["Location"] == f"{RESET}done/"
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert elsewhere.get("/accounts/").status_code == 302
    assert client.get("/accounts/").status_code == 302
    assert Letter.objects.about(user).filter(kind="password_changed").exists()
    assert client.post(f"{RESET}code/", {"code": code[1]}).status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("email", ["institution@example.org", "nobody@example.org"])
def test_resetting_is_answered_alike_but_only_staff_get_a_letter(client: Client, email: str) -> None:
    person("institution")
    assert client.post(RESET, {"email": email})["Location"] == f"{RESET}code/"
    assert client.get(f"{RESET}code/").status_code == 200
    assert not Letter.objects.exists()


@pytest.mark.django_db
def test_a_password_set_by_the_platform_itself_names_its_actor() -> None:
    with acting(Actor.system("demo"), "season.begin"):
        user = User.objects.create_user("v@example.org", PASSWORD, name="王小明", role="vendor")
    event = FormerPassword.objects.get(user=user).events.get()  # type: ignore[attr-defined]
    assert (event.pgh_context["role"], event.pgh_context["actor"]) == ("system", "demo")
