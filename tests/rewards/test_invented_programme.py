"""A new programme is one file: an invented one is calculated without touching code."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from careward.rewards.columns import read_row
from careward.rewards.explaining import explain
from careward.rewards.reckoning import Reckoner
from careward.rulebook import load
from careward.rulebook.check import check

RULES = Path(__file__).resolve().parents[2] / "rules"
SPAN = 'valid_from: "120", valid_to: "121", source: decided'
LAST = 'valid_from: "121", valid_to: "121", source: decided'
INVENTED = f"""
programme: {{id: invented, label: 演練計畫, first_year: "120", last_year: "121", source: decided}}
institution_types: {{value: [residential_ltc, elderly], source: decided}}
indicators:
  garden: {{label: 庭園, explains: 有庭園。, source: decided}}
  music: {{label: 音樂, explains: 有音樂。, source: decided}}
reward:
  kind: per_bed
  source: decided
  period: {{first_day: 2031-01-01, last_day: 2032-12-31, source: decided}}
  judged_on: {{month: 6, day: 30, {SPAN}}}
  results_due: {{month: 7, day: 31, {SPAN}}}
  routes:
    only: {{label: 唯一, says: 評鑑合格, kinds: [regular], opened_to: 2032-12-31, {SPAN}}}
  validity: {{carried_by: [regular], pending_while: [regular], {SPAN}}}
  beds:
    ltc: {{type: residential_ltc, counted: open_beds, taken_out: [anyang_residents], says: 開放床數, {SPAN}}}
    elderly: {{type: elderly, counted: open_beds, taken_out: [], says: 開放床數, {SPAN}}}
  cap: {{beds: 30, {SPAN}}}
  rates:
    public: {{ownership: public, amount: 1, {SPAN}}}
    private: {{ownership: private, amount: 300, {SPAN}}}
    built: {{ownership: public_built_private_run, amount: 5, {SPAN}}}
  due:
    garden: {{types: [residential_ltc], check_point: 看庭園, {SPAN}}}
    music: {{types: [residential_ltc, elderly], check_point: 聽音樂, {LAST}}}
  termination: {{lasting: true, {SPAN}}}
  unmet_indicator: {{ends: false, {SPAN}}}
  exits:
    only: {{offence: elderly-48-2, penalty: elderly-48, {SPAN}}}
  admin_cost: {{percent: 5, warn_from_percent: 4, pays_for: [業務費], {SPAN}}}
  bonus: {{percent: 1, warn_from_percent: 1, ownerships: [private], {SPAN}}}
"""


def test_an_invented_programme_is_calculated_by_its_own_file(
    tmp_path: Path, cells: Callable[..., dict[str, str]]
) -> None:
    shutil.copytree(RULES, tmp_path / "rules")
    (tmp_path / "rules" / "programmes" / "invented.yaml").write_text(INVENTED, encoding="utf-8")
    assert check(tmp_path / "rules") == []
    reckoner = Reckoner.of(load(tmp_path / "rules"), "invented")
    changes = {
        "type": "residential_ltc",
        "accreditations": "合格@2031-06-30@2031-07-01@2032-06-30@regular",
        "anyang_residents_prev_dec": "35",
        "indicators": "garden=met;music=unmet",
        "penalties": "elderly-48-2/elderly-48@2031-01-01@2032-12-31|ltc-44/ltc-47@2031-01-01@2031-05-05",
    }
    facts, faults = read_row(cells(**changes), reckoner.known, 2, "F.csv")
    assert facts, faults
    first, second = reckoner.decide_years(dict.fromkeys(("120", "121"), facts))
    assert (first.amount, first.beds.counted, first.route) == (25 * 300, 25, "only")
    assert second.reasons == ("exit-only",)
    assert second.eligible
    json.dumps(explain(second, reckoner.years["121"]).as_document())
    assert first.reasons == ("route-only", "validity", "indicators", "beds-ltc", "rate-private")


def test_where_unmet_does_not_end_the_qualification_it_only_earns_nothing(
    tmp_path: Path, cells: Callable[..., dict[str, str]]
) -> None:
    shutil.copytree(RULES, tmp_path / "rules")
    (tmp_path / "rules" / "programmes" / "invented.yaml").write_text(INVENTED, encoding="utf-8")
    reckoner = Reckoner.of(load(tmp_path / "rules"), "invented")
    changes = {"accreditations": "甲@2030-06-30@2030-07-01@2032-06-30@regular", "indicators": "music=unmet"}
    facts, _ = read_row(cells(**changes), reckoner.known, 2, "F.csv")
    assert facts
    first, second = reckoner.decide_years(dict.fromkeys(("120", "121"), facts))
    assert first.amount == 30 * 300
    assert (second.amount, second.exits, second.eligible) == (0, None, True)
    assert second.reasons == ("unmet-indicator", "indicator-music")
