"""Random rows of facts, crowded around the days and numbers on which rules turn."""

import random
from datetime import date, timedelta

INDICATORS = (
    "data_reporting", "eop_plan", "eop_drill", "safety_subsidy", "activity_space", "hand_hygiene",
    "infection_training", "flu_vaccination", "staffing", "staff_rights", "foreign_carers", "group_activities",
    "self_care", "medical_care",
)  # fmt: skip
EDGES = [
    date(2018, 12, 31), date(2019, 12, 31), date(2020, 4, 1), date(2020, 11, 30), date(2020, 12, 31),
    date(2021, 11, 30), date(2022, 11, 30), date(2022, 12, 14), date(2023, 11, 30), date(2023, 12, 31),
]  # fmt: skip
TYPES = ("elderly", "disability", "general_nursing", "psychiatric_nursing", "residential_ltc")
PAIRS = (
    "elderly-48-1/elderly-48", "elderly-48-3b/elderly-48", "elderly-48-2/elderly-48", "disability-75/disability-90",
    "nursing-29/nursing-29", "mental-18/mental-58", "mental-29/mental-80", "mental-18/mental-80", "ltc-44/ltc-47",
    "ltc-44/elderly-48",
)  # fmt: skip


def invent(dice: random.Random, code: str) -> dict[str, str]:
    """One row, as it would stand in FACTS.csv."""
    kind = dice.choice(TYPES) if dice.random() < 0.2 else dice.choice(TYPES[:4])
    return {
        "institution_code": code,
        "name": f"演練機構{code}",
        "county": dice.choice(("臺北市", "新北市", "花蓮縣")),
        "type": kind,
        "ownership": dice.choice(("public", "private", "public_built_private_run")),
        "founded_on": dice.choice((_day(dice), "2010-01-01", "2019-12-31", "2020-01-01", "")),
        "open_beds_prev_dec": str(dice.choice((0, 1, 99, 100, 101, dice.randrange(300)))),
        "residents_prev_dec": str(dice.choice((0, 1, 99, 100, 101, 120, dice.randrange(300)))),
        "anyang_residents_prev_dec": str(dice.choice((0, 0, 1, 20, dice.randrange(40)))),
        "early_intervention_residents_prev_dec": str(dice.choice((0, 0, 1, 20, dice.randrange(40)))),
        "accreditations": "|".join(
            _accreditation(dice, kind) for _ in range(dice.choice((0, 1, 1, 2, 2, 3)))
        ),
        "penalties": "|".join(_penalty(dice) for _ in range(dice.choice((0, 0, 0, 0, 1, 2)))),
        "indicators": _indicators(dice),
        "ended_on": _day(dice) if dice.random() < 0.05 else "",
        "year": "",
    }


def _near(dice: random.Random) -> date:
    if dice.random() < 0.5:
        return dice.choice(EDGES) + timedelta(days=dice.choice((-1, 0, 1)))
    return date(2016, 1, 1) + timedelta(days=dice.randrange(3200))


def _day(dice: random.Random) -> str:
    return _near(dice).isoformat()


def _accreditation(dice: random.Random, kind: str) -> str:
    if dice.random() < 0.06:
        return f"@@@@{dice.choice(('re', 'regular'))}"
    grades = "優甲乙丙丁" if kind in {"elderly", "disability"} else ("合格", "合格", "合格", "不合格")
    grade = dice.choice(grades)
    announced = _near(dice)
    begins = announced + timedelta(days=dice.choice((-40, -1, 0, 1, 60)))
    ends = max(dice.choice((_near(dice), begins + timedelta(days=dice.choice((365, 1095, 1460))))), begins)
    named = dice.choice(("regular", "regular", "re"))
    if grade in {"丙", "丁", "不合格"} and dice.random() < 0.5:
        return f"{grade}@{announced}@@@{named}"
    return f"{grade}@{announced}@{begins}@{ends}@{named}"


def _penalty(dice: random.Random) -> str:
    punished = _near(dice)
    offence = punished - timedelta(days=dice.choice((0, 1, 30, 400)))
    return f"{dice.choice(PAIRS)}@{offence}@{punished}"


def _indicators(dice: random.Random) -> str:
    states = dict.fromkeys(INDICATORS, "met")
    for _ in range(dice.choice((0, 0, 0, 1, 2))):
        states[dice.choice(INDICATORS)] = dice.choice(("unmet", "pending", "na", "na", ""))
    return ";".join(f"{id_}={state}" for id_, state in states.items() if state)
