"""Two seasons side by side: who may upload where and when, as the gateway opens and as a file is taken in."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from careward.correspondence import post
from careward.correspondence.models import Letter
from careward.flow import Step
from careward.flow.performing import bound_guards
from careward.gateway.backend import Attempt, Outcome
from careward.gateway.backend import Step as AttemptStep
from careward.gateway.django_backend import DjangoBackend
from careward.intake.models import Delivery
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.kernel.clock import taipei
from careward.kernel.procedure import Transition
from careward.provisioning import system_acts
from careward.provisioning.models import SystemAccount, UploadAccount
from careward.provisioning.procedure import PROCEDURE
from careward.provisioning.rules import MAY_UPLOAD, right_of
from careward.registry.models import Institution
from careward.rulebook import NATIONWIDE, current
from support import delivering
from support.signing_in import person, sign_in
from support.two_seasons import two_seasons

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("following")]

MODE = "nursing_home_system"
FIRST_DAY = taipei(2025, 12, 1)
MOMENTS = st.integers(0, 26 * 31 * 24 * 4).map(lambda quarters: FIRST_DAY + timedelta(minutes=15 * quarters))


@pytest.fixture(scope="module")
def following(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The rules with the season after, every moment of it confirmed."""
    yield from two_seasons(tmp_path_factory.mktemp("two-seasons"), confirmed=True)


def _moment(season: str, code: str) -> datetime:
    return current().season(season, county=NATIONWIDE).moment(code).at


def _account(season: str, lane: str, state: str) -> UploadAccount:
    there = Institution(code=delivering.CODE, type="general_nursing", county="10007")
    return UploadAccount(season=season, lane=lane, state=state, institution=there)


def _taken_in(account: UploadAccount, lane: str, at: datetime) -> bool:
    """Whether a file that has come whole at this moment is received."""
    row = Transition(None, "receive", ("institution",), "received")
    step = Step(Delivery(account=account, lane=lane), Actor.system("test"), at, row, {})
    return bound_guards["delivery", "upload_is_open"](step) is None


@given(
    at=MOMENTS,
    season=st.sampled_from(["115", "116"]),
    lane=st.sampled_from(["live", "test"]),
    into=st.sampled_from(["live", "test"]),
    state=st.sampled_from(PROCEDURE.states),
)
def test_a_file_is_taken_from_the_seasons_opening_until_the_season_after_closes_the_old_accounts(
    at: datetime, season: str, lane: str, into: str, state: str
) -> None:
    opens = _moment(season, "upload_opens")
    ends = [_moment("116", "old_accounts_close")] if season == "115" else []
    ends += [_moment(season, "test_access_ends")] if lane == "test" else []
    open_now = state in MAY_UPLOAD and opens <= at and all(at < end for end in ends)
    account = _account(season, lane, state)
    assert right_of(account).holds(at) is open_now
    assert _taken_in(account, into, at) is (open_now and into == lane)


@given(at=MOMENTS)
def test_old_and_new_account_overlap_from_the_opening_to_the_closing_and_never_is_there_none(
    at: datetime,
) -> None:
    opens, closes = _moment("116", "upload_opens"), _moment("116", "old_accounts_close")
    old, new = (_taken_in(_account(season, "live", "notified"), "live", at) for season in ("115", "116"))
    assert (old and new) is (opens <= at < closes)
    assert (old or new) is (at >= _moment("115", "upload_opens"))


@pytest.mark.parametrize("seconds", [-1, 0])
def test_the_old_account_comes_in_and_delivers_until_the_very_moment(seconds: int) -> None:
    at = _moment("116", "old_accounts_close") + timedelta(seconds=seconds)
    with clock.frozen(delivering.OPEN):
        account = delivering.account(networks=["127.0.0.1/32"])
    guest = DjangoBackend.guest.__wrapped__(DjangoBackend(), account.username)  # type: ignore[attr-defined]
    assert guest is not None
    assert guest.open_until == _moment("116", "old_accounts_close")
    assert _taken_in(account, "live", at) is (seconds < 0)


@pytest.mark.parametrize(
    ("at", "season"),
    [
        (taipei(2026, 6, 1), "115"),
        (taipei(2026, 12, 21, 23), "115"),
        (taipei(2026, 12, 22), "116"),
        (taipei(2027, 1, 31, 23), "116"),
        (taipei(2027, 2, 1), "116"),
    ],
)
def test_a_systems_file_goes_to_the_newest_account_whose_right_holds(at: datetime, season: str) -> None:
    with clock.frozen(delivering.OPEN):
        system = system_acts.open_account(
            SystemAccount(mode=MODE, username="cw-system", networks=["168.95.1.1/32"]),
            Actor("vendor", "test"),
        )
        for each in ("115", "116"):
            delivering.account(username="", networks=[], through=MODE, season=each)
    name = f"staff-11512-{delivering.CODE}.csv"
    assert system_acts.account_for(system, name, at).season == season


def test_a_season_that_is_not_confirmed_closes_nothing(tmp_path: Path) -> None:
    for _ in two_seasons(tmp_path, confirmed=False):
        assert right_of(_account("115", "live", "notified")).ends is None
        assert not right_of(_account("116", "live", "notified")).lanes


def test_the_letter_of_the_new_account_says_until_when_the_old_one_may_be_used() -> None:
    with clock.frozen(_moment("116", "provisioning_due") - timedelta(days=1)):
        old = delivering.account(networks=["127.0.0.1/32"])
        fresh = delivering.account(season="116", username="cw116-1131000009")
        with transaction.atomic(), acting(Actor.system("test"), "tell"):
            post("account_created", fresh)
    body = Letter.objects.get(kind="account_created").body
    assert f"115 年度的舊帳號 {old.username} 使用到 116 年 1 月 31 日" in body


def test_the_letter_of_an_account_says_nothing_of_one_that_is_over() -> None:
    with clock.frozen(_moment("116", "old_accounts_close") + timedelta(days=1)):
        delivering.account(networks=["127.0.0.1/32"])
        fresh = delivering.account(season="116", username="cw116-1131000009")
        with transaction.atomic(), acting(Actor.system("test"), "tell"):
            post("account_created", fresh)
    assert "舊帳號" not in Letter.objects.get(kind="account_created").body


@pytest.mark.parametrize(("seconds", "over"), [(-1, False), (0, True)])
def test_vendor_and_clerk_see_the_old_account_end_at_the_moment_and_which_one_to_use_instead(
    seconds: int, over: bool
) -> None:
    closes = _moment("116", "old_accounts_close")
    with clock.frozen(_moment("116", "provisioning_due") - timedelta(days=1)):
        old = delivering.account(networks=["127.0.0.1/32"])
        fresh = delivering.account(season="116", username="cw116-1131000009", networks=["127.0.0.1/32"])
    refused = Attempt(closes, "127.0.0.1", old.username, str(old.pk), AttemptStep.ACCOUNT, Outcome.CLOSED)
    if over:
        DjangoBackend.attempt.__wrapped__(DjangoBackend(), refused)  # type: ignore[attr-defined]
    with clock.frozen(closes + timedelta(seconds=seconds)):
        vendor = sign_in(Client(), person("vendor"))
        listed = vendor.get("/provisioning/?shown=done").content.decode()
        shown = vendor.get(f"/provisioning/{old.pk}/").content.decode()
        clerk = sign_in(Client(), person("institution", institution_code=delivering.CODE))
        told = clerk.get(f"/my/connection/?account={old.username}").content.decode()
    assert (listed.count("使用期間已結束"), "使用期間已結束" in shown) == ((1, True) if over else (0, False))
    assert ("請把程式改用新帳號" in told) is over
    assert fresh.username in told
    assert "115 年度" in listed
    assert "116 年度" in listed
