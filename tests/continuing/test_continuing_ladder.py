"""The ladder of reminders: only to those who have not finished, never twice, no burst after a pause."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careward.continuing import acts, jobs
from careward.continuing.models import Invitation, Reminder
from careward.continuing.rules import due_step
from careward.correspondence.models import Letter
from careward.flow import Refused
from careward.kernel.clock import frozen, taipei
from support.applying import CLOSES, lacking
from support.continuing import agreed, invited

OPENS = taipei(2025, 11, 17, 9)
LADDERS = st.lists(st.integers(1, 30), min_size=1, max_size=6, unique=True).map(
    lambda days: sorted(days, reverse=True)
)
MOMENTS = st.integers(0, 23 * 24 * 60).map(lambda minutes: OPENS + timedelta(minutes=minutes))


@given(LADDERS, MOMENTS, st.lists(MOMENTS, max_size=40))
def test_whenever_jobs_run_each_step_is_sent_once_and_in_order(
    days: list[int], invited_at: datetime, runs: list[datetime]
) -> None:
    done: list[int] = []
    for now in sorted(runs):
        step = due_step(CLOSES, days, invited_at=invited_at, done=done, now=now)
        if step is None:
            continue
        moment = CLOSES - timedelta(days=step)
        assert moment <= now <= CLOSES
        assert moment >= invited_at
        assert not [later for later in days if later < step and CLOSES - timedelta(days=later) <= now]
        done.append(step)
    assert done == sorted(set(done), reverse=True)


@given(LADDERS, MOMENTS)
def test_a_platform_that_never_rests_sends_every_step_after_the_invitation(
    days: list[int], invited_at: datetime
) -> None:
    done: list[int] = []
    for hour in range(22 * 24):
        now = OPENS + timedelta(hours=hour)
        if now >= invited_at:
            step = due_step(CLOSES, days, invited_at=invited_at, done=done, now=now)
            done += [step] if step is not None else []
    assert done == [step for step in days if CLOSES - timedelta(days=step) >= invited_at]


@given(LADDERS, MOMENTS)
def test_one_run_after_a_long_pause_sends_one_letter(days: list[int], now: datetime) -> None:
    first = due_step(CLOSES, days, invited_at=OPENS, done=[], now=now)
    done = [] if first is None else [first]
    assert first is None or due_step(CLOSES, days, invited_at=OPENS, done=done, now=now) is None


def reminded_at(*moments: datetime) -> list[int]:
    for moment in moments:
        with frozen(moment):
            jobs.remind_due("115")
            jobs.remind_due("115")
    return list(Reminder.objects.order_by("pk").values_list("days_before", flat=True))


def before(days: float) -> datetime:
    return CLOSES - timedelta(days=days)


@pytest.mark.django_db
def test_the_seasons_ladder_step_by_step() -> None:
    invited(at=OPENS)
    moments = [before(days) for days in (21.1, 21, 20, 14, 10, 7, 6, 3, 2, 1, 0.5, 0, -0.1)]
    assert reminded_at(*moments) == [21, 14, 7, 3, 1]
    subjects = Letter.objects.filter(kind="continuing_reminder").values_list("subject", flat=True)
    assert len(subjects) == 5
    assert all(any(f"還有 {days} 天" in subject for subject in subjects) for days in (21, 14, 7, 3, 1))


@pytest.mark.django_db
def test_who_was_invited_late_gets_no_reminder_of_the_past() -> None:
    invited(at=before(5))
    assert reminded_at(before(5), before(4)) == []


@pytest.mark.django_db
def test_who_has_finished_is_left_alone() -> None:
    agreed(invited(at=OPENS), at=before(15))
    invited("1131000018", "b@example.org", at=OPENS)
    lacking(before(15), institution_code="1131000018")
    assert reminded_at(before(14), before(7)) == []


@pytest.mark.django_db
def test_a_step_that_is_not_due_is_refused_by_the_act_itself() -> None:
    invitation: Invitation = invited(at=OPENS)
    with frozen(before(10)), pytest.raises(Refused) as refused:
        acts.remind(invitation, acts.WORKER, days_before=7)
    assert refused.value.code == "no_reminder_due"


@pytest.mark.django_db
def test_the_running_job_reminds_and_tells() -> None:
    invited(at=OPENS)
    with frozen(before(7)):
        jobs.keep_up()
    with frozen(before(-1)):
        jobs.keep_up()
    kinds = set(Letter.objects.values_list("kind", flat=True))
    assert {"continuing_reminder", "continuing_lapsed"} <= kinds
