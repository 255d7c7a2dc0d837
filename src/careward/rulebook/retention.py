"""How long what was delivered is kept, by dataset (rules/retention.yaml)."""

from typing import Annotated

from pydantic import Field

from careward.rulebook.values import ById, Entry, Frozen


class KeptDays(Entry):
    """Kept so many days after it was received."""

    days: Annotated[int, Field(ge=1, le=3660)]


class KeptYears(Entry):
    """Kept so many years after the month it is about has ended."""

    id: str
    years: Annotated[int, Field(ge=1, le=30)]


class Retention(Frozen):
    """What was never accepted, what was only a test, and each dataset once accepted."""

    not_accepted: KeptDays
    tested: KeptDays
    datasets: ById[KeptYears]
