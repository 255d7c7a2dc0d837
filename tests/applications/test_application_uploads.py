"""Files of strangers: what is taken, what is refused and how that is said."""

import io
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from careward.applications import acts, inspecting, jobs, receiving
from careward.applications.inspecting import Unacceptable, inspect
from careward.applications.models import Application, Document
from careward.store.objects import objects
from support.applying import APPLICANT, DURING, lacking, pdf_scan, with_scan
from support.clamd import EICAR
from support.opening import open_case

pytestmark = pytest.mark.django_db

UPLOAD = "/application/documents/institution_commitment/"


def picture(kind: str, size: tuple[int, int] = (300, 200), mode: str = "RGB") -> bytes:
    target = io.BytesIO()
    Image.new(mode, size, 128 if mode == "L" else None).save(target, kind)
    return target.getvalue()


def _content(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kB that claims, and unpacks to, a picture of width × height."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = b"\0" * (1 + width // 8 + 1)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


ENCRYPTED = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n"
    b"4 0 obj<</Filter/Standard/V 1/R 2/Length 40/P -4/O<"
    + b"6b" * 32
    + b">/U<"
    + b"3c" * 32
    + b">>>endobj\n"
    b"trailer<</Root 1 0 R/Encrypt 4 0 R/ID[<00><00>]/Size 5>>\nstartxref\n0\n%%EOF\n"
)

TAKEN = {
    "heic": ((Path(__file__).with_name("scans") / "commitment.heic").read_bytes(), "image/heic", 1),
    "pdf": (pdf_scan(), "application/pdf", 1),
    "pdf of three pages": (pdf_scan(3), "application/pdf", 3),
    "jpeg": (picture("JPEG"), "image/jpeg", 1),
    "png": (picture("PNG"), "image/png", 1),
    "png with transparency": (picture("PNG", mode="RGBA"), "image/png", 1),
    "grey jpeg": (picture("JPEG", mode="L"), "image/jpeg", 1),
}


def pdf_with(*objects: bytes, catalog: bytes = b"") -> bytes:
    """A PDF of one page, and whatever else; without a cross-reference table, which readers rebuild."""
    head = (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R" + catalog + b">>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R>>endobj\n"
    )
    return head + b"".join(objects) + b"trailer<</Root 1 0 R/Size 9>>\nstartxref\n0\n%%EOF\n"


def many_pages(count: int) -> bytes:
    """A PDF that names one page ``count`` times."""
    kids = b" ".join(f"{number} 0 R".encode() for number in range(3, count + 3))
    pages = b"".join(
        f"{number} 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n".encode()
        for number in range(3, count + 3)
    )
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids["
        + kids + f"]/Count {count}>>endobj\n".encode() + pages
        + f"trailer<</Root 1 0 R/Size {count + 3}>>\nstartxref\n0\n%%EOF\n".encode()
    )  # fmt: skip


def zipped(name: str, content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(name, content)
    return target.getvalue()


HEIC = (Path(__file__).with_name("scans") / "commitment.heic").read_bytes()

REFUSED = {
    "ten thousand pages": (many_pages(10_000), "too_many_pages"),
    "pdf with a script": (
        pdf_with(
            b"5 0 obj<</S/JavaScript/JS(app.alert(1))>>endobj\n",
            catalog=b"/Names<</JavaScript<</Names[(a)5 0 R]>>>>",
        ),
        "disguised",
    ),
    "pdf with a file inside": (
        pdf_with(
            b"5 0 obj<</Type/Filespec/F(a.exe)/EF<</F 6 0 R>>>>endobj\n",
            b"6 0 obj<</Type/EmbeddedFile/Length 2>>stream\nMZ\nendstream endobj\n",
            catalog=b"/Names<</EmbeddedFiles<</Names[(a.exe)5 0 R]>>>>",
        ),
        "disguised",
    ),
    "picture that is also an archive": (picture("PNG") + zipped("a.exe", EICAR), "disguised"),
    "pdf that is also an archive": (pdf_scan() + zipped("a.jar", b"x") + b"\n%%EOF", "disguised"),
    "pdf that ends as a page": (pdf_scan() + b"<script>alert(1)</script>\n%%EOF", "disguised"),
    "the test virus": (EICAR, "wrong_type"),
    "the test virus zipped": (zipped("eicar.com", EICAR), "wrong_type"),
    "heic cut in the middle": (HEIC[: len(HEIC) // 2], "broken"),
    "heic without a picture": (HEIC[:300], "broken"),
    "heic only by its first bytes": (HEIC[:12] + b"\0" * 500, "broken"),
    "film": (b"\0\0\0\x20ftypisom" + b"\0" * 200, "wrong_type"),
    "empty": (b"", "empty"),
    "pdf cut in the middle": (pdf_scan()[: len(pdf_scan()) // 2], "truncated"),
    "pdf with a password": (ENCRYPTED, "encrypted"),
    "pdf that is also a page": (
        b"%PDF-1.4\n<html><script>alert(1)</script></html>\n" + pdf_scan(),
        "disguised",
    ),
    "page that is also a pdf": (b"<!DOCTYPE html><script>1</script>" + pdf_scan(), "disguised"),
    "pdf that does not begin as one": (b"GIF89a" + pdf_scan(), "wrong_type"),
    "only a heading": (b"%PDF-1.7\n%%EOF\n", "broken"),
    "twenty-one pages": (pdf_scan(21), "too_many_pages"),
    "jpeg cut in the middle": (picture("JPEG", (900, 900))[:2000], "broken"),
    "png cut in the middle": (picture("PNG", (900, 900))[:200], "broken"),
    "bomb": (bomb(12_000, 12_000), "too_many_pixels"),
    "gif": (picture("GIF"), "wrong_type"),
    "text": (b"hello", "wrong_type"),
    "zip": (b"PK\x03\x04" + b"\0" * 200, "wrong_type"),
    "program": (b"MZ" + b"\0" * 200, "wrong_type"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "disguised"),
}


@pytest.mark.parametrize("case", TAKEN)
def test_scans_are_known_by_their_content(case: str, tmp_path: Any) -> None:
    content, media_type, pages = TAKEN[case]
    path = tmp_path / "whatever.exe"
    path.write_bytes(content)
    found = inspect(path, most_pages=20)
    assert (found.media_type, found.pages) == (media_type, pages)


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_taken_is_refused_for_its_reason(case: str, tmp_path: Any) -> None:
    content, code = REFUSED[case]
    path = tmp_path / "scan.pdf"
    path.write_bytes(content)
    with pytest.raises(Unacceptable) as refused:
        inspect(path, most_pages=20)
    assert refused.value.code == code


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


def test_a_process_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(inspecting, "INSPECTOR", slow)
    monkeypatch.setattr(inspecting, "INSPECT_SECONDS", 0.5)
    (tmp_path / "scan.pdf").write_bytes(pdf_scan())
    with pytest.raises(Unacceptable) as refused:
        inspect(tmp_path / "scan.pdf", most_pages=20)
    assert refused.value.code == "too_complex"


def test_a_process_that_wants_too_much_memory_falls_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    greedy = tmp_path / "greedy.py"
    source = inspecting.INSPECTOR.read_text()
    greedy.write_text(
        source.replace("    path = Path(words[1])\n", "    path = Path(words[1])\n    bytearray(2 << 30)\n")
    )
    monkeypatch.setattr(inspecting, "INSPECTOR", greedy)
    (tmp_path / "scan.pdf").write_bytes(pdf_scan())
    with pytest.raises(Unacceptable) as refused:
        inspect(tmp_path / "scan.pdf", most_pages=20)
    assert refused.value.code == "too_complex"


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


def test_a_phone_photo_is_turned_upright_and_transparency_becomes_white(tmp_path: Any) -> None:
    sideways = Image.new("RGB", (400, 200), "white")
    exif = sideways.getexif()
    exif[0x0112] = 6
    path = tmp_path / "photo"
    sideways.save(path, "JPEG", exif=exif)
    [upright] = inspecting.render(path, "image/jpeg", tmp_path)
    with Image.open(upright) as shown:
        assert shown.size == (200, 400)
    path.write_bytes(picture("PNG", mode="RGBA"))
    [flat] = inspecting.render(path, "image/png", tmp_path)
    with Image.open(flat) as shown:
        assert shown.getpixel((1, 1)) == (255, 255, 255)


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


def test_a_page_that_unpacks_to_gigabytes_is_refused_or_stopped_but_takes_nothing_down(
    tmp_path: Path,
) -> None:
    packed = zlib.compress(b"q " * (1 << 20), 9)
    for _ in range(2):
        packed = zlib.compress(packed, 9)
    stream = b"4 0 obj<</Filter[/FlateDecode/FlateDecode/FlateDecode]/Length %d>>stream\n" % len(packed)
    path = tmp_path / "bomb.pdf"
    path.write_bytes(pdf_with(stream + packed + b"\nendstream endobj\n"))
    try:
        found = inspect(path, most_pages=20)
    except Unacceptable as refused:
        assert refused.code in {"too_complex", "broken"}  # noqa: PT017
    else:
        assert found.pages == 1


def test_a_heic_photograph_is_drawn_for_the_preview(tmp_path: Path) -> None:
    path = tmp_path / "photo"
    path.write_bytes(HEIC)
    [shown] = inspecting.render(path, "image/heic", tmp_path)
    with Image.open(shown) as drawn:
        assert drawn.format == "JPEG"
        assert min(drawn.size) > 1000


def test_what_the_code_says_is_told_at_once_on_the_case_page(client: Client) -> None:
    open_case(client, lacking())
    page = client.post(UPLOAD, _files(("own.pdf", pdf_scan())), follow=True).content.decode()
    assert "沒有讀到「機構介接承諾書」右上角的條碼" in page
