"""The whole rulebook: every file below rules/, read part by part or together, refused together."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

from careward.kernel.texts import text
from careward.rulebook import moving
from careward.rulebook.consistency import refuse_contradictions
from careward.rulebook.errors import Problem, RulebookBroken
from careward.rulebook.interchange import Interchange
from careward.rulebook.laws import Laws
from careward.rulebook.notice import Notice
from careward.rulebook.places import County, InstitutionType, InstitutionTypes, Named
from careward.rulebook.policies import Policies
from careward.rulebook.programme import Programme
from careward.rulebook.reading import Desk
from careward.rulebook.retention import Retention
from careward.rulebook.roles import PositionFacts, RoleFacts
from careward.rulebook.season import Season
from careward.rulebook.shelf import Shelf
from careward.rulebook.values import pick
from careward.rulebook.wording import Wording

ENVIRONMENT: Final = "CAREWARD_RULES"


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Frozen tables of everything in rules/; each line knows its `.source`. Look-ups raise UnknownCode.

    A part of `shelf` that was not read yet is read when it is asked for, and raises RulebookBroken where it is broken.

    `written_seasons` are the files; whoever decides or shows something asks :meth:`season`, which knows of moved
    moments and therefore wants to know the county.
    """

    shelf: Shelf
    moves: moving.Source = moving.none

    @property
    def written_seasons(self) -> Mapping[str, Season]:
        """The files, by ROC year."""
        return self.shelf.seasons

    @property
    def programmes(self) -> Mapping[str, Programme]:
        """Reward programmes by id."""
        return self.shelf.programmes

    @property
    def counties(self) -> Mapping[str, County]:
        """Counties by their five-digit code."""
        return self.shelf.counties.counties

    @property
    def types(self) -> InstitutionTypes:
        """Institution types, ownerships and the units in charge."""
        return self.shelf.types

    @property
    def wordings(self) -> Mapping[str, Wording]:
        """Wordings of documents by id."""
        return self.shelf.wordings

    @property
    def notices(self) -> Mapping[str, Notice]:
        """Versions of the personal-data notice by id."""
        return self.shelf.notices

    @property
    def policies(self) -> Policies:
        """Limits and times."""
        return self.shelf.policies

    @property
    def roles(self) -> Mapping[str, RoleFacts]:
        """What roles may do, by id."""
        return self.shelf.roles.roles

    @property
    def positions(self) -> Mapping[str, PositionFacts]:
        """What people of institutions and companies may do, by id."""
        return self.shelf.roles.positions

    @property
    def interchanges(self) -> Mapping[str, Interchange]:
        """Versions of the interchange specification."""
        return self.shelf.interchanges

    @property
    def laws(self) -> Laws:
        """The laws that rules name."""
        return self.shelf.laws

    @property
    def retention(self) -> Retention:
        """How long files are kept."""
        return self.shelf.retention

    @property
    def institution_types(self) -> Mapping[str, InstitutionType]:
        """The types by id, in the file's order."""
        return self.types.institution_types

    @property
    def ownerships(self) -> Mapping[str, Named]:
        """公立, 私立, 公設民營 by id."""
        return self.types.ownerships

    def season(self, code: str, *, county: str) -> Season:
        """Return the season of a ROC year, ``115``, as it is in a county.

        ``county`` is a five-digit code, :data:`~careward.rulebook.moving.NATIONWIDE` for what concerns no county, or
        :data:`~careward.rulebook.moving.ANYWHERE` while the county is unknown.
        """
        return self.season_with(code, self.moves(), county=county)

    def as_written(self, code: str) -> Season:
        """Return a season without any move: for whoever moves its moments, nobody else."""
        return pick(self.written_seasons, "season", code)

    def season_with(self, code: str, moves: Sequence[moving.Move], *, county: str) -> Season:
        """Return a season as it would be in a county with other moves than those in force."""
        return moving.moved(self.as_written(code), moves, county)

    def season_at(self, now: datetime, *, county: str) -> Season:
        """Choose the season served at `now`: the latest that has opened, else the first to come.

        One whose moments are not all confirmed is served only when there is no other.
        """
        moves = self.moves()
        return _served([moving.moved(season, moves, county) for season in self.written_seasons.values()], now)

    def seasons_called(self, codes: Iterable[str], *, county: str) -> list[Season]:
        """Return the seasons of these ROC years that there is a file of, by year, as they are in a county."""
        moves, known = self.moves(), self.written_seasons.keys() & set(codes)
        return [self.season_with(code, moves, county=county) for code in sorted(known)]

    def windows_at(self, now: datetime) -> Mapping[str, str]:
        """Return the telephone of each institution type's contact window (S0 註), in the rulebook's order.

        The database is not asked: a moment that was moved moves no telephone.
        """
        season = _served(self.written_seasons.values(), now)
        return {id_: season.contact_window(id_).phone for id_ in self.institution_types}

    def programme_of(self, season: Season) -> Programme:
        """Return the programme a season belongs to."""
        return pick(self.programmes, "programme", season.season.programme)

    def programme(self, id: str) -> Programme:  # noqa: A002
        """Return a reward programme."""
        return pick(self.programmes, "programme", id)

    def county(self, code: str) -> County:
        """Return a county by its five-digit code."""
        return pick(self.counties, "county", code)

    def institution_type(self, id: str) -> InstitutionType:  # noqa: A002 – the word the rules use
        """Return an institution type."""
        return pick(self.institution_types, "institution type", id)

    def ownership(self, id: str) -> Named:  # noqa: A002
        """Return an ownership."""
        return pick(self.ownerships, "ownership", id)

    def role(self, id: str) -> RoleFacts:  # noqa: A002
        """Return what a role may do."""
        return pick(self.roles, "role", id)

    def position(self, id: str) -> PositionFacts:  # noqa: A002
        """Return what somebody at an institution or a company may do."""
        return pick(self.positions, "position", id)

    def local_unit(self, institution_type: str, county: str = "") -> Named:
        """Return 社會局處 or 衛生局: who is in charge of a type, in a county that has its own rule for it too."""
        unit = self.institution_type(institution_type).local_unit
        own = self.counties[county].local_units.get(institution_type) if county in self.counties else None
        return pick(self.types.local_units, "local unit", own.value if own else unit)

    def central_unit(self, institution_type: str) -> Named:
        """Return the ministry's unit in charge of a type."""
        return pick(
            self.types.central_units, "central unit", self.institution_type(institution_type).central_unit
        )

    def wording(self, id: str) -> Wording:  # noqa: A002
        """Return the wording of a document."""
        return pick(self.wordings, "wording", id)

    def notice(self, id: str) -> Notice:  # noqa: A002
        """Return a version of a personal-data notice."""
        return pick(self.notices, "notice", id)

    def interchange(self, version: str) -> Interchange:
        """Return a version of the interchange specification."""
        return pick(self.interchanges, "interchange", version)


def _served(seasons: Iterable[Season], now: datetime) -> Season:
    """The latest season that has opened, else the first to come; one not confirmed only when there is no other."""
    known = list(seasons)
    confirmed = [season for season in known if season.confirmed] or known
    by_opening = sorted(confirmed, key=lambda season: season.moment("applications_open").at)
    opened = [season for season in by_opening if season.reached("applications_open", now)]
    return opened[-1] if opened else by_opening[0]


def load(folder: Path) -> Rulebook:
    """Read all of `folder`; raises RulebookBroken with every problem found.

    Contradictions between files are looked for once every file can be read by itself.
    """
    shelf = Shelf(folder.resolve())
    _refuse_broken(shelf)
    return Rulebook(shelf)


def _refuse_broken(shelf: Shelf) -> None:
    desk = Desk(shelf.folder)
    if not shelf.folder.is_dir():
        raise RulebookBroken([Problem(str(shelf.folder), "", text("rulebook:syntax.no_folder"))])
    shelf.read_all(desk)
    desk.refuse()
    refuse_contradictions(desk, shelf)
    desk.refuse()


def rules_folder() -> Path:
    """Find the rules: CAREWARD_RULES, else rules/ of the checkout this package runs from, else ./rules."""
    told = os.environ.get(ENVIRONMENT)
    if told:
        return Path(told)
    beside = Path(__file__).resolve().parents[3] / "rules"
    return beside if beside.is_dir() else Path.cwd() / "rules"


@cache
def current() -> Rulebook:
    """Return the rulebook of this process, each part read once when it is asked for, with the moves in force.

    A part that is broken by itself raises RulebookBroken there. Whoever begins to serve asks :func:`whole` first, which
    finds contradictions too. ``current.cache_clear()`` makes the next call read anew.
    """
    return Rulebook(Shelf(rules_folder().resolve()), moving.in_force)


def whole() -> Rulebook:
    """Return the rulebook of this process, all of it read; raises RulebookBroken with every problem found."""
    book = current()
    _refuse_broken(book.shelf)
    return book
