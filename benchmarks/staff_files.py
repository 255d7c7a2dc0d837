"""Staff files of any length, and our way of checking and keeping one."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Final

from careward.checking.files import check
from careward.checking.keeping import Keeper
from careward.checking.sample_forms import as_csv
from careward.checking.samples import faulty_rows, good_rows
from careward.checking.spill import CheckResult
from careward.kernel.identifiers import make_national_id, make_resident_id
from careward.kernel.roc import RocMonth
from careward.rulebook import current
from careward.rulebook.interchange import Dataset, Interchange
from careward.store.secrets import hasher

PERIOD: Final = RocMonth.parse("11501")
CODE: Final = "1331010018"
TODAY: Final = date(2026, 2, 1)
_INVENTED: Final = 1_000


def spec() -> Interchange:
    """The version measured."""
    return current().interchange("1.0")


def staff() -> Dataset:
    """The dataset measured: 12 fields, as many kinds of checks as any."""
    return spec().dataset("staff")


def clean_file(rows: int) -> bytes:
    """A file without a fault; past the first thousand rows, people differ by number and key."""
    invented = good_rows(
        spec(), staff(), institution_code=CODE, period=PERIOD, n=min(rows, _INVENTED), seed=60
    )
    records = list(invented)
    for number in range(len(records), rows):
        record = invented[number % _INVENTED]
        make = make_national_id if record["nationality"] == "TWN" else make_resident_id
        records.append({**record, "record_key": f"E{number + 1:06d}", "personal_id": make(number)})
    return as_csv(staff(), records)


def faulty_file(rows: int) -> bytes:
    """A file in which every other row breaks a rule or makes a warning."""
    made = faulty_rows(spec(), staff(), institution_code=CODE, period=PERIOD, n=rows, seed=60)
    return as_csv(staff(), made.records)


def checked(content: bytes) -> CheckResult:
    """Every finding of the file."""
    return check(content, spec=spec(), dataset=staff(), period=PERIOD, institution_code=CODE, today=TODAY)


def checked_and_kept(content: bytes) -> bytes:
    """Check it and make its Parquet file, as the worker does. Raises ValueError when it has errors."""
    keeper = Keeper(spec(), staff(), period=PERIOD, institution_code=CODE, hash_id=hasher())
    result = check(
        content,
        spec=spec(),
        dataset=staff(),
        period=PERIOD,
        institution_code=CODE,
        today=TODAY,
        keep=keeper,
    )
    if not result.accepted:
        raise ValueError(f"the file should be clean: {next(iter(result.findings))}")
    with keeper.content() as content:
        return content.read()


@contextmanager
def own_secrets() -> Iterator[None]:
    """A home of this run alone, for the key of the hashes."""
    kept = os.environ.get("CAREWARD_HOME")
    with tempfile.TemporaryDirectory(prefix="careward-bench-") as folder:
        os.environ["CAREWARD_HOME"] = folder
        try:
            yield
        finally:
            if kept is None:
                del os.environ["CAREWARD_HOME"]
            else:
                os.environ["CAREWARD_HOME"] = kept
