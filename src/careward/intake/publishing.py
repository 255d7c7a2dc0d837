"""The interchange specification as files: the folder of rules in force and sample files generated from it."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, get_args

from careward import rulebook
from careward.intake import catalogue, signing
from careward.intake.models import ReceiptKey
from careward.intake.sample_forms import Form, in_form
from careward.intake.samples import faulty_rows, good_rows
from careward.intake.verifying import PUBLISHED as RECEIPT_KEYS
from careward.kernel import clock
from careward.kernel.roc import RocMonth
from careward.rulebook.book import rules_folder
from careward.rulebook.interchange import Dataset, Interchange
from careward.rulebook.interchange_rules import EqualsAccountInstitution, RowCount
from careward.rulebook.season import Season
from careward.store.spreadsheets import write_book

_ROWS: Final = 5
_SEED: Final = 115
"""Any number: the same samples for everybody, every time."""


def season_in_force() -> Season:
    """The season served now."""
    return rulebook.current().season_at(clock.now(), county=rulebook.NATIONWIDE)


def specification_in_force() -> Interchange:
    """The version of the specification that season follows."""
    return rulebook.current().interchange(season_in_force().season.interchange)


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
    return in_form(dataset, rows, form)


def _most_rows(dataset: Dataset) -> int:
    allowed = [check.rule.most for check in dataset.checks if isinstance(check.rule, RowCount)]
    return min([_ROWS, *allowed])


def files() -> Mapping[str, bytes]:
    """What lies below ``/spec``, by path: every version as YAML with ``samples/``, the keys of receipts."""
    made: dict[str, bytes] = {}
    for version in rulebook.current().interchanges:
        made |= files_of(version)
    return {**made, RECEIPT_KEYS: receipt_keys()}


def files_of(version: str) -> Mapping[str, bytes]:
    """What lies there of one version, which need not be in force yet, or any more."""
    return _files(rules_folder() / "interchange", version, season_in_force().months[0])


def other_versions() -> list[Interchange]:
    """The versions beside the one in force, the latest first: institutions and vendors get ready for the next."""
    known = rulebook.current().interchanges
    own = season_in_force().season.interchange
    return [known[version] for version in sorted(known, reverse=True) if version != own]


def receipt_keys() -> bytes:
    """The published keys of receipts, the one in use first: what ``careward receipt verify`` reads."""
    keys = [
        {
            "id": key.key,
            "algorithm": signing.ALGORITHM,
            "public_key": key.public,
            "pem": key.pem,
            "first_used_at": key.first_used_at.isoformat() if key.first_used_at else None,
            "in_use": key.in_use,
        }
        for key in ReceiptKey.objects.published()
    ]
    document = {"schema": "careward-receipt-keys/1", "keys": keys}
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


@cache
def _files(versions: Path, version: str, period: RocMonth) -> Mapping[str, bytes]:
    folder = versions / version
    spec = rulebook.current().interchange(version)
    made = {
        f"{version}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*.yaml"))
    }
    for dataset in spec.datasets.values():
        for form in get_args(Form):
            name = sample_name(dataset, period, form=form)
            made[f"{version}/samples/{name}"] = sample(spec, dataset, period, form=form)
        name = sample_name(dataset, period, faulty=True)
        made[f"{version}/samples/{name}"] = sample(spec, dataset, period, faulty=True)
    required = rulebook.current().season_at(clock.now(), county=rulebook.NATIONWIDE).datasets.required.value
    for kind in ("ods", "xlsx"):
        made[f"{version}/interchange-{version}.{kind}"] = write_book(kind, catalogue.book(spec, required))
    made[f"{version}/interchange-{version}.pdf"] = catalogue.paper(spec, required)
    return made
