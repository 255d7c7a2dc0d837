import pytest
from hypothesis import given
from hypothesis import strategies as st

from careward.kernel.text import NotAPhone, Phone, mask_name, nfkc, parse_phone, same_name, seen, squeeze

ANY_TEXT = st.text()
LANDLINES = st.one_of(
    st.from_regex(r"0[24]-[2-8][0-9]{7}", fullmatch=True),
    st.from_regex(r"0[35-7]-[2-6][0-9]{6}", fullmatch=True),
    st.from_regex(r"08-[78][0-9]{6}", fullmatch=True),
    st.from_regex(r"0(37|82|89)-[3-5][0-9]{5}", fullmatch=True),
    st.from_regex(r"049-2[0-9]{6}", fullmatch=True),
    st.from_regex(r"0836-[0-9]{5}", fullmatch=True),
    st.from_regex(r"09[0-9]{2}-[0-9]{6}", fullmatch=True),
)


def test_full_width_letters_and_digits_become_plain() -> None:
    assert nfkc("Ａ１２３（＃）") == "A123(#)"


def test_blanks_are_squeezed() -> None:
    assert squeeze("　 陽光\t 護理\n之家 ") == "陽光 護理 之家"
    assert squeeze("　") == ""


@given(ANY_TEXT)
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert nfkc(nfkc(text)) == nfkc(text)
    assert squeeze(squeeze(text)) == squeeze(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("臺北市", "台北市"),
        ("林 小明", "林小明"),
        ("林　小　明", " 林小明 "),
        ("台東 ＡＢＣ 護理之家", "臺東ABC護理之家"),
    ],
)
def test_names_match_however_they_are_spaced_and_taiwan_is_written(one: str, other: str) -> None:
    assert same_name(one, other)
    assert same_name(other, one)


def test_other_names_do_not_match() -> None:
    assert not same_name("林小明", "林小名")
    assert not same_name("林小明", "")


@pytest.mark.parametrize(
    ("name", "mask"),
    [
        ("林小明", "林○○"),
        ("林明", "林○"),
        ("歐陽大明", "歐○○○"),
        ("林 小 明", "林○○"),
        ("Nguyen Thi Hoa", "N○○○"),
        ("林", "○"),
        ("", ""),
    ],
)
def test_a_masked_name_shows_its_first_character_only(name: str, mask: str) -> None:
    assert mask_name(name) == mask


@given(st.text(alphabet=st.characters(categories=["Lo"]), min_size=1, max_size=8))
def test_a_mask_never_shows_more_than_one_character_of_a_name(name: str) -> None:
    assert sum(sign != "○" for sign in mask_name(name)) <= 1
    assert "○" in mask_name(name) or not name.strip()


@pytest.mark.parametrize(
    "typed",
    [
        "02-89791196#216",
        "02-89791196轉216",
        "02-89791196 分機 216",
        "02-89791196分機：216",
        "02-89791196 轉分機216",
        "（０２）８９７９－１１９６＃２１６",
        "(02)8979-1196 ext. 216",
        "0289791196 EXT216",
        "02 8979 1196 # 216",
        "02–8979–1196#216",
        "02-89791196（分機216）",
        "+886-2-8979-1196#216",
        "+886 (0)2 89791196 #216",
        "886-2-89791196#216",
    ],
)
def test_a_number_with_extension_is_read_however_it_is_written(typed: str) -> None:
    assert parse_phone(typed) == Phone("02-89791196", "216")


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0226531016", "02-26531016"),
        ("0912 345 678", "0912-345678"),
        ("037-123456", "037-123456"),
        ("03-3123456", "03-3123456"),
        ("0492123456", "049-2123456"),
        ("04-7123456", "04-7123456"),
        ("0422123456", "04-22123456"),
        ("083612345", "0836-12345"),
        ("08-7123456", "08-7123456"),
        ("082312345", "082-312345"),
        ("0800 123 456", "0800-123456"),
        ("070-12345678", "070-12345678"),
    ],
)
def test_the_area_code_is_set_off(typed: str, number: str) -> None:
    assert parse_phone(typed) == Phone(number)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "empty"),
        ("　", "empty"),
        ("#216", "empty"),
        ("89791196", "no_area_code"),
        ("02-8979119", "length"),
        ("02-897911966", "length"),
        ("0912-34567", "length"),
        ("0", "length"),
        ("請洽總機", "unreadable"),
        ("02-8979II96", "unreadable"),
        ("٠٢٨٩٧٩١١٩٦", "unreadable"),
        ("02-89791196#", "extension"),
        ("02-89791196#abc", "extension"),
        ("02-89791196#1234567", "extension"),
        ("02-89791196#216 或 217", "extension"),
        ("02-89791196#216 #217", "extension"),
    ],
)
def test_what_cannot_be_dialled_is_refused_with_the_reason(typed: str, reason: str) -> None:
    with pytest.raises(NotAPhone) as refusal:
        parse_phone(typed)
    assert refusal.value.reason == reason


@given(LANDLINES, st.from_regex(r"([0-9]{1,6})?", fullmatch=True))
def test_a_number_survives_being_written_and_read(number: str, extension: str) -> None:
    phone = Phone(number, extension)
    assert parse_phone(str(phone)) == phone
    assert parse_phone(str(phone).replace("-", "")) == phone


@given(ANY_TEXT)
def test_any_text_is_either_a_number_or_refused_for_a_known_reason(text: str) -> None:
    try:
        outcome: Phone | str = parse_phone(text)
    except NotAPhone as refusal:
        outcome = refusal.reason
    if isinstance(outcome, Phone):
        assert parse_phone(str(outcome)) == outcome
    else:
        assert outcome in {"empty", "unreadable", "no_area_code", "length", "extension"}


def test_unseen_signs_go_and_what_people_write_stays() -> None:
    assert seen("a\u202e\u200b\x00\n\u2028b") == "ab"
    assert seen("臺北\ue001 ○○（二）") == "臺北\ue001 ○○（二）"
