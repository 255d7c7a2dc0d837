import pytest

from support.waiting import until


def test_waiting_gives_back_the_first_answer_that_holds() -> None:
    answers = iter([None, "", "ready"])
    assert until(lambda: next(answers), seconds=5, what="readiness") == "ready"


def test_waiting_in_vain_names_what_was_waited_for() -> None:
    with pytest.raises(AssertionError, match=r"in vain for the receipt; last answer: 0"):
        until(lambda: 0, seconds=0, what="the receipt")
