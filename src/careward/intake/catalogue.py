"""The specification put into words for its page: fields, code lists and checks of each dataset."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from careward.kernel.texts import text
from careward.rulebook.interchange import Check, CodeList, Dataset, Field, Interchange


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One field: what may stand in it, and whether it must. ``id_parts`` are the words of its code name."""

    field: Field
    id_parts: Sequence[str]
    need: str
    form: str
    codes: CodeList | None
    personal: str


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check: ``expected`` and ``why`` with a blank where each row has its own value."""

    check: Check
    label: str
    family: str
    expected: str
    why: str


@dataclass(frozen=True, slots=True)
class DatasetPart:
    """All of one dataset."""

    dataset: Dataset
    is_required: bool
    fields: Sequence[FieldLine]
    checks: Sequence[CheckLine]


def encodings(spec: Interchange) -> str:
    """The encodings a file may have, by the names spreadsheets give them."""
    named = (text(f"intake:specification.encodings.{name}") for name in spec.head.encodings.value)
    return text("intake:findings.separator").join(named)


def datasets(spec: Interchange, required: Sequence[str]) -> Iterator[DatasetPart]:
    """Every dataset of a version; ``required`` are the ids the season asks for each month."""
    for dataset in spec.datasets.values():
        yield DatasetPart(
            dataset,
            dataset.id in required,
            [_field(spec, dataset, field) for field in dataset.fields],
            check_lines(spec, dataset.checks, dataset),
        )


def check_lines(
    spec: Interchange, checks: Sequence[Check], dataset: Dataset | None = None
) -> list[CheckLine]:
    """Checks in words; those of the file as a whole have no dataset."""
    labels = {field.id: field.label for field in dataset.fields} if dataset else {}
    return [_check(spec, check, labels.get(check.field or "", "")) for check in checks]


def _check(spec: Interchange, check: Check, label: str) -> CheckLine:
    blank = text("intake:specification.blank")
    values = dict.fromkeys(("found", *check.rule.tells), blank)
    expected, why = check.say("expected", **values), check.say("why", **values)
    return CheckLine(check, label, spec.head.families[check.family].label, expected, why)


def _field(spec: Interchange, dataset: Dataset, field: Field) -> FieldLine:
    personal = "" if field.personal_data == "none" else spec.head.personal_data[field.personal_data].label
    codes = spec.code_list(field.codes) if field.codes else None
    return FieldLine(
        field, field.id.split("_"), _need(spec, dataset, field), "".join(_form(field)), codes, personal
    )


def _need(spec: Interchange, dataset: Dataset, field: Field) -> str:
    when = field.required_when
    if when is None:
        return text(f"intake:specification.need.{'required' if field.required else 'optional'}")
    other = dataset.field(when.field)
    known = spec.code_list(other.codes).codes if other.codes else {}
    among = text("intake:findings.separator").join(
        known[code].label if code in known else code for code in when.among
    )
    return text("intake:specification.need.conditional", other=other.label, among=among)


def _form(field: Field) -> Iterator[str]:
    yield text(f"intake:specification.types.{field.type}")
    if field.max_length is not None:
        yield text("intake:specification.form.max_length", most=field.max_length)
    if field.min is not None and field.max is not None:
        yield text("intake:specification.form.between", least=field.min, most=field.max)
    elif field.min is not None:
        yield text("intake:specification.form.at_least", least=field.min)
    elif field.max is not None:
        yield text("intake:specification.form.at_most", most=field.max)
    if field.unit:
        yield text("intake:specification.form.unit", unit=field.unit)
    if field.decimals is not None:
        yield text("intake:specification.form.decimals", decimals=field.decimals)
    if field.pattern_means:
        yield text("intake:specification.form.pattern", means=field.pattern_means)
