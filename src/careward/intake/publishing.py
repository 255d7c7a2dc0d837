"""The interchange specification as files: the folder of rules in force and sample files generated from it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from careward import rulebook
from careward.intake.sample_forms import as_csv
from careward.intake.samples import good_rows
from careward.kernel import clock
from careward.kernel.roc import RocMonth
from careward.rulebook.book import rules_folder
from careward.rulebook.interchange import Dataset, Interchange
from careward.rulebook.interchange_rules import EqualsAccountInstitution, RowCount
from careward.rulebook.season import Season

_ROWS: Final = 5
_SEED: Final = 115
"""Any number: the same samples for everybody, every time."""


def season_in_force() -> Season:
    """The season served now."""
    return rulebook.current().season_at(clock.now(), county=rulebook.NATIONWIDE)


def specification_in_force() -> Interchange:
    """The version of the specification that season follows."""
    return rulebook.current().interchange(season_in_force().season.interchange)


def sample_name(dataset: Dataset, period: RocMonth) -> str:
    """A sample's file name, as a delivery would be called."""
    return f"{dataset.id}-{period}.csv"


def sample(spec: Interchange, dataset: Dataset, period: RocMonth) -> bytes:
    """A clean CSV file of invented rows: one where a dataset allows only one, else five."""
    code = next(
        dataset.example[c.rule.field] for c in dataset.checks if isinstance(c.rule, EqualsAccountInstitution)
    )
    rows = good_rows(spec, dataset, institution_code=code, period=period, n=_most_rows(dataset), seed=_SEED)
    return as_csv(dataset, rows)


def _most_rows(dataset: Dataset) -> int:
    allowed = [check.rule.most for check in dataset.checks if isinstance(check.rule, RowCount)]
    return min([_ROWS, *allowed])


def files() -> Mapping[str, bytes]:
    """The version in force by path below ``/spec``: its YAML as it lies, and ``samples/``."""
    season = season_in_force()
    return _files(rules_folder() / "interchange", season.season.interchange, season.months[0])


@cache
def _files(versions: Path, version: str, period: RocMonth) -> Mapping[str, bytes]:
    folder = versions / version
    spec = rulebook.current().interchange(version)
    made = {
        f"{version}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*.yaml"))
    }
    for dataset in spec.datasets.values():
        made[f"{version}/samples/{sample_name(dataset, period)}"] = sample(spec, dataset, period)
    return made
