"""The limited process: reads the first filled sheet of one workbook, answers one line of JSON.

Started by :mod:`careward.store.tables`. It knows nothing of the platform, has no environment and takes its
limits before it touches the file: a workbook of a few bytes may claim billions of cells. Words: ``PATH
MOST_ROWS MOST_COLUMNS``.
"""

import datetime
import json
import resource
import sys
import zipfile
from pathlib import Path
from typing import Any

MEMORY_BYTES = 1 << 30
CPU_SECONDS = 15
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
    """The first sheet with anything in it, each cell as text or as ``{"day": …}``; row 1 comes first."""
    import python_calamine

    _refuse_bombs(path)
    try:
        book = python_calamine.load_workbook(str(path))
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if sheet.height and sheet.width:
                return {"sheet": name, "rows": _rows(sheet, most_rows, most_columns)}
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
