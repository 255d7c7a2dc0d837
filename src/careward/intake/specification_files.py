"""One version of the specification as files, and samples made from its rules.

``python -m careward.intake.specification_files VERSION MONTH DATASET…`` writes all of a version as a ZIP to its output:
what makes samples, books and papers is large, and :mod:`.publishing`, which asks for it once, need not hold it.
"""

import sys
import zipfile
from collections.abc import Mapping, Sequence
from typing import IO, Any, Final, get_args

from careward import rulebook
from careward.checking.sample_forms import Form, in_form
from careward.checking.samples import faulty_rows, good_rows
from careward.intake import catalogue
from careward.kernel.roc import RocMonth
from careward.rulebook.book import rules_folder
from careward.rulebook.interchange import Dataset, Interchange
from careward.rulebook.interchange_rules import EqualsAccountInstitution, RowCount
from careward.store.spreadsheets import write_book

_ROWS: Final = 5
_SEED: Final = 115
"""Any number: the same samples for everybody, every time."""


def sample_name(dataset: Dataset, period: RocMonth, *, form: str = "csv", faulty: bool = False) -> str:
    """A sample's file name, as a delivery would be called."""
    return f"{dataset.id}-{period}{'-faulty' if faulty else ''}.{form}"


def sample(
    spec: Interchange, dataset: Dataset, period: RocMonth, *, form: Form = "csv", faulty: bool = False
) -> bytes:
    """A file of invented rows: five clean ones, or one where no more are allowed; ``faulty``: ten, half wrong."""
    code = next(
        dataset.example[c.rule.field] for c in dataset.checks if isinstance(c.rule, EqualsAccountInstitution)
    )
    facts: dict[str, Any] = {"institution_code": code, "period": period, "seed": _SEED}
    if faulty:
        rows = faulty_rows(spec, dataset, n=2 * _ROWS, **facts).records
    else:
        rows = good_rows(spec, dataset, n=_most_rows(dataset), **facts)
    return in_form(dataset, rows, form, dated=spec.effective_from)


def _most_rows(dataset: Dataset) -> int:
    allowed = [check.rule.most for check in dataset.checks if isinstance(check.rule, RowCount)]
    return min([_ROWS, *allowed])


def made(version: str, period: RocMonth, required: Sequence[str]) -> Mapping[str, bytes]:
    """The files of a version by path; ``required`` are the datasets the season asks for."""
    folder = rules_folder() / "interchange" / version
    spec = rulebook.current().interchange(version)
    files = {
        f"{version}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*.yaml"))
    }
    for dataset in spec.datasets.values():
        for form in get_args(Form):
            name = sample_name(dataset, period, form=form)
            files[f"{version}/samples/{name}"] = sample(spec, dataset, period, form=form)
        name = sample_name(dataset, period, faulty=True)
        files[f"{version}/samples/{name}"] = sample(spec, dataset, period, faulty=True)
    for kind in ("ods", "xlsx"):
        files[f"{version}/interchange-{version}.{kind}"] = write_book(
            kind, catalogue.book(spec, required), dated=spec.effective_from
        )
    files[f"{version}/interchange-{version}.pdf"] = catalogue.paper(spec, required)
    return files


def _main(version: str, period: str, required: Sequence[str], output: IO[bytes]) -> None:
    with zipfile.ZipFile(output, "w") as packed:
        for path, content in made(version, RocMonth.parse(period), required).items():
            packed.writestr(path, content)


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], sys.argv[3:], sys.stdout.buffer)
