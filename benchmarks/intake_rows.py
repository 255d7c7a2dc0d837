"""Large files: does the time of a row stay the same, and what is the whole beside only reading the file."""

from collections.abc import Iterator
from io import BytesIO

import polars as pl

from benchmarks.figures import Figure, in_turn
from benchmarks.staff_files import checked_and_kept, clean_file, own_secrets

FEW, MANY = 10_000, 100_000
ROUNDS = 3


def run() -> Iterator[Figure]:
    """Time of a row at 100,000 beside 10,000; time of 100,000 rows beside polars reading them as text."""
    few, many = clean_file(FEW), clean_file(MANY)
    with own_secrets():
        at_few, at_many, reading = in_turn(
            [
                lambda: checked_and_kept(few),
                lambda: checked_and_kept(many),
                lambda: pl.read_csv(BytesIO(many), infer_schema=False),
            ],
            rounds=ROUNDS,
        )
    print(
        f"check and keep: {FEW} rows {at_few:.2f} s, {MANY} rows {at_many:.2f} s"
        f" ({at_many / MANY * 1e6:.1f} µs a row); polars reading {MANY} rows {reading:.3f} s"
    )
    yield Figure("intake-rows-linear", (at_many / MANY) / (at_few / FEW), "<=", 1.5)
    yield Figure("intake-rows-beside-reading", at_many / reading, "<=", 4)
