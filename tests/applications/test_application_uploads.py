"""Files of strangers handed in: what is told, what is kept and how it is given out."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from careward.applications import acts, jobs, receiving
from careward.applications.models import Application, Document
from careward.store.objects import objects
from support.applying import APPLICANT, DURING, lacking, pdf_scan, with_scan
from support.opening import open_case
from support.strange_files import REFUSED, picture

pytestmark = pytest.mark.django_db

UPLOAD = "/application/documents/institution_commitment/"


def _content(response: Any) -> bytes:
    return b"".join(response.streaming_content)


TOLD = ("empty", "pdf cut in the middle", "pdf with a password", "page that is also a pdf")

TOLD += ("bomb", "gif", "only a heading", "twenty-one pages", "pdf with a script", "heic cut in the middle")


@pytest.mark.parametrize("case", TOLD)
def test_every_refusal_is_told_on_the_page_and_nothing_is_kept(case: str, client: Client) -> None:
    application = lacking()
    open_case(client, application)
    content, _ = REFUSED[case]
    response = client.post(UPLOAD, {"file": SimpleUploadedFile("scan.pdf", content, "application/pdf")})
    page = response.content.decode()
    assert response.status_code == 200
    assert "有 1 個地方需要修正" in page
    assert 'href="#id_file"' in page
    assert not application.documents.exists()


def test_a_scan_with_a_mischievous_name_is_kept_under_a_name_of_our_own(client: Client) -> None:
    application = lacking()
    open_case(client, application)
    name = "承諾\u202efdp.exe"
    assert client.post(UPLOAD, {"file": SimpleUploadedFile(name, pdf_scan())}).status_code == 302
    document = application.documents.get()
    assert document.name == "承諾fdp.exe.pdf"
    assert document.key.startswith(f"applications/{application.pk}/")
    assert "exe" not in document.key
    with objects().open(document.key) as kept:
        assert kept.read() == pdf_scan()


def test_a_download_is_an_attachment_that_cannot_run(client: Client) -> None:
    application = with_scan(lacking())
    open_case(client, application)
    document = application.documents.get()
    response = client.get(f"/application/files/{document.pk}/original/")
    assert _content(response) == pdf_scan()
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]


def test_a_file_beyond_the_limit_is_read_to_its_end_refused_and_not_kept(client: Client) -> None:
    application = lacking()
    open_case(client, application)
    limit = application.rules.limits.upload_bytes.value
    response = client.post(UPLOAD, {"file": SimpleUploadedFile("scan.pdf", b"%PDF-" + b"0" * limit)})
    assert response.status_code == 200
    assert "檔案超過 10 MB" in response.content.decode()
    assert not application.documents.exists()


def test_a_request_far_beyond_the_limit_is_not_even_read(client: Client) -> None:
    application = lacking()
    open_case(client, application)
    far = 9 * application.rules.limits.upload_bytes.value
    response = client.post(
        UPLOAD, b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(far)
    )
    assert response.status_code == 413


def test_an_upload_needs_the_forms_own_token() -> None:
    client = Client(enforce_csrf_checks=True)
    application = lacking()
    open_case(client, application)
    response = client.post(UPLOAD, {"file": SimpleUploadedFile("scan.pdf", pdf_scan())})
    assert response.status_code == 403
    assert not application.documents.exists()


def test_an_upload_without_a_file_says_to_choose_one(client: Client) -> None:
    open_case(client, lacking())
    assert "請選擇已用印文件的檔案" in client.post(UPLOAD, {}).content.decode()


def test_a_refused_act_leaves_no_file_behind(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    application = lacking()
    open_case(client, application)
    for _ in range(5):
        client.post(UPLOAD, {"file": SimpleUploadedFile("scan.pdf", pdf_scan())})
    kept: list[str] = []
    receive = receiving.receive

    def remembering(*args: Any) -> Any:
        scan = receive(*args)
        kept.append(scan.key)
        return scan

    monkeypatch.setattr(receiving, "receive", remembering)
    page = client.post(UPLOAD, {"file": SimpleUploadedFile("scan.pdf", pdf_scan())}).content.decode()
    assert "最多 5 個檔案" in page
    assert kept
    assert not objects().exists(kept[0])


def test_page_pictures_are_made_once_by_the_worker_and_shown(client: Client) -> None:
    application = lacking()
    open_case(client, application)
    client.post(UPLOAD, {"file": SimpleUploadedFile("scan.pdf", pdf_scan(2))})
    document = application.documents.get()
    assert document.page_keys == ()
    preview = f"/application/files/{document.pk}/"
    assert "預覽圖正在製作" in client.get(preview).content.decode()
    assert client.get(f"{preview}pages/1.jpg").status_code == 404
    jobs.render_pages(str(document.pk))
    made = Document.objects.get(pk=document.pk)
    assert len(made.page_keys) == 2
    jobs.render_pages(str(document.pk))
    assert Document.objects.get(pk=document.pk).rendered_at == made.rendered_at
    assert f"{preview}pages/2.jpg" in client.get(preview).content.decode()
    response = client.get(f"{preview}pages/2.jpg")
    shown = Image.open(io.BytesIO(_content(response)))
    assert shown.format == "JPEG"
    assert 1790 < max(shown.size) < 1810
    assert client.get(f"{preview}pages/3.jpg").status_code == 404


def test_the_job_is_asked_for_in_the_transaction_of_the_upload() -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    document = with_scan(lacking()).documents.get()
    job = ProcrastinateJob.objects.get(task_name="applications.render_pages")
    assert job.args == {"document_id": str(document.pk)}


def test_nobody_reaches_anothers_files(client: Client) -> None:
    theirs: Application = with_scan(lacking())
    open_case(client, lacking(institution_code="1131000010"))
    document = theirs.documents.get()
    for address in ("", "original/", "pages/1.jpg", "remove/"):
        assert client.get(f"/application/files/{document.pk}/{address}").status_code == 404
    assert client.post(f"/application/files/{document.pk}/remove/").status_code == 404


def _files(*named: tuple[str, bytes]) -> dict[str, list[SimpleUploadedFile]]:
    return {"file": [SimpleUploadedFile(name, content) for name, content in named]}


def test_several_files_at_once_are_all_taken(client: Client) -> None:
    application = lacking()
    open_case(client, application)
    page = client.post(UPLOAD, _files(("1.pdf", pdf_scan()), ("2.png", picture("PNG"))), follow=True)
    assert "已上傳 2 個檔案" in page.content.decode()
    assert {document.name for document in application.documents.in_force()} == {"1.pdf", "2.png"}


def test_of_several_files_each_refusal_names_its_file_and_the_others_are_kept(client: Client) -> None:
    application = lacking()
    open_case(client, application)
    limit = application.rules.limits.upload_bytes.value
    given = _files(
        ("好.pdf", pdf_scan()),
        ("空.pdf", b""),
        ("動.gif", picture("GIF")),
        ("大.pdf", b"%PDF-" + b"0" * limit),
    )
    page = client.post(UPLOAD, given).content.decode()
    assert "已上傳：好.pdf。其他檔案沒有上傳" in page
    for said in (
        "「空.pdf」：這個檔案是空的",
        "「動.gif」：這個檔案的內容不是",
        "「大.pdf」：檔案超過 10 MB",
    ):
        assert said in page
    assert [document.name for document in application.documents.in_force()] == ["好.pdf"]


def test_more_files_than_a_document_may_have_are_refused_before_any_is_kept(client: Client) -> None:
    application = lacking()
    open_case(client, application)
    page = client.post(UPLOAD, _files(*[(f"{n}.pdf", pdf_scan()) for n in range(6)])).content.decode()
    assert "一次選了 6 個檔案，最多 5 個" in page
    assert not application.documents.exists()


def test_a_replacement_is_one_file(client: Client) -> None:
    application = with_scan(lacking())
    open_case(client, application)
    former = application.documents.get()
    address = f"{UPLOAD}?replaces={former.pk}"
    assert "multiple" not in client.get(address).content.decode()
    assert (
        "最多 1 個"
        in client.post(address, _files(("1.pdf", pdf_scan()), ("2.pdf", pdf_scan()))).content.decode()
    )
    client.post(address, _files(("new.pdf", pdf_scan())))
    assert [document.name for document in application.documents.in_force()] == ["new.pdf"]


@pytest.mark.parametrize(
    "name",
    [
        "承諾\u202egpj.pdf",
        "a\r\nSet-Cookie: x=1.pdf",
        "../../etc/passwd",
        "C:\\a\\b.pdf",
        "x" * 400,
        '";.pdf',
    ],
)
def test_a_mischievous_name_neither_turns_nor_breaks_anything(name: str, client: Client) -> None:
    application = lacking()
    scan = receiving.receive(application, SimpleUploadedFile(name, pdf_scan()))
    document = acts.add_document(
        application, APPLICANT, kind="institution_commitment", scan=scan, arrived_at=DURING
    ).documents.get()
    assert document.name.isprintable()
    assert not set(document.name) & set('/\\"\r\n;\u202e')
    open_case(client, application)
    response = client.get(f"/application/files/{document.pk}/original/")
    assert response.headers["Content-Disposition"].isascii()
    assert "\n" not in response.headers["Content-Disposition"]
    assert _content(response) == pdf_scan()


def test_what_the_code_says_is_told_at_once_on_the_case_page(client: Client) -> None:
    open_case(client, lacking())
    page = client.post(UPLOAD, _files(("own.pdf", pdf_scan())), follow=True).content.decode()
    assert "沒有讀到「機構介接承諾書」右上角的條碼" in page
