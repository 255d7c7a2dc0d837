"""A live delivery for a month the season does not ask for: a finding like any other.

The interchange specification knows no season, so its file checks cannot say this.
"""

from typing import Final

from careward.intake.findings import Finding
from careward.intake.rules import month_is_asked_for
from careward.kernel.roc import RocMonth
from careward.kernel.texts import text
from careward.rulebook.interchange import Interchange
from careward.rulebook.interchange_rules import Words
from careward.rulebook.season import Season

_ID: Final = "delivery.month_not_asked_for"


def month_not_asked_for(season: Season, spec: Interchange, lane: str, period: RocMonth) -> Finding | None:
    """Say which months the season takes, where the file is for another one; None where it may come."""
    if month_is_asked_for(season, lane, period):
        return None
    words = Words(
        **{part: text(f"intake:month_not_asked_for.{part}") for part in ("what", "expected", "why", "how")}
    )
    like = spec.reading_check("name_without_period")
    facts = {"season": season.season.label, "first": str(season.months[0]), "last": str(season.months[-1])}
    check = like.model_copy(
        update={
            "id": _ID,
            "family": "E5",
            "words": words,
            "facts": facts,
            "source": season.data_months.source,
        }
    )
    return Finding(None, check, str(period))
