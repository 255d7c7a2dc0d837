"""The shipped rulebook holds, and says what the ministry's papers and domain.md §2 and §5 say."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from careward.kernel.clock import taipei
from careward.rulebook import NATIONWIDE, Rulebook, UnknownCode, current, moving
from careward.rulebook.check import check
from careward.rulebook.reading import read_yaml

RULES = Path(__file__).resolve().parents[2] / "rules"
OWN_FILES = sorted(path for path in RULES.rglob("*.yaml") if not {"interchange", "cases"} & set(path.parts))


@pytest.fixture
def book() -> Rulebook:
    return replace(current(), moves=moving.none)


def test_the_shipped_rules_have_no_problem() -> None:
    assert check(RULES) == []


@pytest.mark.parametrize(
    ("code", "at", "day", "clock"),
    [
        ("applications_open", taipei(2025, 11, 17, 9), (11, 17), "09:00"),
        ("institution_window_closes", taipei(2025, 12, 8, 17), (12, 8), "17:00"),
        ("supplement_default_due", taipei(2025, 12, 11, 17), (12, 11), "17:00"),
        ("supplement_latest_due", taipei(2025, 12, 12, 17), (12, 12), "17:00"),
        ("review_closes", taipei(2025, 12, 12, 17), (12, 12), "17:00"),
        ("provisioning_due", taipei(2025, 12, 20), (12, 19), "24:00"),
        ("upload_opens", taipei(2025, 12, 22), (12, 22), "00:00"),
        ("old_accounts_close", taipei(2026, 2, 1), (1, 31), "24:00"),
        ("test_access_ends", taipei(2026, 5, 1), (4, 30), "24:00"),
    ],
)
def test_every_moment_of_115_is_the_published_or_decided_one(
    book: Rulebook, code: str, at: datetime, day: tuple[int, int], clock: str
) -> None:
    moment = book.written_seasons["115"].moment(code)
    assert moment.at == at
    assert moment.at.utcoffset() == at.utcoffset()
    assert (moment.day.month, moment.day.day) == day
    assert moment.clock == clock
    assert moment.whole_day is (clock in {"24:00", "00:00"})


@pytest.mark.parametrize(
    ("mode", "label", "documents"),
    [
        ("own", "自行建置系統", ["機構介接承諾書"]),
        ("rented", "租用資訊系統", ["委託書", "廠商介接承諾書"]),
        ("nursing_home_system", "由護理之家照護管理系統介接", ["介接意向書"]),
    ],
)
def test_each_mode_asks_for_its_documents_in_order(
    book: Rulebook, mode: str, label: str, documents: list[str]
) -> None:
    season = book.written_seasons["115"]
    assert season.mode(mode).label == label
    assert [document.label for document in season.documents_for(mode)] == documents
    assert [
        book.wording(document.wording).wording.title for document in season.documents_for(mode)
    ] == documents


def test_the_nursing_home_mode_is_for_nursing_homes_and_asks_for_no_address(book: Rulebook) -> None:
    season = book.written_seasons["115"]
    mode = season.mode("nursing_home_system")
    assert set(mode.institution_types.value) == {"general_nursing", "psychiatric_nursing"}
    assert mode.asks_source_addresses.value is False
    assert [m.id for m in season.modes_for("elderly")] == ["own", "rented"]
    assert [m.id for m in season.modes_for("general_nursing")] == ["own", "rented", "nursing_home_system"]
    assert all(season.mode(id_).asks_source_addresses.value for id_ in ("own", "rented"))


def test_new_applicants_are_checked_by_id_and_continuing_ones_by_name(book: Rulebook) -> None:
    season = book.written_seasons["115"]
    assert (season.kind("new").label, season.kind("new").identity_check) == ("新加入", "national_id")
    assert (season.kind("continuing").label, season.kind("continuing").identity_check) == ("延續", "name")
    new = {item.id for item in season.checklist_for("own", "new")}
    continuing = {item.id for item in season.checklist_for("own", "continuing")}
    assert new - continuing == {"person_id_matches"}
    assert continuing - new == {"person_name_matches"}


@pytest.mark.parametrize(
    ("mode", "own_items"),
    [
        ("own", {"institution_commitment_ok", "addresses_plausible"}),
        ("rented", {"mandate_ok", "vendor_commitment_ok", "addresses_plausible"}),
        ("nursing_home_system", {"intent_ok", "nursing_home_only"}),
    ],
)
def test_the_checklist_covers_what_the_review_demands(book: Rulebook, mode: str, own_items: set[str]) -> None:
    always = {"eligible_type", "licensed", "intends_indicator", "form_complete", "person_id_matches"}
    items = book.written_seasons["115"].checklist_for(mode, "new")
    assert {item.id for item in items} == always | own_items
    assert all(item.text and item.look_at and item.where and item.source for item in items)


def test_no_document_of_a_continuing_institution_asks_for_the_id(book: Rulebook) -> None:
    rows = [row for wording in book.wordings.values() for row in wording.rows_for("continuing")]
    assert "person_id" not in {row.field for row in rows}
    assert "person_id" in {row.field for row in book.wording("institution-commitment").rows_for("new")}


@pytest.mark.parametrize("name", ["institution-commitment", "mandate", "vendor-commitment", "intent"])
def test_wordings_are_marked_as_our_own_and_leave_room_for_both_seals(book: Rulebook, name: str) -> None:
    wording = book.wording(name)
    assert wording.wording.notice == "非本部公告範本"
    assert {"大章", "小章"} <= {seal.label[-2:] for seal in wording.seals}
    values = dict.fromkeys(["institution_name", "season", "vendor_name"], "安康")
    assert "安康" in wording.filled(values)[0]
    assert not any("{" in paragraph for paragraph in wording.filled(values))


def test_contact_windows_are_the_published_numbers(book: Rulebook) -> None:
    season = book.written_seasons["115"]
    assert {id_: season.contact_window(id_).phone for id_ in book.institution_types} == {
        "elderly": "02-89791196#216",
        "disability": "02-26531016",
        "residential_ltc": "02-85906272",
        "psychiatric_nursing": "02-85907695",
        "general_nursing": "02-85907137",
    }


def test_the_22_counties_have_their_codes_in_order(book: Rulebook) -> None:
    expected = """
        臺北市 63000 · 新北市 65000 · 桃園市 68000 · 臺中市 66000 · 臺南市 67000 · 高雄市 64000 ·
        宜蘭縣 10002 · 新竹縣 10004 · 苗栗縣 10005 · 彰化縣 10007 · 南投縣 10008 · 雲林縣 10009 ·
        嘉義縣 10010 · 屏東縣 10013 · 臺東縣 10014 · 花蓮縣 10015 · 澎湖縣 10016 · 基隆市 10017 ·
        新竹市 10018 · 嘉義市 10020 · 連江縣 09007 · 金門縣 09020
    """
    told = " · ".join(f"{county.name} {county.code}" for county in book.counties.values())
    assert told == " ".join(expected.split())
    assert len(book.counties) == 22
    assert book.county("09007").name == "連江縣"


@pytest.mark.parametrize(
    ("type_", "label", "family", "local", "central"),
    [
        ("elderly", "老人福利機構", "graded", "社會局處", "社會及家庭署"),
        ("disability", "身心障礙住宿機構", "graded", "社會局處", "社會及家庭署"),
        ("general_nursing", "一般護理之家", "pass_fail", "衛生局", "照護司"),
        ("psychiatric_nursing", "精神護理之家", "pass_fail", "衛生局", "心理健康司"),
        ("residential_ltc", "住宿式長照機構", "pass_fail", "衛生局", "長期照顧司"),
    ],
)
def test_each_type_has_its_units_and_grades(
    book: Rulebook, type_: str, label: str, family: str, local: str, central: str
) -> None:
    kind = book.institution_type(type_)
    assert (kind.label, kind.grade_family) == (label, family)
    assert book.local_unit(type_).label == local
    assert book.central_unit(type_).label == central


def test_grades_pass_from_second_class_upwards(book: Rulebook) -> None:
    families = book.types.grade_families
    assert families["graded"].grades == ("優", "甲", "乙", "丙", "丁")
    assert families["graded"].passing == ("優", "甲", "乙")
    assert families["pass_fail"].passing == ("合格",)


def test_nursing_home_codes_are_ten_digits_and_others_opaque(book: Rulebook) -> None:
    assert book.institution_type("general_nursing").accepts_code("1234567890")
    assert not book.institution_type("general_nursing").accepts_code("123456789")
    assert not book.institution_type("psychiatric_nursing").accepts_code("12345678901")
    assert book.institution_type("elderly").accepts_code("府社老字第123號")
    assert not book.institution_type("elderly").accepts_code("A 12")


def test_the_season_belongs_to_its_programme_and_specification(book: Rulebook) -> None:
    season = book.written_seasons["115"]
    programme = book.programme_of(season)
    assert programme.programme.label == "住宿機構照顧品質獎勵計畫"
    assert (programme.programme.first_year, programme.programme.last_year) == ("113", "116")
    assert set(programme.institution_types.value) == set(book.institution_types)
    assert season.season.indicator in programme.indicators
    assert set(season.datasets.required.value) == {"institution_month", "staff"}
    assert book.interchange(season.season.interchange) is book.interchanges["1.0"]


def test_ownerships_of_the_reward_rates_are_known(book: Rulebook) -> None:
    assert [ownership.label for ownership in book.ownerships.values()] == ["公立", "私立", "公設民營"]
    assert book.ownership("public_built_private_run").label == "公設民營"


def test_a_delivery_may_be_as_large_as_the_specification_says_and_lock_out_is_five_in_fifteen_minutes(
    book: Rulebook,
) -> None:
    policies = book.policies
    assert policies.delivery.max_bytes.value == book.interchange("1.0").limits.file_bytes.value
    assert 8 * policies.delivery.max_bytes.value <= policies.gateway.bytes_per_account_and_day.value
    assert (policies.sign_in.failures_before_lock.value, policies.sign_in.lock.total_seconds()) == (5, 900)
    assert policies.sign_in.idle.total_seconds() == 1800
    assert policies.links.opened.total_seconds() == 1800
    assert policies.links.lock.total_seconds() == 900
    assert book.written_seasons["115"].limits.upload_bytes.value == 10 * 1024 * 1024


@pytest.mark.parametrize("look_up", ["county", "institution_type", "ownership", "wording", "interchange"])
def test_an_unknown_code_is_told_with_its_table(book: Rulebook, look_up: str) -> None:
    with pytest.raises(UnknownCode, match="'nowhere'"):
        getattr(book, look_up)("nowhere")


def test_an_unknown_season_is_told_with_its_table(book: Rulebook) -> None:
    with pytest.raises(UnknownCode, match="'nowhere'"):
        book.season("nowhere", county=NATIONWIDE)


@pytest.mark.parametrize("look_up", ["moment", "mode", "kind", "document", "contact_window"])
def test_an_unknown_code_of_a_season_is_told_with_its_table(book: Rulebook, look_up: str) -> None:
    with pytest.raises(UnknownCode, match="'nowhere'"):
        getattr(book.written_seasons["115"], look_up)("nowhere")


def leaves_without_source(node: object, place: str = "", *, covered: bool = False) -> Iterator[str]:
    """Places of values for which no enclosing entry names a source; the file itself is not an entry."""
    if isinstance(node, dict):
        inside = covered or (bool(place) and "source" in node)
        for key, value in node.items():
            yield from leaves_without_source(value, f"{place}.{key}", covered=inside)
    elif isinstance(node, tuple):
        for number, value in enumerate(node):
            yield from leaves_without_source(value, f"{place}.{number}", covered=covered)
    elif not covered:
        yield place


@pytest.mark.parametrize("path", OWN_FILES, ids=lambda path: path.relative_to(RULES).as_posix())
def test_every_value_in_the_rules_has_a_source(path: Path) -> None:
    assert list(leaves_without_source(read_yaml(path.read_bytes()))) == []


def test_a_value_without_source_would_be_found() -> None:
    document = read_yaml(
        b"source: decided\na: {x: 1}\nb: {y: [2, {z: 3, source: decided}], w: 4}\nc: {v: 5, source: decided}"
    )
    assert list(leaves_without_source(document)) == [".source", ".a.x", ".b.y.0", ".b.w"]
