"""The plain way: csv and pydantic, the rules of the staff dataset written by hand.

It does what a careful programmer would write for this one dataset, and no more: no other encodings, delimiters
or headings, no wording, no line-by-line answer, nothing kept.
"""

import csv
import io
import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from benchmarks.staff_files import CODE, PERIOD, TODAY
from careward.kernel.identifiers import is_personal_id, normalise_id
from careward.kernel.roc import parse_date
from careward.kernel.text import nfkc

LICENSED: Final = frozenset({"NUR", "PHT", "OCT", "PHY", "PHA", "DIE", "PSY", "RST", "SLT"})
ENDS: Final = (PERIOD.first_day, PERIOD.following().first_day)
_ID_INSIDE: Final = re.compile(r"[A-Z][0-9A-D][0-9]{8}")
_HOURS: Final = re.compile(r"[0-9]{1,12}(?:\.[0-9])?")


def _plain(text: object) -> object:
    return nfkc(text).strip() if isinstance(text, str) else text


def _stripped(text: object) -> object:
    return text.strip() if isinstance(text, str) else text


def _date(text: object) -> object:
    plain = _plain(text)
    return parse_date(str(plain)) if plain else None


def _hours(text: object) -> object:
    plain = str(_plain(text))
    if not _HOURS.fullmatch(plain):
        raise ValueError("no number")
    try:
        return Decimal(plain)
    except InvalidOperation as fault:
        raise ValueError("no number") from fault


def _id(text: object) -> str:
    number = normalise_id(str(text))
    if not is_personal_id(number):
        raise ValueError("no valid number")
    return number


def _no_id(key: str) -> str:
    if any(is_personal_id(found) for found in _ID_INSIDE.findall(key.upper())):
        raise ValueError("holds a personal number")
    return key


Plain = BeforeValidator(_plain)
RocDate = Annotated[date | None, BeforeValidator(_date)]
Role = Literal["DIR", "NUR", "CAW", "LIF", "EDU", "SOW", "PHT", "OCT", "PHY", "PHA", "DIE", "PSY", "RST",
               "SLT", "ADM", "OTH"]  # fmt: skip


class Staff(BaseModel):
    """One row."""

    period: Annotated[str, Plain, Field(pattern=r"^[0-9]{3}(0[1-9]|1[0-2])$")]
    institution_code: Annotated[str, Plain, Field(max_length=20, pattern=r"^[0-9A-Z-]{4,20}$")]
    record_key: Annotated[
        str, Plain, Field(max_length=40, pattern=r"^[0-9A-Za-z_.-]{1,40}$"), AfterValidator(_no_id)
    ]
    name: Annotated[str, BeforeValidator(_stripped), Field(min_length=1, max_length=60)]
    personal_id: Annotated[str, BeforeValidator(_id)]
    nationality: Annotated[Literal["TWN", "IDN", "VNM", "PHL", "THA", "OTH"], Plain]
    role: Annotated[Role, Plain]
    licence_no: Annotated[str, BeforeValidator(_stripped), Field(max_length=40)]
    employment: Annotated[Literal["FULL", "PART"], Plain]
    employed_from: RocDate
    employed_to: RocDate
    training_hours: Annotated[Decimal, BeforeValidator(_hours), Field(ge=0, le=744)]

    @model_validator(mode="after")
    def _row(self) -> "Staff":
        faults = [
            self.period != str(PERIOD),
            self.institution_code != CODE,
            self.role in LICENSED and not self.licence_no,
            self.employed_from is None or self.employed_from >= ENDS[1],
            self.employed_to is not None and self.employed_to < ENDS[0],
            bool(self.employed_to and self.employed_from and self.employed_to < self.employed_from),
        ]
        if any(faults):
            raise PydanticCustomError("row", "broken rules {faults}", {"faults": str(faults)})
        return self

    @property
    def warnings(self) -> int:
        """How many things to look at again."""
        national = self.personal_id[1] in "12"
        ahead = self.employed_to is not None and self.employed_to > TODAY
        return ahead + (national != (self.nationality == "TWN"))


def plain_check(content: bytes) -> tuple[set[int], int]:
    """Lines with errors, and how many warnings."""
    wrong: set[int] = set()
    warnings = 0
    keys: set[str] = set()
    people: set[tuple[object, ...]] = set()
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    for row in rows:
        try:
            staff = Staff.model_validate(row)
        except ValidationError:
            wrong.add(rows.line_num)
            continue
        person = (staff.personal_id, staff.role, staff.employed_from)
        if staff.record_key in keys or person in people:
            wrong.add(rows.line_num)
        keys.add(staff.record_key)
        people.add(person)
        warnings += staff.warnings
    return wrong, warnings
