"""What a season says of its data months: when they are due, who is reminded, what the proposed result hangs on."""

from typing import Annotated

from pydantic import Field

from careward.rulebook.values import Entry


class DataMonths(Entry):
    """The months of data a season asks for (ROC, ``11501``) and by when each is due."""

    first: Annotated[str, Field(pattern=r"^\d{3}(0[1-9]|1[0-2])$")]
    last: Annotated[str, Field(pattern=r"^\d{3}(0[1-9]|1[0-2])$")]
    due_day_of_following_month: Annotated[int, Field(ge=1, le=28)]


class UploadReminders(Entry):
    """When an institution hears of a month that lacks a required dataset: days after it is due, negative before."""

    days_after_due: Annotated[tuple[Annotated[int, Field(ge=-28, le=60)], ...], Field(min_length=1)]


class IndicatorProposal(Entry):
    """What the proposed result of the season's indicator hangs on: the share of asked months that came in time."""

    percent_on_time: Annotated[int, Field(ge=1, le=100)]


class SuspendedMonths(Entry):
    """A month missed while the account was stopped: when it is told apart, and whether it is asked all the same.

    Told apart is one not on time, whose account was stopped when it was due, or for ``hours_before_due`` hours in sum
    between the month's end and that moment. ``counted``: it still is one of the asked months, not on time.
    """

    counted: bool
    hours_before_due: Annotated[int, Field(ge=1, le=240)]
