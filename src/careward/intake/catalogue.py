"""The specification put into words for its page: fields, code lists and checks of each dataset."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from careward.kernel.roc import format_date
from careward.kernel.text import nfkc
from careward.kernel.texts import text
from careward.rulebook.interchange import Check, CodeList, Dataset, Field, Interchange
from careward.shell.paper import printed
from careward.store.spreadsheets import Page


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
    """One check: ``expected``, ``why`` and ``how`` with a blank where each row has its own value."""

    check: Check
    label: str
    family: str
    expected: str
    why: str
    how: str
    source: str


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
    return text("checking:findings.separator").join(named)


def part(spec: Interchange, dataset: Dataset, required: Sequence[str]) -> DatasetPart:
    """One dataset in words; ``required`` are the ids the season asks for each month."""
    return DatasetPart(
        dataset,
        dataset.id in required,
        [_field(spec, dataset, field) for field in dataset.fields],
        check_lines(spec, dataset.checks, dataset),
    )


@dataclass(frozen=True, slots=True)
class Found:
    """One place of the specification that a search found.

    ``page`` is a dataset's id, ``codes`` or ``checks``; ``anchor`` the place on it.
    """

    page: str
    anchor: str
    name: str
    says: str


def search(spec: Interchange, asked: str) -> list[Found]:
    """Fields, codes and checks whose id, name or meaning holds every word of ``asked``; by name found come first."""
    words = nfkc(asked).casefold().split()
    if not words:
        return []
    found = [one for one in _places(spec) if _holds(f"{one.name} {one.says}", words)]
    return sorted(found, key=lambda one: not _holds(one.name, words))


def _holds(said: str, words: Sequence[str]) -> bool:
    folded = nfkc(said).casefold()
    return all(word in folded for word in words)


def _places(spec: Interchange) -> Iterator[Found]:
    for dataset in spec.datasets.values():
        yield Found(dataset.id, "", dataset.title, dataset.means)
        for field in dataset.fields:
            yield Found(
                dataset.id, f"field-{field.id}", f"{dataset.title}：{field.label} {field.id}", field.means
            )
        for line in check_lines(spec, dataset.checks, dataset):
            yield Found(dataset.id, f"check-{line.check.id}", f"{line.label} {line.check.id}", line.expected)
    for line in check_lines(spec, spec.file_checks):
        yield Found("checks", f"check-{line.check.id}", line.check.id, line.expected)
    for codes in spec.code_lists.values():
        said = text("checking:findings.separator").join(
            f"{code.code} {code.label}" for code in codes.codes.values()
        )
        yield Found("codes", f"codes-{codes.id}", f"{codes.title} {codes.id}", said)


def book(spec: Interchange, required: Sequence[str]) -> list[Page]:
    """The whole version as sheets: datasets, fields, checks, codes, for those who work with tables."""
    parts = [part(spec, dataset, required) for dataset in spec.datasets.values()]
    heads = {name: text(f"intake:specification.book.{name}").split("|") for name in _SHEETS}
    checks = [(one.dataset.title, line) for one in parts for line in one.checks]
    checks += [("", line) for line in check_lines(spec, spec.file_checks)]
    rows: Mapping[str, list[Sequence[str]]] = {
        "datasets": [_dataset_row(spec, one.dataset) for one in parts],
        "fields": [_field_row(one, line) for one in parts for line in one.fields],
        "checks": [_check_row(title, line) for title, line in checks],
        "codes": [
            (codes.id, codes.title, code.code, code.label, _source(code.source))
            for codes in spec.code_lists.values()
            for code in codes.codes.values()
        ],
    }
    return [Page(heads[name][0], heads[name][1:], rows[name]) for name in _SHEETS]


def paper(spec: Interchange, required: Sequence[str]) -> bytes:
    """The whole version as PDF to print, tagged for reading aloud."""
    parts = [
        {
            "title": page.title,
            "heading": list(page.heading),
            "rows": [[str(cell) for cell in row] for row in page.rows],
            "widths": _widths(page),
        }
        for page in book(spec, required)
    ]
    told = {
        "title": spec.title,
        "statement": spec.statement,
        "effective": text("intake:specification.effective", day=format_date(spec.effective_from)),
        "day": [spec.effective_from.year, spec.effective_from.month, spec.effective_from.day],
        "parts": parts,
    }
    return printed(_PAPER, {"book": json.dumps(told, ensure_ascii=False)}, spec.title).pdf


_ROOM: Final = 148
"""Half-width signs across a printed page."""
_LONG: Final = 60
"""Half-width signs of a cell that is broken into lines anyway."""
_WORD: Final = re.compile(r"[!-~]+")


def _widths(page: Page) -> list[int]:
    """How wide each column of a printed table is beside the others.

    Each has room for its longest code name, which cannot be broken; what is left goes where the most is said.
    """
    columns = [[str(cell) for cell in column] for column in zip(page.heading, *page.rows, strict=True)]
    least = [
        max([8, *(len(word) * 9 // 10 + 2 for cell in column for word in _WORD.findall(cell))])
        for column in columns
    ]
    more = [
        max(0, min(_LONG, max(map(_half_widths, column))) - own)
        for own, column in zip(least, columns, strict=True)
    ]
    left = max(0, _ROOM - sum(least))
    return [own + left * much // max(1, sum(more)) for own, much in zip(least, more, strict=True)]


def _half_widths(said: str) -> int:
    return sum(1 if sign.isascii() else 2 for sign in said)


_PAPER: Final = Path(__file__).with_name("typst") / "specification.typ"
_SHEETS: Final = ("datasets", "fields", "checks", "codes")


def _source(said: str) -> str:
    """Where a rule comes from, as people read it: ``decided: …`` is the platform's own decision."""
    kind, _, rest = said.replace(":", " ", 1).partition(" ")
    label = text(f"intake:specification.sources.{kind}") if kind in _SOURCES else kind
    rest = rest.strip()
    return text("intake:specification.sources.joined", kind=label, rest=rest) if rest else label


_SOURCES: Final = ("decided", "public", "law", "S0", "S4")


def _dataset_row(spec: Interchange, dataset: Dataset) -> Sequence[str]:
    most = (f"{limit:,}" for limit in (spec.most_bytes(dataset), spec.most_rows(dataset)))
    return (dataset.id, dataset.title, dataset.means, *most)


def _field_row(one: DatasetPart, line: FieldLine) -> Sequence[str]:
    field = line.field
    codes = line.codes.id if line.codes else ""
    return (
        one.dataset.id, field.id, field.label, line.need, line.form, codes, field.example, field.means,
        line.personal, _source(field.source),
    )  # fmt: skip


def _check_row(title: str, line: CheckLine) -> Sequence[str]:
    check = line.check
    return (
        title,
        check.id,
        f"{check.family} {line.family}",
        line.label,
        line.expected,
        line.why,
        line.source,
    )


def check_lines(
    spec: Interchange, checks: Sequence[Check], dataset: Dataset | None = None
) -> list[CheckLine]:
    """Checks in words; those of the file as a whole have no dataset."""
    labels = {field.id: field.label for field in dataset.fields} if dataset else {}
    return [_check(spec, check, labels.get(check.field or "", "")) for check in checks]


def in_words(spec: Interchange) -> dict[str, str]:
    """Each check of a version by its id: the field, where it has one, and what is expected of it."""
    lines = [
        *(line for one in spec.datasets.values() for line in check_lines(spec, one.checks, one)),
        *check_lines(spec, spec.file_checks),
    ]
    return {
        line.check.id: f"{line.label}：{line.expected}" if line.label else line.expected for line in lines
    }


def _check(spec: Interchange, check: Check, label: str) -> CheckLine:
    blank = text("intake:specification.blank")
    values = dict.fromkeys(("found", *check.rule.tells), blank)
    expected, why, how = (check.say(part, **values) for part in ("expected", "why", "how"))
    return CheckLine(
        check, label, spec.head.families[check.family].label, expected, why, how, _source(check.source)
    )


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
    among = text("checking:findings.separator").join(
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
