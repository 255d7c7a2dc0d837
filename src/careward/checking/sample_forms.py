"""Records written in each form that is read: delimited text, workbooks, JSON; and workbooks spoilt on purpose."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, Literal

import xlsxwriter

from careward.rulebook.interchange import Dataset
from careward.store.spreadsheets import write_table

Record = Mapping[str, str]
Form = Literal["csv", "xlsx", "ods", "json", "jsonl"]
Spoilt = Literal["formula", "merged", "heavy"]

_LAST_COLUMN: Final = 16_383


def as_csv(
    dataset: Dataset,
    records: Iterable[Record],
    *,
    encoding: str = "utf-8-sig",
    delimiter: str = ",",
    headings: Literal["id", "label"] = "id",
    order: Sequence[str] | None = None,
    line_end: str = "\r\n",
    quoting: Literal[0, 1] = csv.QUOTE_MINIMAL,
) -> bytes:
    """Write records as a delimited file; `order` are the code names in the order of the columns.

    `quoting` is csv's: every cell stands in quotes, or those that must.
    """
    names = list(order or (field.id for field in dataset.fields))
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=line_end, quoting=quoting)
    writer.writerow([name if headings == "id" else dataset.field(name).label for name in names])
    writer.writerows([record.get(name, "") for name in names] for record in records)
    return out.getvalue().encode(encoding)


def in_form(
    dataset: Dataset,
    records: Iterable[Record],
    form: Form,
    spoilt: Spoilt | None = None,
    *,
    dated: date | None = None,
) -> bytes:
    """Write records in a form, columns in the order of the fields; only an Excel workbook can be `spoilt`.

    `dated`: the day a workbook says it was made, instead of now.
    """
    if spoilt is not None:
        return _spoilt(dataset, list(records), spoilt)
    if form == "csv":
        return as_csv(dataset, records)
    names = [field.id for field in dataset.fields]
    told = [{name: record.get(name, "") for name in names} for record in records]
    if form == "json":
        return json.dumps(told, ensure_ascii=False, indent=1).encode()
    if form == "jsonl":
        return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in told).encode()
    return write_table(form, dataset.title, names, [list(record.values()) for record in told], dated=dated)


def _spoilt(dataset: Dataset, records: Sequence[Record], spoilt: Spoilt) -> bytes:
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        names = [field.id for field in dataset.fields]
        for line, row in enumerate([names, *([record.get(n, "") for n in names] for record in records)]):
            sheet.write_row(line, 0, row)
        _SPOIL[spoilt](sheet, len(records) + 1)
    return kept.getvalue()


_SPOIL: Final[Mapping[Spoilt, Callable[[Any, int], object]]] = {
    "formula": lambda sheet, line: sheet.write_formula(line, 0, "=A2", value="11501"),
    "merged": lambda sheet, line: sheet.merge_range(line, 0, line, 1, "11501"),
    "heavy": lambda sheet, line: sheet.write_string(line, _LAST_COLUMN, "x"),
}
