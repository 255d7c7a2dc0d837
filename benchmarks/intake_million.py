"""1 M rows of 20 columns: read, check, keep and receipt, beside polars only reading the file into memory.

Each side runs in a process of its own, which tells its seconds and its peak memory. A clean file is kept; of one with
1.4 % faulty rows every error is told in the receipt, and nothing is kept.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.figures import Figure
from benchmarks.staff_files import CODE, PERIOD, TODAY, own_secrets
from benchmarks.wide_files import WIDE, wide_spec, write_files

ROWS: Final = int(os.environ.get("CAREWARD_BENCH_ROWS", "1000000"))
SCALED: Final = 100_000
ROUNDS: Final = 3


def run() -> Iterator[Figure]:
    """Ratios and peak memory; CAREWARD_BENCH_ROWS makes it smaller."""
    with tempfile.TemporaryDirectory(prefix="careward-bench-") as place, own_secrets():
        folder = Path(place)
        clean, faulty = write_files(wide_spec(folder), folder, ROWS)
        print(f"{ROWS:,} rows of 20 columns, {clean.stat().st_size / 1e6:.0f} MB", flush=True)
        taken: dict[str, list[tuple[float, float]]] = {}
        for _ in range(ROUNDS):
            for side, file in (("reading", clean), ("clean", clean), ("faulty", faulty)):
                taken.setdefault(side, []).append(_apart(side, folder, file))
        seconds = {side: median(one for one, _ in times) for side, times in taken.items()}
        peaks = {side: max(peak for _, peak in times) for side, times in taken.items()}
        for side, spent in seconds.items():
            print(f"{side}: {spent:.2f} s, peak {peaks[side]:.0f} MB (median of {ROUNDS})", flush=True)
        yield Figure("intake-million-kept", seconds["clean"] / seconds["reading"], "<=", 4)
        yield Figure("intake-million-faulty", seconds["faulty"] / seconds["reading"], "<=", 4)
        yield Figure("intake-million-peak-mb", max(peaks["clean"], peaks["faulty"]), "<=", 600)
        few, _ = write_files(wide_spec(folder), folder, min(SCALED, ROWS))
        frictionless, _ = _apart("frictionless", folder, few)
        scaled = frictionless * ROWS / min(SCALED, ROWS)
        print(f"frictionless: {frictionless:.1f} s for {min(SCALED, ROWS):,} rows, scaled {scaled:.0f} s")
        yield Figure("intake-million-beside-frictionless", scaled / seconds["clean"], ">=", 40)


def _apart(side: str, folder: Path, file: Path) -> tuple[float, float]:
    """Seconds and peak MB of one side."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.intake_million", side, str(folder), str(file)],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    seconds, peak = json.loads(done.stdout)
    return seconds, peak


def _reading(_folder: Path, file: Path) -> Callable[[], object]:
    import polars as pl

    return lambda: pl.read_csv(file, infer_schema=False)


def _ours(folder: Path, file: Path) -> Callable[[], object]:
    from careward.intake.checking import check
    from careward.intake.keeping import Keeper
    from careward.intake.receipt_writing import write_signed
    from careward.intake.report import ReceivedFile, receipt_on_demand
    from careward.kernel import clock
    from careward.store.secrets import hasher

    spec = wide_spec(folder)
    dataset = spec.dataset(WIDE)

    def work() -> None:
        facts = {"spec": spec, "dataset": dataset, "period": PERIOD, "institution_code": CODE}
        keeper = Keeper(spec, dataset, period=PERIOD, institution_code=CODE, hash_id=hasher(), folder=folder)
        result = check(file, today=TODAY, keep=keeper, folder=folder, **facts)  # type: ignore[arg-type]
        received = ReceivedFile("0", file.name, "0" * 64, file.stat().st_size, clock.now(), "live")
        receipt = receipt_on_demand(result, file=received, checked_at=clock.now(), **facts)  # type: ignore[arg-type]
        with (folder / "receipt.json").open("wb") as target:
            write_signed(receipt, target)
        if result.accepted:
            with keeper.content() as content, (folder / "kept.parquet").open("wb") as target:
                while piece := content.read(1 << 20):
                    target.write(piece)

    return work


def _frictionless(folder: Path, file: Path) -> Callable[[], object]:
    from frictionless import Resource, Schema, system

    spec = wide_spec(folder)
    fields = []
    for field in spec.dataset(WIDE).fields:
        constraints: dict[str, object] = {"required": field.required}
        if field.codes:
            constraints["enum"] = list(spec.code_list(field.codes).codes)
        if field.pattern:
            constraints["pattern"] = field.pattern
        if field.type == "date":
            constraints["pattern"] = "[0-9]{7}"
        if field.max_length:
            constraints["maxLength"] = field.max_length
        kind = "number" if field.type in ("integer", "decimal") else "string"
        if kind == "number":
            constraints = {"required": field.required, "minimum": 0}
        fields.append({"name": field.id, "type": kind, "constraints": constraints})
    schema = Schema.from_descriptor({"fields": fields, "primaryKey": ["record_key"]})

    def work() -> None:
        with system.use_context(trusted=True):
            report = Resource(path=str(file), schema=schema).validate(limit_errors=10**9)
        if not report.valid:
            raise RuntimeError(str(report.flatten(["type", "message"])[:3]))

    return work


SIDES: Final[dict[str, Callable[[Path, Path], Callable[[], object]]]] = {
    "reading": _reading,
    "clean": _ours,
    "faulty": _ours,
    "frictionless": _frictionless,
}


def main(side: str, folder: Path, file: Path) -> None:
    """Run one side and tell its seconds and peak MB."""
    work = SIDES[side](folder, file)
    begun = time.perf_counter()
    work()
    spent = time.perf_counter() - begun
    peak = Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]
    print(json.dumps([spent, int(peak) / 1024]))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
