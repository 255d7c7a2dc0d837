"""YAML without its surprises, and faults told in words a person can act on."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError

from careward.kernel.clock import taipei
from careward.rulebook.reading import Desk, read_yaml
from careward.rulebook.values import Frozen, Instant

INSTANTS: TypeAdapter[object] = TypeAdapter(Instant)


@pytest.mark.parametrize(
    "scalar",
    ["no", "on", "Yes", "null", "~", "09020", "007", "1:30", "2025-12-08", "1e3", "0x1F", "3.1", "1_000"],
)
def test_what_yaml_would_turn_into_something_else_stays_text(scalar: str) -> None:
    assert read_yaml(f"a: {scalar}".encode()) == {"a": scalar}


@given(st.integers(-(10**9), 10**9))
def test_whole_numbers_are_numbers(number: int) -> None:
    assert read_yaml(f"[{number}, true, false]".encode()) == (number, True, False)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.from_regex(r"[甲-申]{1,6}", fullmatch=True)
    )
)
def test_a_table_keeps_its_keys_and_their_order(table: dict[str, str]) -> None:
    written = "".join(f"{key}: {value}\n" for key, value in table.items()) or "{}"
    read = read_yaml(written.encode())
    assert list(read.items()) == list(table.items())


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2025-12-08T17:00:00+08:00", taipei(2025, 12, 8, 17)),
        ("2025-12-08T09:00:00Z", taipei(2025, 12, 8, 17)),
        ("2025-12-19T24:00:00+08:00", taipei(2025, 12, 20)),
        ("2025-12-31T24:00:00+08:00", taipei(2026, 1, 1)),
    ],
)
def test_instants_carry_their_offset_and_may_end_a_day(written: str, at: object) -> None:
    assert INSTANTS.validate_python(written) == at


@pytest.mark.parametrize(
    "written",
    [
        "2025-12-08T17:00:00",
        "2025-12-08 17:00:00+08:00",
        "2025-12-08T17:00+08:00",
        "2025-12-08",
        "2025-13-08T17:00:00+08:00",
        "2025-12-08T24:00:01+08:00",
        "2025-12-08T25:00:00+08:00",
        "114-12-08T17:00:00+08:00",
        20251208,
    ],
)
def test_an_instant_that_could_be_read_two_ways_is_refused(written: object) -> None:
    with pytest.raises(ValidationError, match="instant"):
        INSTANTS.validate_python(written)


class Cat(Frozen):
    kind: Literal["cat"]
    names: Annotated[tuple[str, ...], Field(min_length=1)]


class Dog(Frozen):
    kind: Literal["dog"]
    weight: Annotated[int, Field(multiple_of=2)]


class Zoo(Frozen):
    animal: Annotated[Cat | Dog, Field(discriminator="kind")]


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("{kind: cat, names: []}", "animal.cat.names: 清單裡的項目太少 → 請至少填 1 項"),
        ("{kind: cow}", "animal: 「cow」不是可以用的值 → 可以用的值：'cat', 'dog'"),
        ("{names: []}", "animal: 沒有說明種類 → 請補上 'kind'"),
        ("{kind: dog, weight: 3}", "animal.dog.weight: 這個值不能用：Input should be a multiple of 2"),
    ],
)
def test_faults_of_other_shapes_are_told_too(tmp_path: Path, written: str, line: str) -> None:
    path = tmp_path / "rules" / "zoo.yaml"
    path.parent.mkdir()
    path.write_text(f"animal: {written}\n", encoding="utf-8")
    desk = Desk(path.parent)
    assert desk.typed(path, Zoo) is None
    assert [str(problem) for problem in desk.problems] == [f"rules/zoo.yaml: {line}"]
