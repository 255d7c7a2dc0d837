"""The pre-filled documents."""

import re

import pypdfium2
import pytest

from careward.applications import documents
from careward.applications.models import Application
from careward.kernel.identifiers import make_national_id
from support.applying import ANSWERS, lacking

pytestmark = pytest.mark.django_db


def _sheet(application: Application) -> documents.Sheet:
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
