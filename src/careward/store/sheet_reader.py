"""The limited process: reads the first filled sheet of one workbook, answers one line of JSON.

Started by :mod:`careward.store.tables`. It knows nothing of the platform, has no environment and takes its
limits before it touches the file: a workbook of a few bytes may claim billions of cells. Words: ``PATH
MOST_ROWS MOST_COLUMNS``.
"""

import datetime
import json
import posixpath
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

MEMORY_BYTES = 1 << 30
CPU_SECONDS = 15
_XLSX_HAZARD = re.compile(rb"<(?:[^\s<>/:]+:)?f[\s/>]|mergeCell")
_ODS_HAZARD = re.compile(rb"table:formula|-spanned")
_LONGEST_NAME = 1 << 16
_DECLARED = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^>]* encoding=[\"']([A-Za-z0-9_-]+)[\"']")
UNPACKED_BYTES = 200 << 20
"""A workbook whose parts claim to be larger is not even tried."""


class Refused(Exception):
    """The workbook cannot be read; the code is the answer."""


def limit() -> None:
    """Give up memory, time, files to write and core dumps."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read(path: Path, most_rows: int, most_columns: int) -> dict[str, Any]:
    """The first filled sheet that is not hidden, each cell as text or as ``{"day": …}``; row 1 comes first.

    Beside it: ``formula``, the place of its first formula (``B2``, empty for none), ``merged``, that of its first
    cells merged into one, ``others``, the names of further filled sheets, ``hidden``, those of hidden ones.
    """
    import python_calamine

    _refuse_bombs(path)
    try:
        book = python_calamine.load_workbook(str(path))
        visible = python_calamine.SheetVisibleEnum.Visible
        seen = {each.name: each.visible == visible for each in book.sheets_metadata}
        first, shown, hidden = None, [], []
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if not _is_filled(sheet):
                continue
            if seen.get(name, True):
                shown.append(name)
                first = first or sheet
            else:
                hidden.append(name)
        if first is not None:
            rows = _rows(first, most_rows, most_columns)
            formula, merged = _hazards(path, shown[0])
            return {
                "sheet": shown[0],
                "rows": rows,
                "formula": formula,
                "merged": merged,
                "others": shown[1:],
                "hidden": hidden,
            }
    except python_calamine.PasswordError:
        raise Refused("encrypted") from None
    except python_calamine.CalamineError:
        raise Refused("broken") from None
    raise Refused("empty")


def _refuse_bombs(path: Path) -> None:
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise Refused("broken") from None
    if any(part.flag_bits & 1 for part in parts):
        raise Refused("encrypted")
    if sum(part.file_size for part in parts) > UNPACKED_BYTES:
        raise Refused("too_complex")


def _is_filled(sheet: Any) -> bool:
    return bool(sheet.height and sheet.width)


def _hazards(path: Path, sheet: str) -> tuple[str, str]:
    """Place of the first formula and of the first merged cells of a sheet; old .xls files are not looked into."""
    if not zipfile.is_zipfile(path):
        return "", ""
    with zipfile.ZipFile(path) as packed:
        names = set(packed.namelist())
        try:
            if "content.xml" in names:
                if not _may_hold(packed, "content.xml", _ODS_HAZARD):
                    return "", ""
                found = _OdsScan(sheet)
                _scan(packed, "content.xml", found.start, found.end)
                return found.formula, found.merged
            part = _xlsx_part(packed, sheet)
            if part not in names or not _may_hold(packed, part, _XLSX_HAZARD):
                return "", ""
            seen = _XlsxScan()
            _scan(packed, part, seen.start, seen.end)
        except expat.ExpatError:
            raise Refused("broken") from None
        return seen.formula, seen.merged


def _may_hold(packed: zipfile.ZipFile, part: str, hazard: re.Pattern[bytes]) -> bool:
    """Whether a well-formed part must be gone through element by element, which takes most of the time.

    Names cannot be written otherwise than in the part's encoding; of another one than UTF-8 nothing is said here.
    """
    parser, before, found = _parser(), b"", False
    for chunk in _chunks(packed, part):
        if not before:
            declared = _DECLARED.match(chunk)
            found = declared is None or declared[1].lower() != b"utf-8"
        parser.Parse(chunk, False)  # noqa: FBT003 – expat's own signature
        found = found or hazard.search(before + chunk) is not None
        before = chunk[-_LONGEST_NAME:]
    parser.Parse(b"", True)  # noqa: FBT003
    return found


def _scan(packed: zipfile.ZipFile, part: str, start: Any, end: Any) -> None:
    parser = _parser()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    for chunk in _chunks(packed, part):
        parser.Parse(chunk, False)  # noqa: FBT003
    parser.Parse(b"", True)  # noqa: FBT003


def _parser() -> Any:
    parser = expat.ParserCreate()
    parser.EntityDeclHandler = _no_entities
    return parser


def _chunks(packed: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    with packed.open(part) as stream:
        while chunk := stream.read(1 << 18):
            yield chunk


def _no_entities(*_declared: Any) -> None:
    raise Refused("broken")


def _xlsx_part(packed: zipfile.ZipFile, sheet: str) -> str:
    """Name of the part that holds a sheet, by way of the workbook's relations."""
    relation, target = "", ""

    def of_book(name: str, attributes: dict[str, str]) -> None:
        nonlocal relation
        if name.rpartition(":")[2] == "sheet" and attributes.get("name") == sheet:
            relation = next(
                (v for k, v in attributes.items() if k.rpartition(":")[2] == "id" and ":" in k), ""
            )

    def of_relations(name: str, attributes: dict[str, str]) -> None:
        nonlocal target
        if name == "Relationship" and attributes.get("Id") == relation:
            target = attributes.get("Target", "")

    nothing: Any = lambda _name: None  # noqa: E731
    _scan(packed, "xl/workbook.xml", of_book, nothing)
    _scan(packed, "xl/_rels/workbook.xml.rels", of_relations, nothing)
    return target.lstrip("/") if target.startswith("/") else posixpath.join("xl", target)


class _XlsxScan:
    def __init__(self) -> None:
        self.formula, self.merged, self._cell = "", "", ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "c":
            self._cell = attributes.get("r", "")
        elif name == "f" and not self.formula:
            self.formula = self._cell
        elif name == "mergeCell" and not self.merged:
            self.merged = attributes.get("ref", "")

    def end(self, _name: str) -> None:
        """Nothing to do."""


class _OdsScan:
    def __init__(self, sheet: str) -> None:
        self.formula, self.merged, self._sheet = "", "", sheet
        self._inside, self._row, self._column = False, 0, 0
        self._repeat = 1

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table:table":
            self._inside, self._row = attributes.get("table:name") == self._sheet, 0
        elif name == "table:table-row":
            self._row, self._column = self._row + self._repeat, 0
            self._repeat = _number(attributes.get("table:number-rows-repeated"))
        elif self._inside and name in ("table:table-cell", "table:covered-table-cell"):
            self._column += 1
            place = f"{_letters(self._column)}{self._row}"
            if "table:formula" in attributes and not self.formula:
                self.formula = place
            spans = (attributes.get(f"table:number-{way}-spanned", "1") for way in ("columns", "rows"))
            if not self.merged and any(span != "1" for span in spans):
                self.merged = place
            self._column += _number(attributes.get("table:number-columns-repeated")) - 1

    def end(self, name: str) -> None:
        if name == "table:table":
            self._inside, self._repeat = False, 1


def _number(written: str | None) -> int:
    return int(written) if written and re.fullmatch(r"[1-9][0-9]{0,7}", written) else 1


def _letters(column: int) -> str:
    return "".join(reversed(list(_digits(column))))


def _digits(column: int) -> Iterator[str]:
    while column:
        column, digit = divmod(column - 1, 26)
        yield chr(ord("A") + digit)


def _rows(sheet: Any, most_rows: int, most_columns: int) -> list[list[Any]]:
    if sheet.total_width > most_columns:
        raise Refused("too_many_columns")
    rows: list[list[Any]] = []
    filled = 0
    for cells in sheet.iter_rows():
        row = [_plain(cell) for cell in cells]
        filled += any(row)
        if filled > most_rows:
            raise Refused("too_many_rows")
        rows.append(row)
    return rows


def _plain(cell: Any) -> Any:
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime.datetime):
        return {"day": cell.date().isoformat()} if cell.time() == datetime.time() else cell.isoformat(" ")
    if isinstance(cell, datetime.date):
        return {"day": cell.isoformat()}
    return str(cell)


def main(words: list[str]) -> int:
    """Answer on standard output; 0 also for a refusal, anything else means the process fell."""
    limit()
    try:
        answer = read(Path(words[0]), int(words[1]), int(words[2]))
    except Refused as refused:
        answer = {"refused": str(refused)}
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
