"""Which encoding the text of a long file is in, wherever its signs lie; short ones are read in tests of intake."""

import io

import pytest

from careward.store.encodings import Undecodable, detect

ALLOWED = ("utf-8", "cp950", "utf-16")
MEGABYTE = 1 << 20


@pytest.mark.parametrize("before", range(4))
@pytest.mark.parametrize("ending", ["", "\n"])
def test_a_long_text_is_utf8_wherever_its_signs_are_cut(before: int, ending: str) -> None:
    content = ("a" * before + f"臺灣{ending}" * (MEGABYTE // 2)).encode()
    assert detect(io.BytesIO(content), ALLOWED) == ("utf-8", "utf-8")


def test_a_long_text_in_big5_is_told_from_utf8() -> None:
    content = ("臺灣,照顧\n" * (MEGABYTE // 4)).encode("cp950")
    assert detect(io.BytesIO(content), ALLOWED) == ("cp950", "cp950")


def test_after_megabytes_of_utf8_the_line_with_a_byte_of_nothing_is_named() -> None:
    line = "臺灣,照顧\n".encode()
    lines = 2 * MEGABYTE // len(line)
    content = line * lines + b"\xff\xff" + line * lines
    with pytest.raises(Undecodable) as told:
        detect(io.BytesIO(content), ("utf-8",))
    assert told.value.line == lines + 1


def test_a_sign_cut_off_at_the_end_of_a_long_text_is_found() -> None:
    line = "臺灣,照顧\n".encode()
    lines = 2 * MEGABYTE // len(line)
    with pytest.raises(Undecodable) as told:
        detect(io.BytesIO(line * lines + "臺".encode()[:2]), ("utf-8",))
    assert told.value.line == lines + 1
