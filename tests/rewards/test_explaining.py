"""The explanation of one amount: rule, sentence, inputs with origin, source, result, what would change it."""

import time
from collections.abc import Callable

from careward.rewards.explaining import Node, explain
from careward.rewards.facts import Facts
from careward.rewards.reckoning import Reckoner
from careward.rewards.telling import notices, reason_says

Make = Callable[..., Facts]


def _tree(facts: Facts, reckoner: Reckoner, year: str = "111") -> dict[str, Node]:
    tree = explain(reckoner.decide(facts, year), reckoner.years[year])
    return {node.rule: node for node in tree.walk()}


def test_inputs_say_from_where_they_are(facts: Make, reckoner: Reckoner) -> None:
    tree = _tree(facts(anyang_residents_prev_dec="4"), reckoner)
    told = {one.name: (one.value, one.origin) for one in tree["beds-elderly"].inputs}
    assert told == {
        "前一年 12 月底實際收容人數": ("40", "F.csv residents_prev_dec"),
        "其中安養床人數": ("4", "F.csv anyang_residents_prev_dec"),
    }
    assert "扣除 4 之後 36" in tree["beds-elderly"].says
    assert tree["beds-elderly"].source == "S4 獎勵標準"
    assert "平台決定" in tree["beds-elderly"].note
    assert tree["beds-elderly"].source_says == "109–112 年計畫簡報，獎勵標準"


def test_days_are_told_in_roc_years_and_the_change_names_the_day(facts: Make, reckoner: Reckoner) -> None:
    lapsed = facts(accreditations="甲@2018-10-01@2019-01-01@2022-11-29@regular")
    node = _tree(lapsed, reckoner)["validity"]
    assert node.result == "no"
    assert node.change == "在 111 年 11 月 30 日以前（含）公告或生效的評鑑合格"
    assert "效期 108 年 1 月 1 日至 111 年 11 月 29 日" in node.inputs[0].value


def test_a_penalty_is_told_with_what_it_means_for_the_year(facts: Make, reckoner: Reckoner) -> None:
    later = facts(penalties="ltc-44/ltc-47@2021-01-01@2023-05-06")
    node = _tree(later, reckoner)["exit-ltc-44"]
    assert node.result == "yes"
    assert "不影響本年度" in node.inputs[0].value
    assert _tree(later, reckoner, "112")["exit-ltc-44"].result == "no"


def test_a_penalty_whose_numbering_does_not_fit_is_shown_and_noted(facts: Make, reckoner: Reckoner) -> None:
    odd = facts(penalties="mental-29/mental-80@2021-01-01@2022-05-06|foo-1/bar-2@2021-01-01@2020-05-06")
    decision = reckoner.decide(odd, "111")
    assert decision.amount == 800_000
    tree = _tree(odd, reckoner)
    assert "請查明" in tree["penalty-numbering"].says
    assert tree["penalty-not-listed"].result == "yes"
    told = list(notices(decision, reckoner.years["111"]))
    assert [("條次" in one, "foo-1" in one) for one in told] == [(True, False), (False, True), (False, True)]


def test_a_wrong_pair_and_more_people_taken_out_than_there_are_are_noted(
    facts: Make, reckoner: Reckoner
) -> None:
    odd = facts(penalties="ltc-44/elderly-48@2021-01-01@2022-05-06", anyang_residents_prev_dec="41")
    told = list(notices(reckoner.decide(odd, "111"), reckoner.years["111"]))
    assert ["床數以 0 計" in one for one in told] == [True, False]
    assert "ltc-44/elderly-48" in told[1]
    unknown = facts(penalties="ltc-44/ltc-99@2021-01-01@2022-05-06")
    assert "ltc-99" in next(iter(notices(reckoner.decide(unknown, "111"), reckoner.years["111"])))


def test_plain_facts_are_noted_with_nothing(facts: Make, reckoner: Reckoner) -> None:
    plain = facts(
        penalties="ltc-44/ltc-47@2021-01-01@2022-05-06|elderly-48-2/elderly-48@2021-01-01@2021-02-02"
    )
    assert list(notices(reckoner.decide(plain, "111"), reckoner.years["111"])) == []


def test_every_reason_has_words(facts: Make, reckoner: Reckoner) -> None:
    decision = reckoner.decide(facts(residents_prev_dec="140"), "111")
    told = [reason_says(decision, reckoner.years["111"], reason) for reason in decision.reasons]
    assert told[-2:] == ["達到床數上限", "每床 20,000 元"]


def test_an_indicator_that_cannot_apply_is_told_with_its_reason(facts: Make, reckoner: Reckoner) -> None:
    met = facts().indicators
    written = ";".join(f"{id_}=met" for id_ in met if id_ != "foreign_carers")
    node = _tree(facts(indicators=f"{written};foreign_carers=na:無外籍看護"), reckoner)[
        "indicator-foreign_carers"
    ]
    assert (node.result, node.inputs[0].value) == ("yes", "不適用（無外籍看護）")


def test_an_explanation_is_made_in_well_under_fifty_milliseconds(facts: Make, reckoner: Reckoner) -> None:
    one = facts(penalties="ltc-44/ltc-47@2021-01-01@2023-05-06|mental-18/mental-58@2021-01-01@2023-05-06")
    taken = []
    for _ in range(5):
        begun = time.perf_counter()
        list(explain(reckoner.decide(one, "112"), reckoner.years["112"]).lines())
        taken.append(time.perf_counter() - begun)
    assert min(taken) < 0.05
