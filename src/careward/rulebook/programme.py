"""A reward programme as far as the season needs it: years, types, indicators."""

from typing import Annotated

from pydantic import Field

from careward.rulebook.values import ByCode, Entry, Frozen, Sourced, Text

RocYear = Annotated[str, Field(pattern=r"^\d{3}$")]


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
