from pathlib import Path

import pytest

from careward.kernel import texts
from careward.kernel.texts import TextsBroken, read, text

SAMPLE = """
greeting: 您好，{name}
errors:
  closed: 已截止
  115: 年度
  no: 否
states:
  deep:
    off: 關閉
"""


@pytest.fixture
def _sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample" / "texts.yaml").write_text(SAMPLE, encoding="utf-8")
    (tmp_path / "texts.yaml").write_text("secret: 外面", encoding="utf-8")
    monkeypatch.setattr(texts, "files", lambda package: {"careward": tmp_path}[package])
    texts._texts.cache_clear()
    yield
    texts._texts.cache_clear()


pytestmark = pytest.mark.usefixtures("_sample")


def test_a_text_is_found_by_package_and_dotted_key() -> None:
    assert text("sample:errors.closed") == "已截止"
    assert text("sample:states.deep.off") == "關閉"


def test_placeholders_are_filled_even_when_one_is_called_key() -> None:
    assert text("sample:greeting", name="林小明", key="unused") == "您好，林小明"


def test_keys_that_yaml_takes_for_numbers_or_booleans_stay_as_written() -> None:
    assert text("sample:errors.115") == "年度"
    assert text("sample:errors.no") == "否"


@pytest.mark.parametrize(
    ("key", "complaint"),
    [
        ("sample:errors.open", r"careward/sample/texts\.yaml: no text 'errors\.open'"),
        ("sample:errors", r"careward/sample/texts\.yaml: no text 'errors'"),
        ("sample", r"careward/sample/texts\.yaml: no text ''"),
        ("nowhere:errors.closed", r"careward/nowhere/texts\.yaml: no such file"),
        ("..:secret", "no such file"),
        (":secret", "no such file"),
        ("sample:greeting", r"careward/sample/texts\.yaml: text 'greeting' needs a value for 'name'"),
    ],
)
def test_what_is_missing_is_named_with_file_and_key(key: str, complaint: str) -> None:
    with pytest.raises(KeyError, match=complaint):
        text(key)


def test_a_file_is_read_once() -> None:
    text("sample:errors.closed")
    text("sample:errors.no")
    assert texts._texts.cache_info().misses == 1


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("a: 1\nb: 2\na: 3", r"x\.yaml:3: 'a' stands twice"),
        ("a:\n  b: 1\na:\n  b: 2", r"x\.yaml:4: 'a\.b' stands twice"),
        ("a.b: 1\na:\n  b: 2", r"x\.yaml:3: 'a\.b' stands twice"),
        ("a:\n  - 1", r"x\.yaml:2: a is neither"),
        ("just a sentence", r"x\.yaml:1: the file is neither"),
        ("a: 'b", r"x\.yaml: while scanning"),
    ],
)
def test_a_file_that_is_no_tree_of_texts_is_refused_with_its_line(source: str, complaint: str) -> None:
    with pytest.raises(TextsBroken, match=complaint):
        read(source, "x.yaml")


def test_an_empty_file_holds_no_texts() -> None:
    assert read("# nothing yet\n", "x.yaml") == {}
