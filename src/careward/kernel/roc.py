"""Dates and months in ROC years (民國, AD = ROC + 1911): read as people write them, kept as AD dates.

Source: domain.md §5 (written forms; leap day by AD year) and §2 (data months 11501 … 11512).
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Self

from careward.kernel.clock import TAIPEI
from careward.kernel.text import nfkc

_OFFSET: Final = 1911
_LAST_YEAR: Final = 999
_WEEKDAYS: Final = "一二三四五六日"

_WRITTEN: Final = (
    re.compile(r"(?P<y>[0-9]{1,4})(?P<sign>[/.-])(?P<m>[0-9]{1,2})(?P=sign)(?P<d>[0-9]{1,2})"),
    re.compile(r"(?:民國)?(?P<y>[0-9]{1,4})年(?P<m>[0-9]{1,2})月(?P<d>[0-9]{1,2})日"),
    re.compile(r"(?P<y>[0-9]{3,4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})"),
)
_MONTH: Final = re.compile(r"(?P<y>[0-9]{3})(?P<m>[0-9]{2})")
_WRITTEN_MONTH: Final = (
    re.compile(r"(?P<y>[0-9]{1,3})[/.-](?P<m>[0-9]{1,2})"),
    re.compile(r"(?:民國)?(?P<y>[0-9]{1,3})年(?P<m>[0-9]{1,2})月"),
    _MONTH,
)


class NotADate(ValueError):
    """Text that names no day, or a day that has no ROC year.

    ``reason`` is one of empty, unreadable (none of the written forms), western_year (four digits),
    impossible (a day no calendar has, or one before 民國 1).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotAMonth(ValueError):
    """Text that names no ROC month; ``reason`` is unreadable or impossible."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse_date(text: str) -> date:
    """Read 114/12/8, 114.12.08, 114-12-08, 1141208 or 114年12月8日; blanks and full-width digits forgiven.

    Raises :class:`NotADate`. An AD year is refused rather than guessed, so that the reader learns which
    calendar is meant.
    """
    plain = "".join(nfkc(text).split())
    if not plain:
        raise NotADate("empty")
    found = next((match for form in _WRITTEN if (match := form.fullmatch(plain))), None)
    if found is None:
        raise NotADate("unreadable")
    if len(found["y"]) == 4:
        raise NotADate("western_year")
    year, month, day = (int(found[part]) for part in ("y", "m", "d"))
    if year == 0:
        raise NotADate("impossible")
    try:
        return date(year + _OFFSET, month, day)
    except ValueError as error:
        raise NotADate("impossible") from error


def format_date(d: date) -> str:
    """Write ``114 年 12 月 8 日``. A moment is shown on its day in Taipei. Raises :class:`NotADate`."""
    year, month, day = _parts(d)
    return f"{year} 年 {month} 月 {day} 日"


def short_date(d: date) -> str:
    """Write ``114/12/08``, as wide in every row of a table. Raises :class:`NotADate`."""
    year, month, day = _parts(d)
    return f"{year}/{month:02d}/{day:02d}"


def year_of(d: date) -> str:
    """Return the ROC year of a day as three digits, ``109``. Raises :class:`NotADate`."""
    return f"{_parts(d)[0]:03d}"


def ad_year(year: str) -> int:
    """Return the AD year of a ROC year, ``109`` → 2020."""
    return int(year) + _OFFSET


def weekday_zh(d: date) -> str:
    """Return ``星期一`` … ``星期日``."""
    return f"星期{_WEEKDAYS[_day(d).weekday()]}"


def _parts(d: date) -> tuple[int, int, int]:
    day = _day(d)
    year = day.year - _OFFSET
    if not 1 <= year <= _LAST_YEAR:
        raise NotADate("impossible")
    return year, day.month, day.day


def _day(d: date) -> date:
    if not isinstance(d, datetime):
        return d
    if d.utcoffset() is None:
        raise ValueError(f"moment without time zone: {d.isoformat()}")
    return d.astimezone(TAIPEI).date()


def closing(moment: datetime) -> tuple[date, str]:
    """Day and time at which something ends, as people say it: midnight is 24:00 of the day before.

    Raises ValueError for a moment without time zone.
    """
    _day(moment)
    local = moment.astimezone(TAIPEI)
    if local.hour == local.minute == 0:
        return (local - timedelta(minutes=1)).date(), "24:00"
    return local.date(), f"{local:%H:%M}"


@dataclass(frozen=True, order=True, slots=True)
class RocMonth:
    """A data month: ``year`` is the ROC year (1 … 999), ``month`` 1 … 12; ``str()`` gives ``11501``.

    Sorted by time. Raises :class:`NotAMonth` for a month no calendar has.
    """

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (1 <= self.year <= _LAST_YEAR and 1 <= self.month <= 12):
            raise NotAMonth("impossible")

    def __str__(self) -> str:
        return f"{self.year:03d}{self.month:02d}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``11501``: three digits of ROC year, two of month, full-width ones forgiven."""
        found = _MONTH.fullmatch(nfkc(text).strip())
        if found is None:
            raise NotAMonth("unreadable")
        return cls(int(found["y"]), int(found["m"]))

    @property
    def first_day(self) -> date:
        """The AD date the month begins on."""
        return date(self.year + _OFFSET, self.month, 1)

    @property
    def last_day(self) -> date:
        """The AD date the month ends on."""
        return (self.first_day + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    def following(self) -> Self:
        """Return the next month; its 10th is the day this month's data is due."""
        if self.month == 12:
            return type(self)(self.year + 1, 1)
        return type(self)(self.year, self.month + 1)


def parse_month(text: str) -> RocMonth:
    """Read 114/12, 114.12, 114-12, 114年12月 or 11412. Raises :class:`NotAMonth`."""
    plain = "".join(nfkc(text).split())
    found = next((match for form in _WRITTEN_MONTH if (match := form.fullmatch(plain))), None)
    if found is None:
        raise NotAMonth("unreadable")
    return RocMonth(int(found["y"]), int(found["m"]))
