"""What a password must be. Long instead of complicated; composition and expiry are not asked for.

Source: security-baseline.md 41, 42 and "Passwords and secrets"; rules/policies.yaml ``sign_in``.
"""

import re
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import check_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from careward import rulebook
from careward.accounts.models import FormerPassword, User
from careward.kernel.text import nfkc
from careward.kernel.texts import text

SHORTEST_WORD: Final = 6
"""Shorter common passwords are left alone inside a longer one: chance finds them too often [decided]."""

WORTH_OF_A_COMMON_WORD: Final = 3
"""Characters a common password inside counts as, so that four such words in a row are good [decided]."""

WORTH_OF_AN_OWN_WORD: Final = 1
"""Characters a word of the service, or of the person's name and address, counts as [decided]."""

LEAST_WORTH: Final = 12
"""What a password must be worth once well-known parts and repetitions are discounted [decided]."""

_LONGEST_SEARCHED: Final = 128


class LongEnough:
    """At least ``password_min_length`` characters; there is no upper limit but the form's."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Raise ValidationError (``too_short``)."""
        least = rulebook.current().policies.sign_in.password_min_length.value
        if len(password) < least:
            facts = {"least": least, "length": len(password)}
            message = text("accounts:passwords.too_short", **facts)
            raise ValidationError(message, code="too_short", params=facts)

    def get_help_text(self) -> str:
        """The rule for people."""
        least = rulebook.current().policies.sign_in.password_min_length.value
        return text("accounts:passwords.help_length", least=least)


class NotWellKnown:
    """Not made of common passwords, words of this service, or the person's own name and address."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Raise ValidationError (``well_known``)."""
        if worth(password, _own_words(user)) < LEAST_WORTH:
            raise ValidationError(text("accounts:passwords.well_known"), code="well_known")

    def get_help_text(self) -> str:
        """The rule for people."""
        return text("accounts:passwords.help_known")


class NotOneOfTheLast:
    """Not the present password nor one of the ``passwords_remembered`` last ones; keeps that memory."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Raise ValidationError (``used_before``). New people have no memory."""
        if not isinstance(user, User):
            return
        count = rulebook.current().policies.sign_in.passwords_remembered.value
        known = [row.password for row in FormerPassword.objects.latest_of(user, count)]
        if any(check_password(password, known_hash) for known_hash in known):
            message = text("accounts:passwords.used_before", count=count)
            raise ValidationError(message, code="used_before", params={"count": count})

    def get_help_text(self) -> str:
        """The rule for people."""
        count = rulebook.current().policies.sign_in.passwords_remembered.value
        return text("accounts:passwords.help_last", count=count)

    def password_changed(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Called by Django after a new password was saved: remember it, forget the oldest."""
        if not isinstance(user, User):
            return
        FormerPassword.objects.create(user=user, password=user.password)
        count = rulebook.current().policies.sign_in.passwords_remembered.value
        kept = [row.pk for row in FormerPassword.objects.latest_of(user, count)]
        FormerPassword.objects.filter(user=user).exclude(pk__in=kept).delete()


def worth(password: str, own_words: frozenset[str] = frozenset()) -> int:
    """How many characters a guesser would have to find: never more than twice the different ones it has.

    A well-known part counts little, and once however often it stands there; a run of one character counts
    one; everything else counts itself.
    """
    plain = nfkc(password).casefold()[:_LONGEST_SEARCHED]
    in_one = "".join(character for character, _ in groupby(plain))
    return min(_worth(plain, own_words), _worth(in_one, own_words), 2 * len(set(plain)))


def _worth(rest: str, own_words: frozenset[str]) -> int:
    total = 0
    while found := _longest_known(rest, own_words):
        part, value = found
        rest = rest.replace(part, "\0")
        total += value
    return total + sum(1 for character, _ in groupby(rest) if character != "\0")


def _longest_known(password: str, own_words: frozenset[str]) -> tuple[str, int] | None:
    for length in range(min(len(password), 32), 1, -1):
        for start in range(len(password) - length + 1):
            part = password[start : start + length]
            if part in own_words or part in _agency_words():
                return part, WORTH_OF_AN_OWN_WORD
            if length >= SHORTEST_WORD and part in _common():
                return part, WORTH_OF_A_COMMON_WORD
    return None


def _own_words(user: AbstractBaseUser | None) -> frozenset[str]:
    if not isinstance(user, User):
        return frozenset()
    parts = re.split(r"[^\w]+|_", nfkc(f"{user.email} {user.name} {user.institution_code}").casefold())
    return frozenset(part for part in parts if len(part) >= 2)


@cache
def _common() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)


@cache
def _agency_words() -> frozenset[str]:
    lines = (files("careward.accounts") / "agency-words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip().casefold() for line in lines if line.strip() and not line.startswith("#"))
