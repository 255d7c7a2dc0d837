"""A dataset of 20 columns made of fields of the specification, and files of it of any length."""

import shutil
from pathlib import Path
from typing import Any, Final

import polars as pl
import yaml

from benchmarks.staff_files import CODE, PERIOD
from careward.checking.samples import good_rows
from careward.rulebook.book import rules_folder
from careward.rulebook.interchange import Interchange, load_interchange

WIDE: Final = "wide"
_FIELDS: Final = {
    "residents": (
        "name", "birth_date", "sex", "bed_kind", "care_grade", "admitted_on", "discharged_on",
        "responsible_unit",
    ),
    "weights": ("weighed_on", "weight_kg"),
    "events": ("happened_on", "shift"),
    "staff": ("role", "employment", "nationality", "training_hours"),
}  # fmt: skip
_CHECKS: Final = {
    "residents": (
        "leaves_after_arriving", "born_before_arriving", "arrived_by_months_end", "left_within_the_month",
        "leaving_lies_ahead",
    ),
    "events": ("happened_on_begins", "happened_on_ends"),
}  # fmt: skip
_FAULTS: Final = (
    ("role", "?"), ("shift", "?"), ("training_hours", "x"), ("weight_kg", "1,000"), ("happened_on", "1150230"),
    ("admitted_on", "1150201"), ("discharged_on", "1141231"), ("institution_code", "1331019999"),
    ("sex", ""), ("record_key", "K 1"),
)  # fmt: skip
_EVERY: Final = 71
"""One row in 71 is faulty: 1.4 %."""
_INVENTED: Final = 1_000


def wide_spec(folder: Path) -> Interchange:
    """The version in force with one dataset more, written below `folder`."""
    version = folder / "interchange" / "1.0"
    if not version.exists():
        shutil.copytree(rules_folder() / "interchange" / "1.0", version)
        fields = _picked(version / "datasets", _FIELDS, "fields")
        wide = {
            "id": WIDE, "title": WIDE, "means": WIDE, "record_key": "record_key", "source": "decided",
            "common": ["period", "institution_code", "record_key", "resident_key"], "fields": fields,
        }  # fmt: skip
        (version / "datasets" / f"{WIDE}.yaml").write_text(yaml.safe_dump(wide, allow_unicode=True))
        checks = {"checks": _picked(version / "checks", _CHECKS, "checks")}
        (version / "checks" / f"{WIDE}.yaml").write_text(yaml.safe_dump(checks, allow_unicode=True))
    return load_interchange(version)


def _picked(folder: Path, wanted: dict[str, tuple[str, ...]], member: str) -> dict[str, Any]:
    read = {name: yaml.safe_load((folder / f"{name}.yaml").read_text()) for name in wanted}
    return {one: read[name][member][one] for name, ones in wanted.items() for one in ones}


def faulty_among(rows: int) -> int:
    """How many rows of the faulty file are faulty."""
    return -(-rows // _EVERY)


def write_files(spec: Interchange, folder: Path, rows: int) -> tuple[Path, Path]:
    """A clean file and one with 1.4 % faulty rows of ten kinds."""
    dataset = spec.dataset(WIDE)
    invented = good_rows(spec, dataset, institution_code=CODE, period=PERIOD, n=_INVENTED, seed=60)
    base = pl.DataFrame(invented)
    place = pl.int_range(rows, dtype=pl.UInt32)
    number = place.cast(pl.String).str.zfill(7)
    clean = pl.concat([base] * -(-rows // _INVENTED)).head(rows)
    clean = clean.with_columns(record_key=pl.lit("K") + number, resident_key=pl.lit("R") + number)
    turn = place // _EVERY % len(_FAULTS)
    faulty = clean.with_columns(
        pl.when((place % _EVERY == 0) & (turn == kind)).then(pl.lit(cell)).otherwise(pl.col(name)).alias(name)
        for kind, (name, cell) in enumerate(_FAULTS)
    )
    paths = folder / f"{WIDE}-clean.csv", folder / f"{WIDE}-faulty.csv"
    for frame, path in zip((clean, faulty), paths, strict=True):
        plain = frame.select(pl.col(field.id).replace("", None) for field in dataset.fields)
        plain.write_csv(path)  # of null nothing is written, as spreadsheets do; of an empty text two quotes
    return paths
