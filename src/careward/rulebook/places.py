"""Counties, institution types and who is in charge of them. Source: domain.md §5, S0 註."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from careward.rulebook.values import ByCode, ById, Entry, Frozen, Sourced, Text


def _pattern(written: str) -> str:
    try:
        re.compile(written)
    except re.error as error:
        raise PydanticCustomError("pattern_unreadable", "unreadable: {said}", {"said": str(error)}) from error
    return written


class County(Entry):
    """One of the 22 local governments; `code` is the five-digit text.

    `local_units` names, by institution type, the unit in charge where it differs from the type's own.
    """

    code: Annotated[str, Field(pattern=r"^\d{5}$")]
    name: Text
    local_units: Mapping[str, Sourced[str]] = {}


class Counties(Frozen):
    """counties.yaml, in the order the pages list them."""

    counties: ByCode[County]


class Named(Entry):
    """An id and what people call it: a unit, an ownership."""

    id: str
    label: Text


class GradeFamily(Entry):
    """The grades accreditation gives, best first, and those that pass.

    `suffix` is what people may write after a grade: 乙等 for 乙.
    """

    id: str
    label: Text
    grades: tuple[str, ...]
    passing: tuple[str, ...]
    suffix: Text | None = None


class CodeRule(Entry):
    """How an institution's code is written; `says` tells a person which code is meant."""

    pattern: Annotated[str, AfterValidator(_pattern)]
    says: Text


class InstitutionType(Entry):
    """One of the five types: its grade family, and the local and central units in charge, all by id."""

    id: str
    label: Text
    grade_family: str
    local_unit: str
    central_unit: str
    code: CodeRule

    def accepts_code(self, code: str) -> bool:
        """Whether `code`, normalised (NFKC, no spaces), is written as codes of this type are."""
        return re.fullmatch(self.code.pattern, code) is not None


class InstitutionTypes(Frozen):
    """institution-types.yaml."""

    grade_families: ById[GradeFamily]
    local_units: ById[Named]
    central_units: ById[Named]
    institution_types: ById[InstitutionType]
    ownerships: ById[Named]
