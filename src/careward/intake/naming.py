"""Which dataset and month a file is for, told by its name."""

import re
from dataclasses import dataclass
from typing import Final

from careward.intake.unreadable import Fault, Unreadable
from careward.kernel.roc import NotAMonth, RocMonth
from careward.kernel.text import nfkc
from careward.kernel.texts import text
from careward.rulebook.interchange import Dataset, Interchange

_NAME: Final = re.compile(r"(?P<dataset>[a-z][a-z0-9_]*)(?:-(?P<period>[^-]*).*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FileName:
    """What a file's name says it is."""

    dataset: Dataset
    period: RocMonth


def recognise(name: str, *, spec: Interchange) -> FileName:
    """Read ``staff-11501-anything.csv``; case and folders before it do not matter.

    Raises :class:`Unreadable` with name_without_dataset, dataset_unknown or name_without_period.
    """
    base = nfkc(name).replace("\\", "/").rsplit("/", 1)[-1]
    stem, _, extension = base.casefold().rpartition(".")
    known = text("intake:findings.separator").join(spec.datasets)
    found = _NAME.fullmatch(stem.strip())
    if found is None or extension not in spec.head.naming.extensions:
        raise Unreadable(Fault("name_without_dataset", base, {"columns": known}))
    if found["dataset"] not in spec.datasets:
        raise Unreadable(Fault("dataset_unknown", found["dataset"], {"columns": known}))
    try:
        period = RocMonth.parse(found["period"] or "")
    except NotAMonth as error:
        raise Unreadable(Fault("name_without_period", found["period"] or stem)) from error
    return FileName(spec.dataset(found["dataset"]), period)
