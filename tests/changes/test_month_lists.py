"""Which list an approved change belongs to: by computation, exactly one, whenever it is asked."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careward.changes import acts, releasing
from careward.changes.models import ConnectionChange
from careward.flow import Refused
from careward.journal import Actor, acting
from careward.kernel.clock import frozen, taipei
from careward.rulebook import NATIONWIDE, current
from careward.rulebook.change_lists import Changes
from support import changing, delivering

CHANGES: Changes = current().written_seasons["115"].changes
LISTS = list(CHANGES.lists.values())
FIRST = current().written_seasons["115"].moment("institution_window_closes").at
MOMENTS = st.datetimes(
    datetime(2025, 12, 8, 17), datetime(2027, 1, 5), timezones=st.just(FIRST.tzinfo)
) | st.sampled_from(LISTS).flatmap(
    lambda one: st.integers(-2, 2).map(lambda step: one.at + timedelta(microseconds=step))
)


def _holds(code: str, at: datetime) -> bool:
    one = CHANGES.lists[code]
    began = CHANGES.began(one)
    return at <= one.at and (began is None or at > began)


@given(at=MOMENTS)
def test_no_change_falls_into_two_lists_or_none_until_the_last_is_frozen(at: datetime) -> None:
    found = [code for code in CHANGES.lists if _holds(code, at)]
    listed = CHANGES.list_of(at)
    assert found == ([listed.code] if listed else [])
    assert (listed is None) == (at > LISTS[-1].at)


@given(one=MOMENTS, other=MOMENTS)
def test_what_is_approved_earlier_is_never_on_a_later_list(one: datetime, other: datetime) -> None:
    first, second = (CHANGES.list_of(at) for at in sorted((one, other)))
    assert second is None or (first is not None and first.code <= second.code)


@given(at=MOMENTS, later=st.integers(0, 400))
def test_a_frozen_list_stays_as_it_was(at: datetime, later: int) -> None:
    """Whatever is approved after the freezing stands elsewhere."""
    for one in LISTS:
        if one.frozen(at):
            assert not _holds(one.code, at + timedelta(days=later))


def test_between_the_window_and_the_first_months_end_everything_is_on_the_first_list() -> None:
    assert CHANGES.list_of(FIRST + timedelta(microseconds=1)) == LISTS[0]
    assert LISTS[0].code == "11412"
    assert CHANGES.list_of(LISTS[0].at) == LISTS[0]
    assert CHANGES.list_of(LISTS[0].at + timedelta(microseconds=1)) == LISTS[1]


@pytest.mark.django_db
def test_the_database_and_the_rulebook_agree_about_every_list() -> None:
    account = delivering.account()
    edges = [one.at + timedelta(microseconds=step) for one in LISTS for step in (-1, 0, 1)]
    edges.remove(LISTS[-1].at + timedelta(microseconds=1))
    with acting(Actor.system("test"), "prepare"):
        ConnectionChange.objects.bulk_create(
            ConnectionChange(
                application=account.application, number=number, state="processed", sources=["168.95.1.1/32"],
                sent_at=at, approved_at=at,
            )
            for number, at in enumerate(edges, start=1)
        )  # fmt: skip
    season = current().season("115", county=NATIONWIDE)
    found = {
        change.number: one.code
        for one in season.changes.lists.values()
        for change in ConnectionChange.objects.of_list(season, one)
    }
    assert sum(ConnectionChange.objects.of_list(season, one).count() for one in LISTS) == len(edges)
    for change in ConnectionChange.objects.all():
        assert change.listed is not None
        assert change.listed.code == found[change.number]


@pytest.mark.django_db
def test_after_the_last_freezing_nothing_can_be_approved() -> None:
    sent = changing.requested(at=LISTS[-1].at - timedelta(hours=1))
    with frozen(LISTS[-1].at + timedelta(seconds=1)), pytest.raises(Refused) as refused:
        acts.approve(sent, changing.OFFICER)
    assert refused.value.code == "no_list_left"


@pytest.mark.django_db
def test_the_lists_begun_are_shown_latest_first() -> None:
    assert [m.listed.code for m in releasing.months(taipei(2026, 2, 2))] == ["11502", "11501", "11412"]
    assert list(releasing.months(taipei(2025, 12, 8, 16))) == []
