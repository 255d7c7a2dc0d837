import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from careward.gateway.paths import (
    MAX_NAME_BYTES,
    PARTIAL_SUFFIXES,
    Area,
    BadPath,
    Place,
    components,
    is_partial,
    resolve,
)

BOTH = ("live", "test")
LANES = st.sampled_from([(), ("live",), ("test",), BOTH])
PIECES = st.sampled_from([b"..", b".", b"", b"inbox", b"receipts", b"test", b"spec", b"README.txt", b"etc"])
PATHS = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=80).map(lambda s: s.encode("utf-8", "surrogatepass")),
    st.lists(st.one_of(PIECES, st.binary(max_size=12)), max_size=9).map(b"/".join),
    st.lists(PIECES, max_size=9).map(lambda p: b"/" + b"/".join(p)),
)


@given(PATHS, LANES)
@example(b"/inbox/../../../../etc/passwd", BOTH)
@example(b"/inbox/a\0b", BOTH)
@example(b"/inbox/" + b"x" * 256, BOTH)
@example("/inbox/\u202efdp.exe".encode(), BOTH)
@example(b"/inbox/\xa4\xa4\xa4\xe5.csv", BOTH)  # Big5
def test_whatever_is_sent_means_one_of_the_places_or_nothing(raw: bytes, lanes: tuple[str, ...]) -> None:
    try:
        place = resolve(raw, lanes)  # type: ignore[arg-type]
    except BadPath:
        return
    assert isinstance(place, Place)
    assert place.lane is None or place.lane in lanes
    assert (place.lane is not None) == (place.area in {Area.INBOX, Area.RECEIPTS})
    assert place.area is not Area.TEST or "test" in lanes
    if place.area is not Area.SPEC:
        assert len(place.inner) <= 1
    for name in place.inner:
        assert name not in {"", ".", ".."}
        assert "/" not in name
        assert len(name.encode()) <= MAX_NAME_BYTES
        assert name == unicodedata.normalize("NFC", name)
        assert not any(unicodedata.category(c) in {"Cc", "Cf"} for c in name)


@given(st.lists(st.sampled_from(["..", ".", "", "inbox", "中文.csv", "a b"]), max_size=12))
def test_a_normalised_path_is_its_own_normal_form(pieces: list[str]) -> None:
    names = components("/".join(pieces).encode())
    assert components(("/" + "/".join(names)).encode()) == names
    assert ".." not in names


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"/etc/passwd", "not_found"),
        (b"/inbox/../../etc/passwd", "not_found"),
        (b"/inbox/x/y", "not_found"),
        (b"/README.txt/x", "not_found"),
        (b"/Inbox/a", "not_found"),
        (b"/inbox/a\0.csv", "name_bad_character"),
        (b"/inbox/a\\b.csv", "name_bad_character"),
        (b"/inbox/a\r\nb.csv", "name_bad_character"),
        (b"/inbox/ a.csv", "name_bad_character"),
        ("/inbox/a\u202ecsv.exe".encode(), "name_bad_character"),
        (b"/inbox/\xa4\xa4.csv", "name_not_utf8"),
        (b"/inbox/" + b"a" * 256, "name_too_long"),
        (("/inbox/" + "護" * 86).encode(), "name_too_long"),
        (b"/" * 5000, "name_too_long"),
    ],
)
def test_paths_that_can_not_be_say_why(raw: bytes, code: str) -> None:
    with pytest.raises(BadPath) as refusal:
        resolve(raw, BOTH)  # type: ignore[arg-type]
    assert refusal.value.code == code


def test_255_bytes_and_chinese_names_work() -> None:
    assert resolve(b"/inbox/" + b"a" * 255, ("live",)).inner == ("a" * 255,)
    assert resolve("/inbox/工作人員 115年1月.csv".encode(), ("live",)).inner == ("工作人員 115年1月.csv",)
    private_use = "/inbox/\ue001.csv"
    assert resolve(private_use.encode(), ("live",)).inner == ("\ue001.csv",)


def test_decomposed_and_composed_names_are_one() -> None:
    decomposed = "/inbox/cafe\u0301.csv".encode()
    assert resolve(decomposed, ("live",)) == resolve("/inbox/café.csv".encode(), ("live",))


def test_who_tests_sees_no_live_folder_and_the_other_way_round() -> None:
    for raw in (b"/inbox", b"/inbox/a", b"/receipts"):
        with pytest.raises(BadPath):
            resolve(raw, ("test",))
    for raw in (b"/test", b"/test/inbox/a", b"/inbox/../test/receipts"):
        with pytest.raises(BadPath):
            resolve(raw, ("live",))
    assert resolve(b"/test/inbox/a", ("test",)) == Place(Area.INBOX, "test", ("a",))


def test_names_that_say_unfinished() -> None:
    assert all(is_partial("staff.csv" + suffix) for suffix in PARTIAL_SUFFIXES)
    assert is_partial("STAFF.CSV.FILEPART")
    assert not is_partial("staff.csv")
    assert not is_partial("part.csv")
