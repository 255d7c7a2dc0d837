"""Other ways of checking the rows of :mod:`benchmarks.wide_files`, by the same rules, made from the specification.

They read cells written exactly as the specification says, word nothing and keep nothing; a cell written otherwise,
which the platform would adapt, is an error to them. Each work gives the number of faulty rows.
"""

import csv
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import polars as pl

from benchmarks.staff_files import CODE, PERIOD
from benchmarks.wide_files import WIDE, wide_spec
from careward.kernel.identifiers import is_personal_id, normalise_id
from careward.kernel.roc import parse_date
from careward.rulebook.interchange import Dataset, Field, Interchange
from careward.rulebook.interchange_rules import Compare, DateBound, Range

Work = Callable[[], int]
_AD: Final = 19_110_000
_BEGINS, _ENDS = PERIOD.first_day, PERIOD.following().first_day
_NUMBER: Final = r"[0-9]{1,12}(\.[0-9])?"
_LIKE_AN_ID: Final = r"^[A-Za-z][1289A-Da-d][0-9]{8}$"


def _day(name: str) -> pl.Expr:
    """A date of seven ROC digits; null when it is none."""
    return (
        (pl.col(name).cast(pl.Int64, strict=False) + _AD).cast(pl.String).str.to_date("%Y%m%d", strict=False)
    )


def _of_field(spec: Interchange, field: Field) -> Iterator[tuple[str, pl.Expr]]:
    cell = pl.col(field.id)
    if field.required:
        yield "required", cell.is_not_null()
    if field.max_length:
        yield "length", cell.str.len_chars() <= field.max_length
    if field.pattern:
        yield "pattern", cell.str.contains(f"^(?:{field.pattern})$")
    if field.codes:
        yield "code", cell.is_in(list(spec.code_list(field.codes).codes))
    if field.type == "date":
        yield "date", cell.is_null() | (cell.str.contains("^[0-9]{7}$") & _day(field.id).is_not_null())
    if field.type == "decimal":
        yield "number", cell.str.contains(f"^{_NUMBER}$")
    if field.id.endswith("_key"):
        yield "no_id", ~cell.str.contains(_LIKE_AN_ID)


def expressions(spec: Interchange) -> dict[str, pl.Expr]:
    """Every rule but the uniqueness of keys, true for rows that keep it; an empty cell keeps all but ``required``."""
    dataset = spec.dataset(WIDE)
    made = {f"{field.id}_{kind}": rule for field in dataset.fields for kind, rule in _of_field(spec, field)}
    made["period_here"] = pl.col("period") == str(PERIOD)
    made["institution_here"] = pl.col("institution_code") == CODE
    for check in dataset.checks:
        rule, name = check.rule, check.id.replace(".", "_")
        if isinstance(rule, Range):
            made[name] = pl.col(rule.field).cast(pl.Float64, strict=False).is_between(rule.least, rule.most)
        elif isinstance(rule, Compare):
            one, other = _day(rule.field), _day(rule.other)
            made[name] = one <= other if rule.op == "<=" else one >= other
        elif isinstance(rule, DateBound) and not check.warns:
            made[name] = _day(rule.field) < _ENDS if rule.op == "<=" else _day(rule.field) >= _BEGINS
    return {name: rule.fill_null(value=True) for name, rule in made.items()}


def with_pandera(folder: Path, file: Path) -> Work:
    """Its polars backend, all failures gathered."""
    import pandera.polars as pa

    rules = expressions(wide_spec(folder))
    checks = [
        pa.Check(lambda data, rule=rule: data.lazyframe.select(rule), name=name)
        for name, rule in rules.items()
    ]
    schema = pa.DataFrameSchema(checks=checks, unique=["record_key"])

    def work() -> int:
        table = pl.read_csv(file, infer_schema=False)
        try:
            schema.validate(table, lazy=True)
        except pa.errors.SchemaErrors as told:
            return int(told.failure_cases.get_column("index").drop_nulls().n_unique())
        return 0

    return work


def with_dataframely(folder: Path, file: Path) -> Work:
    """Rows parted into good and faulty, with the rules each broke."""
    import dataframely as dy

    spec = wide_spec(folder)
    members: dict[str, Any] = {field.id: dy.String(nullable=True) for field in spec.dataset(WIDE).fields}
    rules = expressions(spec) | {
        "key_once": pl.col("record_key").is_unique() | pl.col("record_key").is_null()
    }
    members |= {f"rule_{name}": dy.rule()(lambda _cls, rule=rule: rule) for name, rule in rules.items()}
    schema = type("Wide", (dy.Schema,), members)

    def work() -> int:
        table = pl.read_csv(file, infer_schema=False)
        _, failure = schema.filter(table)  # type: ignore[attr-defined]
        failure.counts()
        return len(failure)

    return work


def with_pydantic(folder: Path, file: Path) -> Work:
    """csv, one model a row, keys in a set."""
    from pydantic import ValidationError

    validate = _model(wide_spec(folder)).model_validate

    def work() -> int:
        keys: set[str] = set()
        faulty = 0
        with file.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                try:
                    validate(row)
                except ValidationError:
                    faulty += 1
                else:
                    faulty += row["record_key"] in keys
                    keys.add(row["record_key"])
        return faulty

    return work


def _model(spec: Interchange) -> Any:
    from pydantic import create_model, model_validator
    from pydantic_core import PydanticCustomError

    dataset = spec.dataset(WIDE)
    pairs = [check.rule for check in dataset.checks if isinstance(check.rule, Compare)]

    def across(row: Any) -> Any:
        days = [(getattr(row, rule.field), getattr(row, rule.other), rule.op) for rule in pairs]
        wrong = any(a and b and (a > b if op == "<=" else a < b) for a, b, op in days)
        arrived_late = row.admitted_on >= _ENDS or not _BEGINS <= row.happened_on < _ENDS
        left_early = row.discharged_on is not None and row.discharged_on < _BEGINS
        if wrong or arrived_late or left_early or row.period != str(PERIOD) or row.institution_code != CODE:
            raise PydanticCustomError("row", "broken rules")
        return row

    fields: dict[str, Any] = {field.id: (_annotation(spec, field), ...) for field in dataset.fields}
    return create_model("Wide", __validators__={"across": model_validator(mode="after")(across)}, **fields)  # type: ignore[call-overload]


def _annotation(spec: Interchange, field: Field) -> Any:
    from pydantic import AfterValidator, BeforeValidator
    from pydantic import Field as Bounds

    kind: Any = Annotated[str, Bounds(min_length=1, max_length=field.max_length)]
    if field.pattern:
        kind = Annotated[kind, Bounds(pattern=f"^(?:{field.pattern})$")]
    if field.codes:
        kind = Literal[tuple(spec.code_list(field.codes).codes)]
    if field.type == "date":
        kind = Annotated[date if field.required else date | None, BeforeValidator(_parsed)]
    if field.type == "decimal":
        rules = (check.rule for check in spec.dataset(WIDE).checks)
        bounds = next(rule for rule in rules if isinstance(rule, Range) and rule.field == field.id)
        kind = Annotated[Decimal, Bounds(ge=bounds.least, le=bounds.most)]
    return Annotated[kind, AfterValidator(_no_id)] if field.id.endswith("_key") else kind


def _parsed(text: str) -> date | None:
    return parse_date(text) if text else None


def _no_id(text: str) -> str:
    if is_personal_id(normalise_id(text)):
        raise ValueError("a personal number")
    return text


def frictionless_schema(spec: Interchange, dataset: Dataset) -> Any:
    """Its own types, constraints and primary key; dates by their shape, and no rule between two cells."""
    from frictionless import Schema

    fields = []
    for field in dataset.fields:
        constraints: dict[str, object] = {"required": field.required}
        if field.codes:
            constraints["enum"] = list(spec.code_list(field.codes).codes)
        if field.pattern or field.type == "date":
            constraints["pattern"] = field.pattern or "[0-9]{7}"
        if field.max_length:
            constraints["maxLength"] = field.max_length
        if field.type == "decimal":
            constraints["minimum"] = 0
        kind = "number" if field.type == "decimal" else "string"
        fields.append({"name": field.id, "type": kind, "constraints": constraints})
    return Schema.from_descriptor({"fields": fields, "primaryKey": [dataset.record_key]})


def with_frictionless(folder: Path, file: Path) -> Work:
    """See :func:`frictionless_schema`."""
    from frictionless import Resource, system

    spec = wide_spec(folder)
    schema = frictionless_schema(spec, spec.dataset(WIDE))

    def work() -> int:
        with system.use_context(trusted=True):
            report = Resource(path=str(file), schema=schema).validate(limit_errors=10**9)
        return len({row for (row,) in report.flatten(["rowNumber"])})

    return work
