"""Looking into files of strangers: what is taken, what is refused and for which reason, in a limited process."""

import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from careward.applications import inspecting
from careward.applications.inspecting import Unacceptable, inspect
from support.applying import pdf_scan
from support.strange_files import HEIC, REFUSED, TAKEN, pdf_with, picture


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


def test_a_process_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    slow = tmp_path / "slow.py"
    source = inspecting.INSPECTOR.read_text()
    slow.write_text(
        source.replace("    path = Path(words[1])\n", "    path = Path(words[1])\n    time.sleep(60)\n")
    )
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
