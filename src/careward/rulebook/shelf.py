"""The files below rules/, each part read when it is first asked for and then kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from careward.rulebook.errors import RulebookBroken
from careward.rulebook.interchange import Interchange, load_interchange
from careward.rulebook.laws import Laws
from careward.rulebook.notice import Notice
from careward.rulebook.places import Counties, InstitutionTypes
from careward.rulebook.policies import Policies
from careward.rulebook.programme import Programme
from careward.rulebook.reading import Desk, Model
from careward.rulebook.retention import Retention
from careward.rulebook.roles import Roles
from careward.rulebook.season import Season
from careward.rulebook.wording import Wording


@dataclass(frozen=True)
class Shelf:
    """All parts of a rules folder. Each raises RulebookBroken with every problem of its files alone.

    What contradicts what is known only when all of them are read (:mod:`careward.rulebook.consistency`).
    """

    folder: Path

    @cached_property
    def seasons(self) -> Mapping[str, Season]:
        """By ROC year."""
        return self._each("seasons", Season)

    @cached_property
    def programmes(self) -> Mapping[str, Programme]:
        """By file name."""
        return self._each("programmes", Programme)

    @cached_property
    def wordings(self) -> Mapping[str, Wording]:
        """Of documents, by file name."""
        return self._each("documents", Wording)

    @cached_property
    def notices(self) -> Mapping[str, Notice]:
        """Versions of the personal-data notice, by file name."""
        return self._each("notices", Notice)

    @cached_property
    def interchanges(self) -> Mapping[str, Interchange]:
        """Versions of the interchange specification, by number."""
        desk = Desk(self.folder)
        found: dict[str, Interchange] = {}
        for version in sorted(path for path in (self.folder / "interchange").glob("*") if path.is_dir()):
            with desk.gathering():
                found[version.name] = load_interchange(version)
        desk.refuse()
        return found

    @cached_property
    def counties(self) -> Counties:
        """counties.yaml."""
        return self._one("counties", Counties)

    @cached_property
    def types(self) -> InstitutionTypes:
        """institution-types.yaml."""
        return self._one("institution-types", InstitutionTypes)

    @cached_property
    def policies(self) -> Policies:
        """policies.yaml."""
        return self._one("policies", Policies)

    @cached_property
    def roles(self) -> Roles:
        """roles.yaml."""
        return self._one("roles", Roles)

    @cached_property
    def laws(self) -> Laws:
        """laws.yaml."""
        return self._one("laws", Laws)

    @cached_property
    def retention(self) -> Retention:
        """retention.yaml."""
        return self._one("retention", Retention)

    def read_all(self, desk: Desk) -> None:
        """Read every part; what is wrong with its files is noted on the desk."""
        for name, part in vars(Shelf).items():
            if isinstance(part, cached_property):
                with desk.gathering():
                    getattr(self, name)

    def _one(self, name: str, model: type[Model]) -> Model:
        desk = Desk(self.folder)
        made = desk.typed(self.folder / f"{name}.yaml", model)
        if made is None:
            raise RulebookBroken(desk.problems)
        return made

    def _each(self, name: str, model: type[Model]) -> dict[str, Model]:
        """Every file of a folder by its stem; a folder without a file is a problem."""
        desk = Desk(self.folder)
        paths = sorted((self.folder / name).glob("*.yaml"))
        if not paths:
            desk.complain(self.folder / name, "", "folder_empty")
        read = {path.stem: desk.typed(path, model) for path in paths}
        desk.refuse()
        return {stem: made for stem, made in read.items() if made is not None}
