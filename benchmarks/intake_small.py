"""The common case: one file of 60 staff, checked and kept, beside pydantic and frictionless, which only check it."""

from collections.abc import Iterator

from benchmarks.figures import Figure, in_turn
from benchmarks.other_engines import frictionless_schema
from benchmarks.plain_staff import plain_check
from benchmarks.staff_files import (
    checked,
    checked_and_kept,
    clean_file,
    faulty_file,
    own_secrets,
    spec,
    staff,
)

ROWS = 60
ROUNDS = 200
FEW_ROUNDS = 20


def run() -> Iterator[Figure]:
    """How many times as fast as the plain way; our milliseconds."""
    _agree()
    content = clean_file(ROWS)
    with own_secrets():
        ours, only_checked, plain = in_turn(
            [lambda: checked_and_kept(content), lambda: checked(content), lambda: plain_check(content)],
            rounds=ROUNDS,
        )
    print(
        f"{ROWS} rows, medians of {ROUNDS}: check and keep {ours * 1000:.2f} ms, check alone"
        f" {only_checked * 1000:.2f} ms, csv and pydantic, check alone, {plain * 1000:.2f} ms"
    )
    yield Figure("intake-60", plain / ours, ">=", 1)
    yield Figure("intake-60-ms", ours * 1000, "<=", 5)
    yield _beside_frictionless(content)


def _beside_frictionless(content: bytes) -> Figure:
    """Of fewer rounds, since it takes so long. Raises RuntimeError when it finds the clean file faulty."""
    from frictionless import Resource

    schema = frictionless_schema(spec(), staff())

    def theirs() -> None:
        report = Resource(content, format="csv", schema=schema).validate()
        if not report.valid:
            raise RuntimeError(f"frictionless: {report.flatten(['rowNumber', 'message'])}")

    with own_secrets():
        ours, whole = in_turn([lambda: checked_and_kept(content), theirs], rounds=FEW_ROUNDS)
    print(
        f"frictionless, check alone: {whole * 1000:.1f} ms a file, 100,000 of them {whole * 1e5 / 60:.0f} minutes"
    )
    return Figure("intake-60-beside-frictionless", whole / ours, ">=", 40)


def _agree() -> None:
    """Both sides find errors in the same lines, or the comparison means nothing. Raises RuntimeError."""
    for content in (clean_file(ROWS), faulty_file(200)):
        found = checked(content).findings
        ours = {finding.line for finding in found if not finding.warns}
        plain, _ = plain_check(content)
        if ours != plain:
            raise RuntimeError(f"the two sides differ in lines {sorted(map(str, ours ^ plain))}")
