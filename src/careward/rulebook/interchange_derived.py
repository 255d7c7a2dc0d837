"""Checks that follow from a field's definition, with their wording and their good and bad samples."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from careward.rulebook.interchange_rules import (
    HoldsNoPersonalId,
    MaxLength,
    OfType,
    Pattern,
    Range,
    Required,
    RequiredWhen,
    Rule,
    Words,
)
from careward.rulebook.interchange_types import (
    Check,
    CodeList,
    DatasetFile,
    DerivedFile,
    Field,
    FieldTexts,
    KindWords,
    ListedCheck,
    Sample,
)

_BAD: Mapping[str, tuple[str, ...]] = {
    "required": ("", "  "),
    "integer": ("1.5", "x", "-1", "1,000"),
    "date": ("1150230", "2026/01/05", "x"),
    "roc_month": ("11513", "202601"),
    "code_list": ("??",),
    "personal_id": ("A123456780", "N223456789", "A12345678"),
    "holds_no_personal_id": ("A123456789", "A800000014"),
}
"""Cells that break a kind whatever the field; the numbers are the public test vectors of the check digit."""


@dataclass(frozen=True)
class Maker:
    """Makes the checks of one dataset file; `lists` are the version's code lists."""

    dataset: DatasetFile
    lists: Mapping[str, CodeList]
    derived: DerivedFile

    def of_fields(self) -> Iterator[Check]:
        """All derived checks, in the order of the fields and, within one, of what must hold first."""
        for field in self.dataset.fields.values():
            for rule in _rules(field):
                yield self._derived(field, rule)

    def listed(self, line: ListedCheck) -> Check:
        """Return a check of checks/<dataset>.yaml under its full id."""
        return self._check(f"{self.dataset.id}.{line.id}", line.rule, line.words, line, line.good, line.bad)

    def _derived(self, field: Field, rule: Rule) -> Check:
        kind = self.derived.kinds[rule.kind]
        own = field.texts.get(rule.kind) or FieldTexts()
        words = Words(**{part: getattr(own, part) or getattr(kind, part) for part in Words.model_fields})
        good, bad = self._samples(field, rule)
        return self._check(f"{self.dataset.id}.{field.id}.{rule.kind}", rule, words, kind, good, bad)

    def _check(
        self,
        id_: str,
        rule: Rule,
        words: Words,
        line: KindWords | ListedCheck,
        good: tuple[Sample, ...],
        bad: tuple[Sample, ...],
    ) -> Check:
        return Check(
            id=id_,
            dataset=self.dataset.id,
            level=rule.level,
            family=line.family,
            fields=rule.named,
            rule=rule,
            words=words,
            facts=self._facts(rule),
            good=good,
            bad=bad,
            source=line.source,
        )

    def _facts(self, rule: Rule) -> Mapping[str, str]:
        fields = [found for name in rule.named if (found := self.dataset.fields.get(name))]
        if not fields:
            return {}
        field = fields[0]
        facts = {
            "label": field.label,
            "example": field.example,
            "means": field.means,
            "unit": field.unit or "",
            "pattern_means": field.pattern_means or "",
            "decimals": str(field.decimals or 0),
            "list": self._codes(field, None),
        }
        if len(fields) > 1:
            facts["other"] = fields[1].label
        if isinstance(rule, RequiredWhen):
            facts["choices"] = self._codes(fields[1], rule.when.among)
        if isinstance(rule, MaxLength):
            facts["most"] = str(rule.most)
        if isinstance(rule, Range):
            facts |= {"least": _bound(rule.least), "most": _bound(rule.most)}
        return facts

    def _codes(self, field: Field, among: tuple[str, ...] | None) -> str:
        found = self.lists.get(field.codes or "")
        codes = found.codes.values() if found else ()
        told = (f"{c.code} {c.label}" for c in codes if among is None or c.code in among)
        return self.derived.joiner.join(told)

    def _samples(self, field: Field, rule: Rule) -> tuple[tuple[Sample, ...], tuple[Sample, ...]]:
        good = {field.id: field.in_example}
        others: dict[str, str] = {}
        if isinstance(rule, RequiredWhen):
            others = self._fitting(rule.when.field, rule.when.among[0])
            good = {field.id: field.example}
        bad = tuple(Sample(records=({**others, field.id: cell},)) for cell in _bad(field, rule))
        return (Sample(records=({**others, **good},)),), bad

    def _fitting(self, decides: str, code: str) -> dict[str, str]:
        """The code and, of the fields it decides about, those it wants filled and the others empty."""
        told = ((f, f.required_when) for f in self.dataset.fields.values())
        decided = {
            f.id: f.example if code in when.among else ""
            for f, when in told
            if when and when.field == decides
        }
        return {decides: code, **decided}


def _rules(field: Field) -> Iterator[Rule]:
    if field.required:
        yield Required(field=field.id)
    if field.required_when:
        yield RequiredWhen(field=field.id, when=field.required_when)
    if field.max_length is not None:
        yield MaxLength(field=field.id, most=field.max_length)
    if field.type == "code":
        yield OfType(kind="code_list", field=field.id)
    elif field.type != "text":
        yield OfType(kind=field.type, field=field.id)
    if field.pattern is not None:
        yield Pattern(field=field.id, pattern=field.pattern)
    if field.holds_no_personal_id:
        yield HoldsNoPersonalId(field=field.id)
    if field.min is not None or field.max is not None:
        yield Range(field=field.id, least=field.min, most=field.max)


def _bad(field: Field, rule: Rule) -> tuple[str, ...]:
    if rule.kind in field.bad:
        return (field.bad[rule.kind],)
    if isinstance(rule, RequiredWhen):
        return ("",)
    if isinstance(rule, MaxLength):
        return ("x" * (rule.most + 1),)
    if isinstance(rule, Range):
        below = () if rule.least is None or rule.least <= 0 else (str(rule.least - 1),)
        return (*below, *(() if rule.most is None else (str(rule.most + 1),)))
    if rule.kind == "decimal":
        return (f"1.{'5' * ((field.decimals or 0) + 1)}", "-1", "1,000")
    return _BAD.get(rule.kind, ())


def _bound(number: int | None) -> str:
    return "-" if number is None else str(number)
