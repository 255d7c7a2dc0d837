"""A part of the rulebook is read when it is asked for; whoever serves reads all of it before it begins."""

import os
import subprocess
import sys

import pytest
from tests.rulebook.conftest import Workshop

from careward import rulebook
from careward.rulebook import Rulebook, RulebookBroken
from careward.rulebook.shelf import Shelf

SEASON = "seasons/115.yaml"


def test_a_part_is_read_though_another_is_broken(workshop: Workshop) -> None:
    (workshop.folder / SEASON).write_text("[", encoding="utf-8")
    book = Rulebook(Shelf(workshop.folder))
    assert book.policies == rulebook.current().policies
    assert book.interchange("1.0").datasets.keys() == rulebook.current().interchange("1.0").datasets.keys()


def test_a_broken_part_is_refused_when_it_is_asked_for(workshop: Workshop) -> None:
    (workshop.folder / SEASON).write_text("[", encoding="utf-8")
    with pytest.raises(RulebookBroken, match=SEASON):
        _ = Rulebook(Shelf(workshop.folder)).written_seasons


def test_a_part_is_read_once(workshop: Workshop) -> None:
    book = Rulebook(Shelf(workshop.folder))
    assert book.interchange("1.0") is book.interchange("1.0")


def test_whoever_serves_reads_all_and_refuses_what_contradicts_itself(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.edit(SEASON, "programme: care-quality", "programme: unheard-of")
    monkeypatch.setenv("CAREWARD_RULES", str(workshop.folder))
    rulebook.current.cache_clear()
    try:
        with pytest.raises(RulebookBroken, match="unheard-of"):
            rulebook.whole()
    finally:
        rulebook.current.cache_clear()


@pytest.mark.parametrize("part", ["up", "web", "sftp", "worker"])
def test_no_part_of_the_platform_starts_with_a_broken_rulebook(workshop: Workshop, part: str) -> None:
    workshop.edit(SEASON, "programme: care-quality", "programme: unheard-of")
    done = subprocess.run(
        [sys.executable, "-m", "careward", part],
        env={**os.environ, "CAREWARD_RULES": str(workshop.folder), "CAREWARD_MODE": "demo"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"rules/{SEASON}: season.programme: ")
    assert "Traceback" not in done.stderr
