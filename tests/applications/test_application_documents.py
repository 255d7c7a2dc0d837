"""The pre-filled documents."""

import re
import shutil
from pathlib import Path

import pypdfium2
import pytest
import typst

from careward import rulebook
from careward.applications import documents
from careward.applications.models import Application
from careward.kernel.identifiers import make_national_id
from careward.shell import typesetting
from careward.shell.build import PDF_FONTS
from careward.shell.paper import Paper
from support.applying import ANSWERS, lacking

pytestmark = pytest.mark.django_db


def _sheet(application: Application) -> Paper:
    [kind] = application.needed_documents
    return documents.prefilled(application, kind)


def _words(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return "".join(page.get_textpage().get_text_range() for page in document)


def test_the_document_says_everything_the_form_knows_and_is_one_a4_page() -> None:
    application = lacking()
    sheet = _sheet(application)
    words = _words(sheet.pdf)
    for told in ("機構介接承諾書", "範例護理之家", "1131000009", "一般護理之家", "彰化縣", "林小明",
                 ANSWERS["person_id"], "168.95.1.1", "115 年度", "非本部公告範本", "機構大章", "負責人小章",
                 application.reference):  # fmt: skip
        assert told in words
    document = pypdfium2.PdfDocument(sheet.pdf)
    assert len(document) == 1
    assert [round(side * 25.4 / 72) for side in document[0].get_size()] == [210, 297]


def test_the_document_can_be_read_aloud() -> None:
    sheet = _sheet(lacking())
    assert sheet.tagged
    assert b"pdfuaid" in sheet.pdf
    assert b"/Lang" in sheet.pdf
    assert b"/StructTreeRoot" in sheet.pdf


def test_a_continuing_institution_is_printed_without_the_number() -> None:
    words = _words(_sheet(lacking(kind_of="continuing")).pdf)
    assert "林小明" in words
    assert "身分證號" not in words


def test_the_code_names_the_document_and_no_person() -> None:
    application = lacking()
    [kind] = application.needed_documents
    code = str(documents.code_of(application, kind))
    assert re.fullmatch(
        rf"CW1:{application.reference}:INSTITUTION-COMMITMENT:{application.data_version}:[0-9A-F]{{16}}", code
    )
    other = lacking(person_name="王大同", person_id=make_national_id(5), institution_code="1131000009")
    other.reference = application.reference
    assert str(documents.code_of(other, kind)) == code


def test_another_answer_on_paper_is_another_code() -> None:
    application = lacking()
    [kind] = application.needed_documents
    code = str(documents.code_of(application, kind))
    application.sources = ["168.95.1.2/32"]
    assert str(documents.code_of(application, kind)) != code


def test_rare_characters_are_printed_with_the_fonts_we_bring_and_read_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[PDF_FONTS])
    monkeypatch.setattr(typesetting, "_fonts", lambda: ours)
    application = lacking(person_name="林𠮷堃", institution_name="㐀𤧟護理之家")
    sheet = _sheet(application)
    assert sheet.tagged
    words = _words(sheet.pdf)
    assert "林𠮷堃" in words
    assert "㐀𤧟護理之家" in words
    assert not documents.signs_missing(application)
    assert documents.signs_missing(lacking(person_name="林\U000323af", institution_code="1131000018"))


def test_a_name_no_font_has_is_printed_all_the_same_and_noted(caplog: pytest.LogCaptureFixture) -> None:
    application = lacking(person_name="林\U000323af明")
    sheet = _sheet(application)
    assert not sheet.tagged
    assert "without PDF/UA" in caplog.text
    assert "林" not in caplog.text
    assert "範例護理之家" in _words(sheet.pdf)


def test_the_code_is_twenty_six_millimetres_wide() -> None:
    page = pypdfium2.PdfDocument(_sheet(lacking()).pdf)[0]
    picture = page.render(scale=4, crop=(0, 0, 0, 0)).to_pil().convert("L")
    # 右上角：條碼最左與最右的黑點
    corner = picture.crop((picture.width * 3 // 4, 0, picture.width, picture.height // 6))
    dark = corner.point(lambda value: 255 if value < 60 else 0).getbbox()
    assert dark is not None
    width_mm = (dark[2] - dark[0]) / 4 * 25.4 / 72
    assert 25.5 < width_mm < 26.5


MODES = {"own": 1, "rented": 2, "nursing_home_system": 1}


@pytest.mark.parametrize("mode", MODES)
def test_every_document_of_every_mode_is_printed_tagged_on_one_page_with_its_title_and_seals(
    mode: str,
) -> None:
    application = lacking(mode=mode)
    assert len(application.needed_documents) == MODES[mode]
    for kind in application.needed_documents:
        sheet = documents.prefilled(application, kind)
        words = _words(sheet.pdf)
        assert sheet.tagged
        assert len(pypdfium2.PdfDocument(sheet.pdf)) == 1
        wording = rulebook.current().wording(kind.wording)
        assert wording.wording.title == kind.label
        for told in (kind.label, "非本部公告範本", application.reference, *(s.label for s in wording.seals)):
            assert told in words


def _places(pdf: bytes) -> list[tuple[float, float, float, float]]:
    page = pypdfium2.PdfDocument(pdf)[0]
    return [found.get_bounds() for found in page.get_objects()]


@pytest.mark.parametrize("mode", MODES)
def test_nothing_on_a_document_sticks_out_of_the_paper(mode: str) -> None:
    application = lacking(mode=mode)
    for kind in application.needed_documents:
        pdf = documents.prefilled(application, kind).pdf
        wide, high = pypdfium2.PdfDocument(pdf)[0].get_size()
        for left, bottom, right, top in _places(pdf):
            assert left >= 0
            assert bottom >= 0
            assert right <= wide
            assert top <= high


def test_the_longest_answers_still_fit_on_one_page() -> None:
    application = lacking(
        institution_name="範" * 60,
        sources=[f"2001:b000:1234:56{n:02d}::/64" for n in range(10)],
    )
    assert len(pypdfium2.PdfDocument(_sheet(application).pdf)) == 1


def test_the_wording_is_data_and_another_one_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(Path(__file__).parents[2] / "rules", tmp_path / "rules")
    file = tmp_path / "rules" / "documents" / "institution-commitment.yaml"
    said = file.read_text(encoding="utf-8")
    file.write_text(
        said.replace('version: "1"', 'version: "2"').replace("承諾遵守下列事項", "保證做到下面各點"),
        encoding="utf-8",
    )
    application = lacking()
    [kind] = application.needed_documents
    code = documents.code_of(application, kind)
    monkeypatch.setenv("CAREWARD_RULES", str(tmp_path / "rules"))
    rulebook.current.cache_clear()
    try:
        words = _words(_sheet(application).pdf).replace("\r\n", "")
        assert "保證做到下面各點" in words
        assert "內文第 2 版" in words
        assert documents.code_of(application, kind) != code
    finally:
        monkeypatch.undo()
        rulebook.current.cache_clear()
