import pytest

from support.waiting import until, within


def test_waiting_gives_back_the_first_answer_that_holds() -> None:
    answers = iter([None, "", "ready"])
    assert until(lambda: next(answers), seconds=5, what="readiness") == "ready"


def test_waiting_in_vain_names_what_was_waited_for() -> None:
    with pytest.raises(AssertionError, match=r"in vain for the receipt; last answer: 0"):
        until(lambda: 0, seconds=0, what="the receipt")


def test_what_does_not_come_within_its_time_is_no_error_but_an_answer() -> None:
    looks = iter([False, False, True])
    assert within(lambda: next(looks), seconds=0.02)
    assert not within(lambda: False, seconds=0.01)
