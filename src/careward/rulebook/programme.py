"""A reward programme: years, types, indicators, and how its money is reckoned."""

from typing import Annotated

from pydantic import Field

from careward.rulebook.reward import PerBed, PricedItems
from careward.rulebook.values import ByCode, Entry, Frozen, RocYear, Sourced, Text


class ProgrammeFacts(Entry):
    """Official name and the first and last ROC year."""

    id: str
    label: Text
    first_year: RocYear
    last_year: RocYear


class Indicator(Entry):
    """An indicator an institution may apply for."""

    code: str
    label: Text
    explains: Text


class Programme(Frozen):
    """One file of rules/programmes."""

    programme: ProgrammeFacts
    institution_types: Sourced[tuple[str, ...]]
    indicators: ByCode[Indicator]
    reward: Annotated[PerBed | PricedItems, Field(discriminator="kind")] | None = None

    @property
    def years(self) -> tuple[str, ...]:
        """Its ROC years in order."""
        first, last = int(self.programme.first_year), int(self.programme.last_year)
        return tuple(f"{year:03d}" for year in range(first, last + 1))
