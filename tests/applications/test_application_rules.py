"""References, file names, what is missing."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careward import rulebook
from careward.applications import rules
from careward.kernel.clock import taipei

SEASON = rulebook.current().written_seasons["115"]


def test_a_reference_names_the_season_and_uses_no_look_alikes() -> None:
    for _ in range(200):
        season, drawn, check = rules.new_reference("115").split("-")
        assert season == "115"
        assert len(drawn) == 4
        assert len(check) == 1
        assert not set(drawn + check) & set("01ILOQSZGBUVN")


@given(at=st.integers(0, 3), sign=st.sampled_from(rules.ALPHABET))
def test_one_sign_heard_wrong_is_noticed(at: int, sign: str) -> None:
    season, drawn, check = rules.new_reference("115").split("-")
    wrong = drawn[:at] + sign + drawn[at + 1 :]
    assert rules.is_reference(f"{season}-{wrong}-{check}") is (wrong == drawn)


@given(at=st.integers(0, 2))
def test_two_neighbours_swapped_are_noticed(at: int) -> None:
    season, drawn, check = rules.new_reference("115").split("-")
    wrong = drawn[:at] + drawn[at + 1] + drawn[at] + drawn[at + 2 :]
    assert rules.is_reference(f"{season}-{wrong}-{check}") is (wrong == drawn)


@given(written=st.text(max_size=12))
def test_whatever_is_typed_as_a_reference_is_an_answer_not_an_error(written: str) -> None:
    assert rules.is_reference(written) in {True, False}


@given(given_name=st.text(max_size=300), media_type=st.sampled_from(list(rules.EXTENSIONS)))
def test_a_cleaned_name_is_one_short_visible_line_that_ends_as_its_content(
    given_name: str, media_type: str
) -> None:
    name = rules.clean_name(given_name, media_type)
    assert name.endswith(rules.EXTENSIONS[media_type])
    assert 1 <= len(name) <= 104
    assert not any(unicodedata.category(sign) in {"Cc", "Cf", "Cs"} for sign in name)
    assert not set(name) & set('/\\":*?<>|;')
    assert not name.startswith(".")


@pytest.mark.parametrize(
    ("given_name", "cleaned"),
    [
        ("承諾書.pdf", "承諾書.pdf"),
        ("C:\\Users\\a\\掃描 001.PDF", "掃描 001.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("scan.exe", "scan.exe.pdf"),
        ("承諾\u202efdp.exe", "承諾fdp.exe.pdf"),
        ("a\r\nContent-Type: text/html\r\n.pdf", "aContent-Type_ text/html.pdf".rpartition("/")[2]),
        ("", "document.pdf"),
        (" . ", "document.pdf"),
    ],
)
def test_names_that_mean_mischief_become_harmless(given_name: str, cleaned: str) -> None:
    assert rules.clean_name(given_name, "application/pdf") == cleaned


def test_a_single_address_is_shown_without_its_prefix_length() -> None:
    assert rules.shown_source("168.95.1.1/32") == "168.95.1.1"
    assert rules.shown_source("2001:b000::1/128") == "2001:b000::1"
    assert rules.shown_source("168.95.1.0/28") == "168.95.1.0/28"


def test_a_moment_is_said_in_roc_years_and_exactly_when_asked() -> None:
    at = taipei(2025, 12, 8, 17).replace(microsecond=1999)
    assert rules.say(at) == "114 年 12 月 8 日（一）17:00"
    assert rules.say(at, exact=True) == "114 年 12 月 8 日（一）17:00:00.001"


def test_the_nursing_home_mode_has_no_addresses_page() -> None:
    assert "sources" not in [section.id for section in rules.sections(SEASON.mode("nursing_home_system"))]
    assert "sources" in [section.id for section in rules.sections(SEASON.mode("own"))]


def test_missing_documents_keep_the_order_they_are_asked_for_in() -> None:
    needed = SEASON.documents_for("rented")
    assert [kind.id for kind in rules.missing(needed, [])] == ["mandate", "vendor_commitment"]
    assert [kind.id for kind in rules.missing(needed, ["mandate"])] == ["vendor_commitment"]
    assert rules.missing(needed, ["vendor_commitment", "mandate"]) == ()
