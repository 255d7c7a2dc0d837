"""A file's name: how it is kept, and which dataset and month it says the file is for."""

import re
from dataclasses import dataclass
from typing import Final
from unicodedata import normalize

from careward.checking.unreadable import Fault, Unreadable
from careward.kernel.identifiers import mask_id
from careward.kernel.roc import NotAMonth, RocMonth
from careward.kernel.text import nfkc, seen
from careward.kernel.texts import text
from careward.rulebook.interchange import Dataset, Interchange

_NAME: Final = re.compile(r"(?P<dataset>[a-z][a-z0-9_]*)(?:-(?P<period>[^-]*).*)?", re.DOTALL)
_LIKE_AN_ID: Final = re.compile(r"(?<![0-9A-Za-z])[A-Za-z][A-Da-d1289][0-9]{8}(?![0-9])")
_LONGEST_NAME: Final = 255


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
    known = text("checking:findings.separator").join(spec.datasets)
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


def clean_name(name: str) -> str:
    """A file's own name as it is kept and shown: NFC, without folders and unseen signs, IDs in it masked.

    The same name always gives the same result, so that a file may be looked up by it.
    """
    base = normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    return _LIKE_AN_ID.sub(lambda found: mask_id(found[0]), seen(base).strip())[:_LONGEST_NAME]
