"""Reads one version of the interchange specification from its folder, whole or not at all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from careward.rulebook.errors import RulebookBroken
from careward.rulebook.interchange_consistency import Page
from careward.rulebook.interchange_derived import Maker
from careward.rulebook.interchange_types import (
    Check,
    ChecksFile,
    Code,
    CodeList,
    CommonFile,
    Dataset,
    DatasetFile,
    DerivedFile,
    Field,
    Head,
    Interchange,
    ListedCheck,
    Sample,
    SampleNames,
)
from careward.rulebook.reading import Desk, Model

__all__ = ["Check", "Code", "CodeList", "Dataset", "Field", "Interchange", "Sample", "load_interchange"]

_OF_THE_FILE = "file"
"""The name of checks/file.yaml, so no dataset may be called so."""


def load_interchange(folder: Path) -> Interchange:
    """Read ``rules/interchange/<version>``.

    Raises RulebookBroken with every problem: what a file may not say, what contradicts what, a wording
    with an unknown placeholder, a check without samples, a way of being unreadable that no check tells of.
    """
    folder = folder.resolve()
    desk = Desk(folder.parents[1])
    made = _Folder(folder, desk).read()
    if made is None or desk.problems:
        raise RulebookBroken(desk.problems)
    return made


@dataclass(frozen=True)
class _Folder:
    folder: Path
    desk: Desk

    def read(self) -> Interchange | None:
        head = self.desk.typed(self.folder / "interchange.yaml", Head)
        derived = self.desk.typed(self.folder / "checks" / "derived.yaml", DerivedFile)
        names = self.desk.typed(self.folder / "samples.yaml", SampleNames)
        of_the_file = self.desk.typed(self.folder / "checks" / f"{_OF_THE_FILE}.yaml", ChecksFile)
        lists = self._each("codes", CodeList)
        common = self._common()
        own = self._each("datasets", DatasetFile)
        if self.desk.problems or not (head and derived and names and of_the_file and common):
            return None
        page = Page(self.desk, self.folder, lists, derived)
        page.head(head)
        page.lists()
        page.common(common, own)
        if self.desk.problems:
            return None
        files = {stem: _with_common(file, common) for stem, file in own.items()}
        listed = {stem: {**_shared(common, file), **self._listed(stem)} for stem, file in files.items()}
        for stem, file in files.items():
            page.dataset(stem, file, listed[stem])
            page.limits(stem, file.limits, head.limits)
            page.across(stem, listed[stem], files)
        if head.resident_days:
            page.resident_days(head.resident_days, files)
        page.file_checks(of_the_file.checks, _OF_THE_FILE in files)
        if self.desk.problems:
            return None
        datasets = {stem: _dataset(file, listed[stem], lists, derived) for stem, file in files.items()}
        file_checks = tuple(_file_check(line, head) for line in of_the_file.checks.values())
        made = Interchange(
            head=head, code_lists=lists, datasets=datasets, file_checks=file_checks, sample_names=names
        )
        page.words(made)
        return made

    def _common(self) -> CommonFile | None:
        path = self.folder / "common.yaml"
        return self.desk.typed(path, CommonFile) if path.exists() else CommonFile(fields={}, checks={})

    def _each(self, name: str, model: type[Model]) -> dict[str, Model]:
        read = {
            path.stem: self.desk.typed(path, model) for path in sorted((self.folder / name).glob("*.yaml"))
        }
        return {stem: made for stem, made in read.items() if made is not None}

    def _listed(self, stem: str) -> Mapping[str, ListedCheck]:
        path = self.folder / "checks" / f"{stem}.yaml"
        read = self.desk.typed(path, ChecksFile) if path.exists() else None
        return read.checks if read else {}


def _with_common(file: DatasetFile, common: CommonFile) -> DatasetFile:
    shared = {name: common.fields[name] for name in file.common}
    return file.model_copy(update={"fields": {**shared, **file.fields}})


def _shared(common: CommonFile, file: DatasetFile) -> Mapping[str, ListedCheck]:
    """The common checks all of whose fields the dataset has."""
    return {id_: line for id_, line in common.checks.items() if set(line.rule.named) <= set(file.fields)}


def _dataset(
    file: DatasetFile,
    listed: Mapping[str, ListedCheck],
    lists: Mapping[str, CodeList],
    derived: DerivedFile,
) -> Dataset:
    maker = Maker(file, lists, derived)
    checks: Iterable[Check] = (*maker.of_fields(), *map(maker.listed, listed.values()))
    return Dataset(
        id=file.id,
        title=file.title,
        means=file.means,
        record_key=file.record_key,
        may_be_empty=file.may_be_empty,
        limits=file.limits,
        fields=tuple(file.fields.values()),
        checks=tuple(checks),
        source=file.source,
    )


def _file_check(line: ListedCheck, head: Head) -> Check:
    return Check(
        id=f"{_OF_THE_FILE}.{line.id}",
        dataset=None,
        level=line.rule.level,
        family=line.family,
        fields=(),
        rule=line.rule,
        words=line.words,
        facts={"example": head.naming.example},
        good=line.good,
        bad=line.bad,
        source=line.source,
    )
