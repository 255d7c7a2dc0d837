"""The next season's file: valid, a year later, nothing confirmed, and shut until somebody confirms each moment."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from careward.kernel.clock import taipei
from careward.rulebook import NATIONWIDE, Phase, load
from careward.rulebook.book import rules_folder
from careward.rulebook.check import check, remarks
from careward.rulebook.drafting import NotDrafted, _shifted, draft


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(rules_folder(), tmp_path / "rules")
    return tmp_path / "rules"


def test_the_draft_is_a_valid_season_a_year_later_with_every_moment_to_be_confirmed(folder: Path) -> None:
    draft(folder, "116", "115")
    assert check(folder) == []
    book = load(folder)
    new, former = book.written_seasons["116"], book.written_seasons["115"]
    assert [moment.confirmed for moment in new.in_order] == [False] * len(former.in_order)
    assert new.moment("institution_window_closes").at == taipei(2026, 12, 8, 17)
    assert new.moment("provisioning_due").at == taipei(2026, 12, 20)
    assert [str(month) for month in new.months] == [f"116{month:02d}" for month in range(1, 13)]
    assert new.season.label == "116 年度"
    assert "115" in new.moment("old_accounts_close").label
    assert all("115 年度的依據" in moment.source for moment in new.in_order)


def test_a_drafted_season_cannot_open_and_the_check_says_so(folder: Path) -> None:
    draft(folder, "116", "115")
    book = load(folder)
    (remark,) = remarks(book)
    assert "116" in remark
    at = taipei(2026, 12, 1)
    assert book.written_seasons["116"].phase(at) is Phase.NOT_OPEN
    assert book.season_at(at, county=NATIONWIDE).code == "115"


def test_once_every_line_is_confirmed_it_opens(folder: Path) -> None:
    place = draft(folder, "116", "115")
    place.write_text(place.read_text().replace("    confirmed: false\n", ""))
    book = load(folder)
    assert remarks(book) == []
    assert book.season_at(taipei(2026, 12, 1), county=NATIONWIDE).code == "116"
    assert book.written_seasons["116"].window_open(taipei(2026, 12, 8, 17))


@pytest.mark.parametrize(("new", "former"), [("115", "114"), ("116", "112"), ("115", "115"), ("abc", "115")])
def test_nothing_is_overwritten_or_drafted_from_nothing(folder: Path, new: str, former: str) -> None:
    before = sorted(path.read_bytes() for path in (folder / "seasons").iterdir())
    with pytest.raises(NotDrafted):
        draft(folder, new, former)
    assert sorted(path.read_bytes() for path in (folder / "seasons").iterdir()) == before


def test_the_leap_day_becomes_the_28th() -> None:
    assert _shifted(date(2028, 2, 29), 1) == date(2029, 2, 28)
