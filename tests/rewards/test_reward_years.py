"""Years, refusals and what a decision hands on, asked of the reckoner itself."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from careward.rewards.facts import Accreditation, Facts
from careward.rewards.reckoning import Ended, NotCalculable, Reckoner, Weighed, weigh
from careward.rulebook import Rulebook, UnknownCode

Make = Callable[..., Facts]


def test_a_year_outside_the_programme_is_refused(facts: Make, reckoner: Reckoner) -> None:
    with pytest.raises(UnknownCode, match="rules have no programme year '113'"):
        reckoner.decide(facts(), "113")


def test_a_programme_without_price_table_is_refused_by_its_id(book: Rulebook) -> None:
    with pytest.raises(NotCalculable, match=r"^care-quality$") as refused:
        Reckoner.of(book, "care-quality")
    assert (refused.value.programme, refused.value.filled) == ("care-quality", False)
    written = book.programme("care-quality")
    item = {
        "indicator": "3.1",
        "label": "甲",
        "prices": {},
        "valid_from": "113",
        "valid_to": "116",
        "source": "decided",
    }
    table = written.reward.price_table.model_copy(update={"items": {"1": item}})
    filled = written.model_copy(update={"reward": written.reward.model_copy(update={"price_table": table})})
    with pytest.raises(NotCalculable) as refused:
        Reckoner(filled, book.laws, book.types)
    assert refused.value.filled


def test_years_are_decided_in_their_order_however_they_come(facts: Make, reckoner: Reckoner) -> None:
    out_of_order = {
        "112": facts(),
        "110": facts(penalties="ltc-44/ltc-47@2021-01-01@2021-01-01"),
        "111": facts(),
    }
    decisions = reckoner.decide_years(out_of_order)
    assert [(one.year, one.amount) for one in decisions] == [("110", 0), ("111", 0), ("112", 0)]
    assert decisions[2].ended_before == Ended("110", ("exit-ltc-44",))


def test_an_exit_handed_over_stands_beside_later_penalties(facts: Make, reckoner: Reckoner) -> None:
    penalised = facts(penalties="ltc-44/ltc-47@2021-01-01@2022-01-01")
    earlier = Ended("110", ("unmet-indicator", "indicator-staffing"))
    assert reckoner.decide(penalised, "112", earlier).ended_before == earlier
    later = Ended("111", ("unmet-indicator",))
    assert reckoner.decide(penalised, "112", later).ended_before == later, (
        "of the same year the one handed over"
    )
    same = facts(penalties="ltc-44/ltc-47@2021-01-01@2021-01-01")
    assert reckoner.decide(same, "112", later).ended_before == Ended("110", ("exit-ltc-44",))


def test_of_several_earlier_penalties_the_first_year_counts(facts: Make, reckoner: Reckoner) -> None:
    twice = facts(
        penalties="nursing-29/nursing-29@2021-01-01@2022-03-03|ltc-44/ltc-47@2021-01-01@2021-01-01"
        "|elderly-48-1/elderly-48@2021-01-01@2021-09-09"
    )
    decision = reckoner.decide(twice, "112")
    assert decision.ended_before == Ended("110", ("exit-ltc-44", "exit-elderly-48-1"))
    assert decision.reasons == ("earlier-exit", "exit-ltc-44", "exit-elderly-48-1")
    assert decision.exits == decision.ended_before


def test_a_penalty_is_weighed_for_the_year(facts: Make, reckoner: Reckoner) -> None:
    written = (
        "ltc-44/ltc-47@2021-01-01@2022-05-05|ltc-44/ltc-47@2019-01-01@2020-03-31"
        "|elderly-48-2/elderly-48@2021-01-01@2022-05-05"
    )
    in_year, before, other = facts(penalties=written).penalties
    weights = [weigh(in_year, reckoner.years[year]).weight for year in ("110", "111", "112")]
    assert weights == ["later", "exit", "earlier"]
    year = reckoner.years["109"]
    assert weigh(before, year) == Weighed(before, "outside-period", year.exits["ltc-44", "ltc-47"])
    assert weigh(other, reckoner.years["111"]) == Weighed(other, "not-listed", None)
    assert weigh(in_year, reckoner.years["111"]).year == "111"


def test_all_that_stands_against_a_reward_is_told_in_order(facts: Make, reckoner: Reckoner) -> None:
    everything = facts(
        accreditations="甲@2018-10-01@2019-01-01@2021-11-29@regular",
        ended_on="2020-05-05",
        penalties="ltc-44/ltc-47@2021-01-01@2021-01-01|nursing-29/nursing-29@2021-01-01@2022-01-01",
        indicators="staffing=unmet",
    )
    decision = reckoner.decide(everything, "111")
    assert decision.reasons == ("lapsed", "ended-on", "earlier-exit", "exit-ltc-44", "exit-nursing-29")
    assert decision.exits == Ended("110", ("exit-ltc-44",))
    assert decision.qualification.carrying is None


def test_the_newest_passed_accreditation_carries(facts: Make, reckoner: Reckoner) -> None:
    newer, older = (
        "乙@2021-10-01@2021-10-02@2025-10-01@regular",
        "甲@2018-10-01@2019-01-01@2023-12-31@regular",
    )
    both = facts(accreditations=f"{newer}|{older}")
    carrying = reckoner.decide(both, "111").qualification.carrying
    assert carrying
    assert carrying.grade == "乙"


def test_a_type_the_programme_does_not_reward_has_neither_beds_nor_indicators(
    facts: Make, reckoner: Reckoner
) -> None:
    decision = reckoner.decide(facts(type="residential_ltc", indicators="staffing=unmet"), "111")
    assert (decision.indicators, decision.rate, decision.rate_amount) == ((), None, 0)
    assert (decision.beds.found, decision.beds.taken_out, decision.beds.before_cap) == (0, 0, 0)
    assert decision.exits is None
    assert decision.route is None
    assert decision.eligible_from is None


def test_beds_are_told_before_and_after_each_step(facts: Make, reckoner: Reckoner) -> None:
    beds = reckoner.decide(facts(residents_prev_dec="140", anyang_residents_prev_dec="7"), "111").beds
    assert (beds.found, beds.taken_out, beds.before_cap, beds.counted, beds.cap) == (140, 7, 133, 100, 100)


def test_an_accreditation_counts_from_the_earlier_day_and_before_its_announcement_not_at_all() -> None:
    one = Accreditation("甲", date(2020, 5, 5), date(2020, 6, 6), date(2023, 6, 5), "regular", passed=True)
    assert one.since == date(2020, 5, 5)
    assert [one.covers(day) for day in (date(2020, 5, 4), date(2020, 5, 5), date(2023, 6, 5), date(2023, 6, 6))] == [
        False, True, True, False,
    ]  # fmt: skip
    unannounced = Accreditation("", None, date(2020, 6, 6), date(2023, 6, 5), "re", passed=True)
    assert (unannounced.since, unannounced.covers(date(2021, 1, 1))) == (None, False)
    endless = Accreditation("甲", date(2020, 5, 5), None, None, "regular", passed=True)
    assert (endless.since, endless.covers(date(2021, 1, 1))) == (date(2020, 5, 5), False)


def test_as_known_on_a_day_keeps_what_was_known_on_it(facts: Make) -> None:
    known = facts(
        accreditations="甲@2020-05-05@2020-05-05@2023-06-05@regular|乙@2020-05-06@2020-01-01@2023-06-05@re|@@@@re",
        penalties="ltc-44/ltc-47@2019-01-01@2020-05-05|ltc-44/ltc-47@2019-01-01@2020-05-06",
        ended_on="2020-05-05",
    ).known_on(date(2020, 5, 5))
    assert [one.announced for one in known.accreditations] == [date(2020, 5, 5), None, None]
    assert [one.penalty_date for one in known.penalties] == [date(2020, 5, 5)]
    assert known.ended_on == date(2020, 5, 5)
    assert known.known_on(date(2020, 5, 4)).ended_on is None


def test_what_is_not_told_of_an_institution_counts_for_nothing() -> None:
    bare = Facts("1", "", "", "elderly", "private")
    assert (bare.open_beds, bare.residents, bare.anyang_residents, bare.early_intervention_residents) == (
        0,
        0,
        0,
        0,
    )
    assert (bare.accreditations, bare.penalties, dict(bare.indicators), bare.origin) == ((), (), {}, "")
    assert bare.state_of("staffing") == "pending"


def test_a_failed_accreditation_of_the_judged_day_itself_suspends(facts: Make, reckoner: Reckoner) -> None:
    failed = facts(accreditations="甲@2018-10-01@2019-01-01@2022-11-29@regular|丁@2022-11-30@@@regular")
    assert reckoner.decide(failed, "111").reasons == ("suspended",)


def test_numbering_must_hold_for_offence_and_provision_and_the_exit_is_named(
    facts: Make, reckoner: Reckoner
) -> None:
    (penalty,) = facts(penalties="mental-18/mental-58@2022-12-14@2023-01-01").penalties
    rules = reckoner.years["112"]
    assert weigh(penalty, rules) == Weighed(penalty, "numbering", rules.exits["mental-18", "mental-58"])
    old = rules.laws.offences["mental-18"]
    endless = old.model_copy(
        update={"numberings": (old.numberings[0].model_copy(update={"valid_to": None}),)}
    )
    laws = rules.laws.model_copy(update={"offences": {**rules.laws.offences, "mental-18": endless}})
    assert weigh(penalty, replace(rules, laws=laws)).weight == "numbering", (
        "the provision's numbering is over"
    )


def test_an_exit_rule_counts_only_in_its_own_years(facts: Make, reckoner: Reckoner) -> None:
    (penalty,) = facts(penalties="ltc-44/ltc-47@2021-01-01@2021-01-01").penalties
    rules = reckoner.years["111"]
    late = rules.exits["ltc-44", "ltc-47"].model_copy(update={"valid_from": "111"})
    assert weigh(penalty, replace(rules, exits={("ltc-44", "ltc-47"): late})) == Weighed(
        penalty, "not-listed", late
    )
