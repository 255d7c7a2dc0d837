"""The building stones of every rules file: entries and single values with their source, keyed tables."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from careward.kernel.clock import TAIPEI

T = TypeVar("T")

_SOURCE: Final = re.compile(r"(S0|S4|law|public) \S.*|decided(: \S.*)?")
_INSTANT: Final = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})T(?P<clock>\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)(?P<offset>Z|[+-]\d{2}:\d{2})"
)


class Frozen(BaseModel):
    """Cannot be changed after reading, knows no key but its own and turns no type into another."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def _source(text: str) -> str:
    if not _SOURCE.fullmatch(text):
        raise PydanticCustomError("source_unclear", "source says not where from")
    return text


Text = Annotated[str, StringConstraints(min_length=1)]
Source = Annotated[Text, AfterValidator(_source)]
"""Where a value is from: ``S0 <place>`` and ``S4 <place>`` (the ministry's two published papers),
``law <article>``, ``public <publication>``, or ``decided`` with a reason where one is needed."""


class Entry(Frozen):
    """A line of a table; its `source` covers its plain values, one with another source is Sourced."""

    source: Source
    note: Text | None = None


class Sourced(Entry, Generic[T]):
    """One value with its own source, where the values of an entry come from different places."""

    value: T


def _instant(written: object) -> datetime:
    """Read ``2025-12-08T17:00:00+08:00``; 24:00:00 is the midnight that ends the day."""
    found = _INSTANT.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        raise PydanticCustomError("instant_without_offset", "not an instant with an offset")
    day, clock, offset = found["day"], found["clock"], found["offset"].replace("Z", "+00:00")
    ends_the_day = clock == "24:00:00"
    try:
        at = datetime.fromisoformat(f"{day}T{'00:00:00' if ends_the_day else clock}{offset}")
    except ValueError as error:
        raise PydanticCustomError("instant_without_offset", "not in the calendar") from error
    return (at + timedelta(days=1) if ends_the_day else at).astimezone(TAIPEI)


Instant = Annotated[datetime, BeforeValidator(_instant)]


def _day(written: object) -> date:
    """Read ``2020-04-01``, an AD day."""
    try:
        if isinstance(written, str) and len(written) == 10:
            return date.fromisoformat(written)
    except ValueError:
        pass
    raise PydanticCustomError("day_unreadable", "not a day")


Day = Annotated[date, BeforeValidator(_day)]
RocYear = Annotated[str, Field(pattern=r"^\d{3}$")]


def _with_keys(key: str) -> Any:
    """Let every line of a table know the key it stands under, so that the file need not say it twice."""

    def put(table: object) -> object:
        if not isinstance(table, Mapping):
            return table
        for name, line in table.items():
            if isinstance(line, Mapping) and key in line:
                raise PydanticCustomError(
                    "key_said_twice", "{name} repeats {key}", {"name": name, "key": key}
                )
        return {n: {key: n, **line} if isinstance(line, Mapping) else line for n, line in table.items()}

    return BeforeValidator(put)


ById = Annotated[Mapping[str, T], _with_keys("id")]
ByCode = Annotated[Mapping[str, T], _with_keys("code")]


class UnknownCode(LookupError):
    """Asked for a season, county, type, mode … that no rules file has; the message names table and code."""

    def __init__(self, table: str, code: str) -> None:
        self.table, self.code = table, code
        super().__init__(f"rules have no {table} {code!r}")


def pick(table: Mapping[str, T], name: str, code: str) -> T:
    """Return the line `code` of the table called `name`; raises :class:`UnknownCode`."""
    try:
        return table[code]
    except KeyError:
        raise UnknownCode(name, code) from None
