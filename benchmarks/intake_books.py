"""Workbooks: 100,000 rows as Excel and as ODS, read, checked and kept, beside the same rows as CSV.

Each in a process of its own, which tells its seconds and its peak memory, with that of the limited reader it starts.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.figures import LARGE, Figure
from benchmarks.staff_files import checked_and_kept, clean_file, own_secrets, staff
from careward.store import books
from careward.store.spreadsheets import Page

ROWS: Final = int(os.environ.get("CAREWARD_BENCH_BOOK_ROWS", "100000" if LARGE else "10000"))
FORMS: Final = ("csv", "xlsx", "ods")


def run() -> Iterator[Figure]:
    """Memory of each, and seconds beside the CSV file."""
    with tempfile.TemporaryDirectory(prefix="careward-bench-") as place, own_secrets():
        folder = Path(place)
        _write(folder)
        taken = {form: _apart(folder / f"staff.{form}") for form in FORMS}
        for form in FORMS[1:]:
            seconds, peak = taken[form]
            yield Figure(f"intake-{form}-seconds", seconds, "<=", 30)
            yield Figure(f"intake-{form}-peak-mb", peak, "<=", 1024)


def _write(folder: Path) -> None:
    content = clean_file(ROWS)
    (folder / "staff.csv").write_bytes(content)
    _, *lines = content.decode("utf-8-sig").split("\r\n")
    rows = [line.split(",") for line in lines if line]
    page = Page(staff().title, [field.id for field in staff().fields], rows)
    for form in FORMS[1:]:
        with (folder / f"staff.{form}").open("wb") as target:
            books.write(form, [page], target)


def _apart(file: Path) -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.intake_books", str(file)],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    seconds, peak = json.loads(done.stdout)
    size = file.stat().st_size / 1e6
    each = seconds / ROWS * 1e6
    print(
        f"{file.suffix}: {ROWS:,} rows, {size:.1f} MB, {seconds:.2f} s ({each:.1f} µs a row), peak {peak:.0f} MB",
        flush=True,
    )
    return seconds, peak


def main(file: Path) -> None:
    """Check and keep one file; tell seconds and peak MB."""
    content = file.read_bytes()
    begun = time.perf_counter()
    checked_and_kept(content)
    spent = time.perf_counter() - begun
    peak = sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps([spent, peak / 1024]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
