"""Attempts: so many in a time, each forgotten when its own time is over, none uncounted."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from careward.accounts.throttle import Attempts, Throttle, forget
from support.attempts import let_pass

MINUTE = timedelta(minutes=1)
THREE = Throttle("test", limit=3, lock=15 * MINUTE)


@pytest.mark.django_db
def test_a_key_has_as_many_attempts_as_the_limit_and_no_more() -> None:
    assert [THREE.take("a") for _ in range(5)] == [True, True, True, False, False]
    assert THREE.exhausted("a")
    assert not THREE.exhausted("b")
    assert THREE.take("b")


@pytest.mark.django_db
def test_each_attempt_is_forgotten_when_its_own_time_is_over() -> None:
    THREE.count("a")
    let_pass(10 * MINUTE)
    THREE.count("a")
    THREE.count("a")
    assert THREE.exhausted("a")
    let_pass(6 * MINUTE)
    assert not THREE.exhausted("a")
    assert [THREE.take("a"), THREE.take("a")] == [True, False]


@pytest.mark.django_db
def test_a_refused_attempt_does_not_prolong_the_lock() -> None:
    for _ in range(3):
        THREE.count("a")
    let_pass(14 * MINUTE)
    assert not THREE.take("a")
    let_pass(1 * MINUTE)
    assert THREE.take("a")


@pytest.mark.django_db
def test_keys_whose_attempts_are_all_over_are_removed() -> None:
    THREE.count("a")
    let_pass(10 * MINUTE)
    THREE.count("a")
    THREE.count("b")
    let_pass(15 * MINUTE)
    THREE.count("c")
    assert forget() == 2
    assert [one.key for one in Attempts.objects.all()] == ["test:c"]


@pytest.mark.django_db(transaction=True)
def test_of_parallel_attempts_none_goes_uncounted() -> None:
    ten = Throttle("test", limit=10, lock=15 * MINUTE)

    def attempt(_: int) -> bool:
        try:
            return ten.take("a")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(attempt, range(40))) == 10
