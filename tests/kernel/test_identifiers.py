from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careward.kernel.identifiers import (
    are_personal_ids,
    is_business_id,
    is_medical_code_plausible,
    is_national_id,
    is_personal_id,
    is_resident_id,
    make_national_id,
    make_resident_id,
    mask_id,
    normalise_id,
)

SERIALS = st.integers(0, 1_999_999)
INVENTED = st.one_of(SERIALS.map(make_national_id), SERIALS.map(make_resident_id))
WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 1, 1)
DIGIT = st.sampled_from("0123456789")

LETTER_VALUES = {
    "A": 10, "B": 11, "C": 12, "D": 13, "E": 14, "F": 15, "G": 16, "H": 17, "I": 34,
    "J": 18, "K": 19, "L": 20, "M": 21, "N": 22, "O": 35, "P": 23, "Q": 24, "R": 25,
    "S": 26, "T": 27, "U": 28, "V": 29, "W": 32, "X": 30, "Y": 31, "Z": 33,
}  # fmt: skip


def test_the_published_national_ids_are_judged_as_published() -> None:
    assert is_national_id("A123456789")
    assert not is_national_id("A123456780")
    assert not is_national_id("N223456789")


def test_the_published_resident_ids_are_judged_as_published() -> None:
    assert is_resident_id("A800000014")
    assert is_resident_id("AA00000009")
    assert not is_resident_id("A800000015")
    assert not is_resident_id("AA00000008")


@pytest.mark.parametrize("letter", LETTER_VALUES)
def test_every_first_letter_counts_with_its_value(letter: str) -> None:
    tens, units = divmod(LETTER_VALUES[letter], 10)
    check = -(tens + 9 * units + 8) % 10
    valid = [last for last in range(10) if is_national_id(f"{letter}10000000{last}")]
    assert valid == [check]


@pytest.mark.parametrize(("letter", "digit"), [("A", 0), ("B", 1), ("C", 2), ("D", 3)])
def test_the_second_letter_of_an_old_resident_id_counts_with_its_units(letter: str, digit: int) -> None:
    valid = [last for last in range(10) if is_resident_id(f"A{letter}0000000{last}")]
    assert valid == [-(1 + 8 * digit) % 10]


def test_a_person_in_charge_may_be_a_national_or_a_foreign_resident() -> None:
    for valid in ("A123456789", "A800000014", "AA00000009"):
        assert is_personal_id(valid)
    assert not is_personal_id("A123456780")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A12345678",
        "A1234567890",
        "a123456789",
        "A323456789",
        "AE00000009",
        "1123456789",
        "A12345678９",
        "A123456789\n",
        " A123456789",
        "臺123456789",
    ],
)
def test_what_has_not_the_shape_of_an_id_is_refused(text: str) -> None:
    assert not is_personal_id(text)


def test_a_national_id_is_no_resident_id_and_the_reverse() -> None:
    assert not is_resident_id("A123456789")
    assert not is_national_id("A800000014")
    assert not is_national_id("AA00000009")


@given(INVENTED)
def test_an_invented_id_is_valid_and_normal(number: str) -> None:
    assert is_personal_id(number)
    assert normalise_id(number) == number


@given(SERIALS, SERIALS)
def test_different_people_have_different_ids(one: int, other: int) -> None:
    assert (make_national_id(one) == make_national_id(other)) == (one == other)
    assert (make_resident_id(one) == make_resident_id(other)) == (one == other)
    assert is_national_id(make_national_id(one))
    assert is_resident_id(make_resident_id(one))


@pytest.mark.parametrize("make", [make_national_id, make_resident_id])
def test_ids_are_invented_within_their_range_only(make: Callable[[int], str]) -> None:
    assert make(1_999_999)
    for serial in (-1, 2_000_000):
        with pytest.raises(ValueError, match="out of range"):
            make(serial)


@given(INVENTED, st.integers(1, 9), DIGIT)
def test_a_single_wrong_digit_is_found_unless_its_weight_hides_it(
    number: str, place: int, digit: str
) -> None:
    change = int(digit) - int(number[place])
    hidden = WEIGHTS[place - 1] * change % 10 == 0
    wrong = number[:place] + digit + number[place + 1 :]
    kinds = "12" if number[1] in "12" else "89"
    assert is_personal_id(wrong) == (hidden and (place > 1 or digit in kinds))


@given(INVENTED, st.sampled_from([2, 6, 8, 9]), DIGIT)
def test_a_wrong_digit_in_a_place_of_odd_weight_is_always_found(number: str, place: int, digit: str) -> None:
    wrong = number[:place] + digit + number[place + 1 :]
    assert is_personal_id(wrong) == (wrong == number)


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("04595257", True),
        ("04595252", True),
        ("12345675", True),
        ("12345678", False),
        ("00000000", False),
        ("0459525", False),
        ("045952570", False),
        ("０４５９５２５７", False),
        ("0459525A", False),
        ("", False),
    ],
)
def test_the_published_business_ids_are_judged_by_the_rule_of_2023(text: str, valid: bool) -> None:
    assert is_business_id(text) is valid


@given(st.from_regex(r"[0-9]{7}", fullmatch=True).filter(lambda start: start != "0" * 7))
def test_every_fifth_last_digit_makes_a_business_id_and_after_a_seven_two_in_five(start: str) -> None:
    valid = [last for last in range(10) if is_business_id(f"{start}{last}")]
    remainders = {last % 5 for last in valid}
    assert valid == [last for last in range(10) if last % 5 in remainders]
    assert len(remainders) == (2 if start[6] == "7" else 1)


@given(st.from_regex(r"[0-9]{9}", fullmatch=True))
def test_one_last_digit_in_ten_makes_a_medical_code_plausible(start: str) -> None:
    check = sum(i * int(digit) for i, digit in enumerate(start, 1)) % 10
    assert [last for last in range(10) if is_medical_code_plausible(f"{start}{last}")] == [check]


def test_a_medical_code_has_ten_digits() -> None:
    assert is_medical_code_plausible("0401180014")
    assert not is_medical_code_plausible("0401180015")
    assert not is_medical_code_plausible("401180014")
    assert not is_medical_code_plausible("A401180014")


@pytest.mark.parametrize(
    "typed",
    [
        "a123456789",
        " A123456789 ",
        "Ａ１２３４５６７８９",
        "A1-2345-6789",
        "A12 3456 789",
        "A123456789\u200b",
    ],
)
def test_an_id_is_normalised_as_people_type_it(typed: str) -> None:
    assert normalise_id(typed) == "A123456789"


@given(st.text())
def test_normalising_an_id_twice_changes_nothing_more(text: str) -> None:
    once = normalise_id(text)
    assert normalise_id(once) == once


def test_an_id_is_masked_in_the_middle() -> None:
    assert mask_id("A123456789") == "A12****789"
    assert mask_id(" a123456789") == "A12****789"


@given(st.from_regex(r"[A-Z][0-9]{0,19}", fullmatch=True))
def test_a_mask_shows_three_signs_at_either_end_at_most(text: str) -> None:
    mask = mask_id(text)
    assert len(mask) == len(text)
    assert mask.count("*") >= min(len(text), 4)
    assert set(mask[3:-3]) <= {"*"}
    if len(text) < 10:
        assert set(mask) == {"*"}
    else:
        assert (mask[:3], mask[-3:]) == (text[:3], text[-3:])


@given(st.from_regex(r"Y[12]9[0-9]{7}", fullmatch=True), st.from_regex(r"[0-9]{4}", fullmatch=True))
def test_ids_that_differ_in_the_middle_only_have_one_mask(number: str, middle: str) -> None:
    assert mask_id(number[:3] + middle + number[7:]) == mask_id(number)


PLAIN = st.integers(0, 1_999_999).flatmap(
    lambda serial: st.sampled_from([make_national_id(serial), make_resident_id(serial)])
)
SLIPS = st.from_regex(r"[A-Za-z][0-9A-D][0-9]{8}", fullmatch=True) | st.sampled_from(
    ["", "a123456789", "AA00000009", "A123456789\n", "A１２３４５６７８９", "A123456789B123456780"]
)


@given(st.lists(PLAIN | SLIPS, min_size=1, max_size=4))
def test_a_column_of_numbers_is_valid_when_each_is_and_none_is_of_the_old_form(texts: list[str]) -> None:
    new = all(is_personal_id(one) and not one[1].isalpha() for one in texts)
    assert are_personal_ids(texts) == new
