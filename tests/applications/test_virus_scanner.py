"""The virus scanner: asked when it is there, never pretended when it is not, and refused without in production."""

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from careward.applications import virus
from careward.applications.inspecting import Unacceptable
from support.applying import lacking, pdf_scan
from support.clamd import EICAR, clamav, clamd
from support.opening import open_case

pytestmark = pytest.mark.django_db

UPLOAD = "/application/documents/institution_commitment/"
INFECTED = pdf_scan().replace(b"%%EOF", b"%" + EICAR + b"\n%%EOF")


def _upload(client: Client, content: bytes) -> str:
    response = client.post(UPLOAD, {"file": SimpleUploadedFile("scan.pdf", content)}, follow=True)
    return response.content.decode()


@pytest.fixture(params=[clamd, clamav], ids=["scripted", "ClamAV"])
def scanner(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Iterator[None]:
    """A running scanner, and the platform told where it is."""
    with request.param(tmp_path) as settings.VIRUS_SCANNER:
        yield


@pytest.mark.usefixtures("scanner")
def test_a_clean_scan_is_taken_and_says_that_it_was_looked_at(client: Client) -> None:
    application = lacking()
    open_case(client, application)
    assert "已上傳 1 個檔案" in _upload(client, pdf_scan())
    document = application.documents.get()
    assert document.virus_label == "已掃毒"
    assert "已掃毒" in client.get(f"/application/files/{document.pk}/").content.decode()


@pytest.mark.usefixtures("scanner")
def test_a_virus_is_refused_and_not_kept(client: Client) -> None:
    application = lacking()
    open_case(client, application)
    assert "找到病毒" in _upload(client, INFECTED)
    assert not application.documents.exists()


def test_what_is_too_long_for_clamav_counts_as_not_looked_at(settings: Any, tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(INFECTED + b"%" * 300_000)
    with clamav(tmp_path, limit="100K") as settings.VIRUS_SCANNER:
        assert not virus.passed(path)
        settings.ACCEPT_UPLOADS_WITHOUT_VIRUS_SCAN = False
        with pytest.raises(Unacceptable, match="not_scanned"):
            virus.passed(path)


def test_without_a_scanner_the_file_says_that_nobody_looked(client: Client) -> None:
    application = lacking()
    open_case(client, application)
    _upload(client, pdf_scan())
    document = application.documents.get()
    assert document.virus_label == "未掃毒"
    assert "未掃毒" in client.get(f"/application/files/{document.pk}/").content.decode()


@pytest.mark.parametrize("scanner", ["", "/nowhere/clamd.ctl", "127.0.0.1:9"])
def test_where_unscanned_files_are_not_taken_a_missing_scanner_refuses(
    client: Client, settings: Any, scanner: str
) -> None:
    settings.VIRUS_SCANNER, settings.ACCEPT_UPLOADS_WITHOUT_VIRUS_SCAN = scanner, False
    application = lacking()
    open_case(client, application)
    assert "防毒檢查暫時無法使用" in _upload(client, pdf_scan())
    assert not application.documents.exists()


@pytest.mark.parametrize("answer", [b"", b"stream: size limit exceeded. ERROR\0", b"x" * 9000])
def test_a_scanner_that_says_neither_yes_nor_no_has_not_looked(
    settings: Any, tmp_path: Path, answer: bytes
) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(pdf_scan())
    with clamd(tmp_path, answer) as settings.VIRUS_SCANNER:
        assert not virus.passed(path)
        settings.ACCEPT_UPLOADS_WITHOUT_VIRUS_SCAN = False
        with pytest.raises(Unacceptable, match="not_scanned"):
            virus.passed(path)


def _production(**more: str) -> subprocess.CompletedProcess[str]:
    named = ("DATABASE_URL", "PUBLIC_URL", "SFTP_HOST", "STATIC_ROOT", "EMAIL_HOST", "EMAIL_FROM")
    environment = {f"CAREWARD_{name}": "https://example.org" for name in named}
    key = base64.b64encode(os.urandom(32)).decode()
    keys = {
        f"CAREWARD_{name}": key
        for name in ("DATA_KEYS", "LINK_KEYS", "DJANGO_KEY", "HASH_KEY", "RECEIPT_KEYS")
    }
    environment |= {"CAREWARD_DATABASE_URL": "postgresql://a@127.0.0.1/a", "PATH": os.environ["PATH"]}
    says = "from careward.settings import production as p; print(p.ACCEPT_UPLOADS_WITHOUT_VIRUS_SCAN)"
    return subprocess.run(
        [sys.executable, "-c", says],
        capture_output=True, text=True, check=False, env={**environment, **keys, **more},
    )  # fmt: skip


def test_production_starts_only_with_a_scanner_or_with_the_word_that_none_is_wanted() -> None:
    refused = _production()
    assert "CAREWARD_CLAMAV must be set" in refused.stderr
    assert _production(CAREWARD_CLAMAV="/run/clamav/clamd.ctl").stdout.strip() == "False"
    assert _production(CAREWARD_ACCEPT_UPLOADS_WITHOUT_VIRUS_SCAN="1").stdout.strip() == "True"
