"""Sums by county, type and year, and the caps on what may be spent of them.

Source: S4 計畫經費: administration of a local government at most 10 % of its reward money, staff bonus of a
public institution at most 30 % of its reward. A cap is rounded down to whole NT$.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from careward.rewards.reckoning import Decision
from careward.rulebook.reward import AdminCost, Bonus

Group = Literal["county", "type", "year"]


@dataclass(frozen=True, slots=True)
class Sum:
    """Institution-years, those of them rewarded, their beds, NT$."""

    institutions: int = 0
    rewarded: int = 0
    beds: int = 0
    amount: int = 0

    def plus(self, decision: Decision) -> "Sum":
        """Return the sum with one decision more; beds are those that earned."""
        earned = decision.amount > 0
        return Sum(
            self.institutions + 1,
            self.rewarded + earned,
            self.beds + (decision.beds.counted if earned else 0),
            self.amount + decision.amount,
        )


def group_of(decision: Decision, group: Group) -> str:
    """The county as written, the type's id or the year."""
    return decision.year if group == "year" else str(getattr(decision.facts, group))


def totals(decisions: Iterable[Decision]) -> dict[Group | Literal["all"], dict[str, Sum]]:
    """Sums by each group, keys sorted, and of all under ``all``."""
    found: dict[Group | Literal["all"], defaultdict[str, Sum]] = {
        "county": defaultdict(Sum),
        "type": defaultdict(Sum),
        "year": defaultdict(Sum),
        "all": defaultdict(Sum),
    }
    groups: tuple[Group, ...] = ("county", "type", "year")
    for decision in decisions:
        for group in groups:
            key = group_of(decision, group)
            found[group][key] = found[group][key].plus(decision)
        found["all"][""] = found["all"][""].plus(decision)
    return {name: dict(sorted(sums.items())) for name, sums in found.items()}


@dataclass(frozen=True, slots=True)
class Spending:
    """What is spent or planned beside what may be, NT$."""

    spent: int
    limit: int
    warn_from: int
    percent: int

    @property
    def state(self) -> Literal["ok", "near", "over"]:
        """``near`` warns before the cap is broken, ``over`` says that it is; exactly the cap is allowed."""
        if self.spent > self.limit:
            return "over"
        return "near" if self.spent and self.spent >= self.warn_from else "ok"

    @property
    def left(self) -> int:
        """What may still be spent."""
        return max(self.limit - self.spent, 0)

    @property
    def over(self) -> int:
        """What is spent beyond the cap."""
        return max(self.spent - self.limit, 0)


def spending(spent: int, of: int, rule: AdminCost | Bonus) -> Spending:
    """Hold an expense against its share of an amount, NT$. Raises ValueError for a negative expense."""
    if spent < 0:
        raise ValueError(f"negative expense: {spent}")
    return Spending(spent, of * rule.percent // 100, of * rule.warn_from_percent // 100, rule.percent)


def bonus(spent: int, decision: Decision, rule: Bonus) -> Spending:
    """Hold a planned staff bonus against an institution's reward; others than public ones may pay none."""
    allowed = decision.amount if decision.facts.ownership in rule.ownerships else 0
    return spending(spent, allowed, rule)
