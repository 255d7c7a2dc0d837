"""1 M rows of 20 columns: read, check, keep and receipt, beside plain reading and other ways of checking them.

Each side runs in a process of its own, which tells its seconds and its peak memory. A clean file is kept; of one with
1.4 % faulty rows of ten kinds every error is told in the receipt, and nothing is kept. The others take the faulty file.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from benchmarks import other_engines
from benchmarks.figures import LARGE, Figure
from benchmarks.staff_files import CODE, PERIOD, TODAY, own_secrets
from benchmarks.wide_files import WIDE, faulty_among, wide_spec, write_files

ROWS: Final = int(os.environ.get("CAREWARD_BENCH_ROWS", "1000000" if LARGE else "100000"))
SCALED: Final = min(100_000, ROWS)
ROUNDS: Final = 3
_PIECE: Final = 1 << 20
Work = Callable[[], int | None]


def run() -> Iterator[Figure]:
    """Ratios and peak memory; CAREWARD_BENCH_ROWS says how many rows."""
    with tempfile.TemporaryDirectory(prefix="careward-bench-") as place, own_secrets():
        folder = Path(place)
        clean, faulty = write_files(wide_spec(folder), folder, ROWS)
        print(f"{ROWS:,} rows of 20 columns, {clean.stat().st_size / 1e6:.0f} MB", flush=True)
        seconds: dict[str, float] = {}
        peaks: dict[str, float] = {}
        for _ in range(ROUNDS):
            for side, file in (("reading", clean), ("clean", clean), ("faulty", faulty)):
                spent, peak = _apart(side, folder, file, ROWS)
                seconds[side] = min(spent, seconds.get(side, spent))
                peaks[side] = max(peak, peaks.get(side, peak))
        yield Figure("intake-million-kept", seconds["clean"] / seconds["reading"], "<=", 4)
        yield Figure("intake-million-faulty", seconds["faulty"] / seconds["reading"], "<=", 4)
        yield Figure("intake-million-peak-mb", max(peaks["clean"], peaks["faulty"]), "<=", 600)
        _apart("copy", folder, faulty, ROWS)
        for side in ("dataframely", "pandera", "pydantic"):
            spent, _ = _apart(side, folder, faulty, ROWS)
            yield Figure(f"intake-million-beside-{side}", spent / seconds["faulty"], ">=", 1)
        _, few = write_files(wide_spec(folder), folder, SCALED)
        spent, _ = _apart("frictionless", folder, few, SCALED)
        print(f"frictionless: scaled to {ROWS:,} rows {spent * ROWS / SCALED:.0f} s", flush=True)
        yield Figure(
            "intake-million-beside-frictionless", spent * ROWS / SCALED / seconds["faulty"], ">=", 40
        )


def _apart(side: str, folder: Path, file: Path, rows: int) -> tuple[float, float]:
    """Seconds and peak MB of one side. Raises RuntimeError when one that checks overlooks a faulty row."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.intake_million", side, str(folder), str(file)],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    seconds, peak, told = json.loads(done.stdout)
    print(f"{side}: {rows:,} rows, {seconds:.2f} s, peak {peak:.0f} MB", flush=True)
    wanted = 0 if file.name.endswith("clean.csv") else faulty_among(rows)
    if told is not None and told != wanted:
        raise RuntimeError(f"{side} found {told} faulty rows, not {wanted}")
    return seconds, peak


def _reading(_folder: Path, file: Path) -> Work:
    import polars as pl

    def work() -> None:
        pl.read_csv(file, infer_schema=False)

    return work


def _ours(folder: Path, file: Path) -> Work:
    from careward.checking.files import check
    from careward.checking.keeping import Keeper
    from careward.checking.receipt.report import ReceivedFile, receipt_on_demand
    from careward.checking.receipt.writing import write_signed
    from careward.kernel import clock
    from careward.store.secrets import hasher

    spec = wide_spec(folder)
    dataset = spec.dataset(WIDE)

    def work() -> int:
        facts = {"spec": spec, "dataset": dataset, "period": PERIOD, "institution_code": CODE}
        keeper = Keeper(spec, dataset, period=PERIOD, institution_code=CODE, hash_id=hasher(), folder=folder)
        result = check(file, today=TODAY, keep=keeper, folder=folder, **facts)  # type: ignore[arg-type]
        received = ReceivedFile("0", file.name, "0" * 64, file.stat().st_size, clock.now(), "live")
        receipt = receipt_on_demand(result, file=received, checked_at=clock.now(), **facts)  # type: ignore[arg-type]
        with (folder / "receipt.json").open("wb") as target:
            write_signed(receipt, target)
        if result.accepted:
            with keeper.content() as content, (folder / "kept.parquet").open("wb") as target:
                while piece := content.read(_PIECE):
                    target.write(piece)
        return int(receipt["counts"]["records"])

    return work


def _copy(_folder: Path, file: Path) -> Work:
    """Into a table of text of a PostgreSQL of its own; its server's memory is not counted."""
    import psycopg

    from careward.store import embedded
    from careward.store.folders import default_home

    cluster = embedded.start(default_home(os.environ)).hold()
    connection = psycopg.connect(cluster.owner_url)
    columns = file.open(encoding="utf-8").readline().strip().split(",")
    connection.execute("CREATE TABLE rows (" + ", ".join(f"{name} text" for name in columns) + ")")  # type: ignore[call-overload]

    def work() -> None:
        with (
            file.open("rb") as source,
            connection.cursor().copy("COPY rows FROM STDIN (FORMAT csv, HEADER true)") as copy,
        ):
            while piece := source.read(_PIECE):
                copy.write(piece)
        connection.commit()

    return work


SIDES: Final[dict[str, Callable[[Path, Path], Work]]] = {
    "reading": _reading,
    "clean": _ours,
    "faulty": _ours,
    "copy": _copy,
    "pydantic": other_engines.with_pydantic,
    "pandera": other_engines.with_pandera,
    "dataframely": other_engines.with_dataframely,
    "frictionless": other_engines.with_frictionless,
}


def main(side: str, folder: Path, file: Path) -> None:
    """Run one side and tell its seconds, peak MB and how many rows it found faulty, where it says so."""
    work = SIDES[side](folder, file)
    begun = time.perf_counter()
    told = work()
    spent = time.perf_counter() - begun
    peak = Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]
    print(json.dumps([spent, int(peak) / 1024, None if side == "frictionless" else told]))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
