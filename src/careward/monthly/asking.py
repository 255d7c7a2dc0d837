"""What somebody wants to see of the boards, read from the address; and how a row begins in a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.http import QueryDict

from careward.kernel.roc import NotAMonth, RocMonth
from careward.kernel.texts import text
from careward.monthly.board import Participant
from careward.monthly.rules import Result, Standing
from careward.provisioning.models import UploadAccountQuerySet
from careward.registry.models import Institution
from careward.rulebook.season import Season
from careward.store.spreadsheets import Cell

FILTERS: Final = ("season", "month", "standing", "result", "q", "type", "county")


@dataclass(frozen=True, slots=True)
class Wish:
    """The filters of an address; unknown values fall away."""

    values: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, query: QueryDict) -> "Wish":
        """Take the known parameters of an address."""
        values = {name: query.get(name, "").strip()[:120] for name in FILTERS}
        known: dict[str, list[str]] = {"standing": list(Standing), "result": list(Result)}
        kept = {name: value for name, value in values.items() if value}
        return cls({name: value for name, value in kept.items() if value in known.get(name, [value])})

    def address(self, **changes: str) -> str:
        """The query of the same wish with some values changed; empty values are left out."""
        query = QueryDict(mutable=True)
        for name, value in {**self.values, **changes}.items():
            if value:
                query[name] = value
        return query.urlencode()

    @property
    def season(self) -> str:
        """The season that is looked for, empty for the one that is due."""
        return self.values.get("season", "")

    @property
    def standing(self) -> str:
        """The standing of the month that is looked for, empty for all."""
        return self.values.get("standing", "")

    @property
    def result(self) -> str:
        """The proposed result that is looked for, empty for all."""
        return self.values.get("result", "")

    def month(self, season: Season, now: datetime) -> RocMonth:
        """The month that was asked for; else the one that is due next, and the last one after that."""
        try:
            asked = RocMonth.parse(self.values.get("month", ""))
        except NotAMonth:
            asked = None
        if asked in season.months:
            return asked
        return next((month for month in season.months if now <= season.due_at(month)), season.months[-1])

    def narrowed(self, accounts: UploadAccountQuerySet) -> UploadAccountQuerySet:
        """The accounts of the institutions that are looked for."""
        if kind := self.values.get("type"):
            accounts = accounts.filter(institution__type=kind)
        if county := self.values.get("county"):
            accounts = accounts.filter(institution__county=county)
        if asked := self.values.get("q"):
            accounts = accounts.filter(institution__in=Institution.objects.called(asked))
        return accounts


def words(*columns: str) -> list[str]:
    """Columns of a file in words."""
    return [text(f"monthly:columns.{column}") for column in columns]


def heading() -> list[str]:
    """How every row of a file begins."""
    return words("county", "type", "code", "name")


def place(participant: Participant) -> list[Cell]:
    """County, type, code and name of a row."""
    institution = participant.institution
    return [institution.county_label, institution.type_label, institution.code, institution.name]
