"""The limited process: opens one file, answers one line of JSON.

Started by :mod:`careward.applications.inspecting`.

It knows nothing of the platform, has no environment and takes its limits before it touches the file. Words:
``inspect PATH MOST_PAGES`` and ``render PATH MEDIA_TYPE FOLDER``.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any

MEMORY_BYTES = 1 << 30
CPU_SECONDS = 100
FILE_BYTES = 64 << 20
MOST_PIXELS = 60_000_000
"""A 600 dpi A4 scan has 35 million; a modern phone takes 50."""

LONGEST_SIDE = 1800
"""Pixels of a page picture: A4 at about 150 dpi, enough to read a seal."""

HEAD_BYTES = 1024
TAIL_BYTES = 2048
_MARKUP = (b"<!doctype html", b"<html", b"<script", b"<svg", b"<?php")


class Refused(Exception):
    """The file cannot be taken; the code and its values are the answer."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.answer = {"refused": code, **values}


def limit() -> None:
    """Give up memory, time, large files and core dumps."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def inspect(path: Path, most_pages: int) -> dict[str, Any]:
    """Media type and number of pages, or why not."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        file.seek(max(0, size - TAIL_BYTES))
        tail = file.read()
    if any(mark in head.lower() for mark in _MARKUP):
        raise Refused("disguised")
    if head.startswith(b"%PDF-"):
        return {"media_type": "application/pdf", "pages": _pdf_pages(path, tail, most_pages)}
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        return {"media_type": _picture(path), "pages": 1}
    raise Refused("wrong_type")


def _pdf_pages(path: Path, tail: bytes, most_pages: int) -> int:
    import pypdfium2

    if b"%%EOF" not in tail:
        raise Refused("truncated")
    document = _open_pdf(path)
    count = len(document)
    if count > most_pages:
        raise Refused("too_many_pages", pages=count, most=most_pages)
    if count == 0:
        raise Refused("broken")
    try:
        for index in range(count):
            document[index].close()
    except pypdfium2.PdfiumError as error:
        raise Refused("broken") from error
    return count


def _open_pdf(path: Path) -> Any:
    import pypdfium2
    import pypdfium2.raw

    try:
        return pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if pypdfium2.raw.FPDF_GetLastError() == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise Refused("encrypted") from error
        raise Refused("broken") from error


def _picture(path: Path) -> str:
    from PIL import Image

    types = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png"}
    try:
        with Image.open(path, formats=("JPEG", "PNG", "MPO")) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise Refused("too_many_pixels", width=picture.width, height=picture.height)
            picture.load()
            return types[str(picture.format)]
    except Image.DecompressionBombError as error:
        raise Refused("too_many_pixels", width=0, height=0) from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise Refused("broken") from error


def render(path: Path, media_type: str, folder: Path) -> dict[str, Any]:
    """One JPEG per page into ``folder``."""
    pages = _pdf_pictures(path) if media_type == "application/pdf" else _upright(path)
    names = []
    for number, picture in enumerate(pages, start=1):
        name = f"page-{number:03d}.jpg"
        picture.convert("RGB").save(folder / name, "JPEG", quality=82, optimize=True)
        names.append(name)
    return {"pictures": names}


def _pdf_pictures(path: Path) -> Any:
    document = _open_pdf(path)
    for index in range(len(document)):
        page = document[index]
        yield page.render(scale=LONGEST_SIDE / max(*page.get_size(), 1)).to_pil()
        page.close()


def _upright(path: Path) -> Any:
    from PIL import Image, ImageOps

    with Image.open(path, formats=("JPEG", "PNG", "MPO")) as picture:
        turned = ImageOps.exif_transpose(picture)
        flat = _on_white(turned)
        flat.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        yield flat


def _on_white(picture: Any) -> Any:
    from PIL import Image

    if picture.mode not in {"RGBA", "LA", "PA"} and "transparency" not in picture.info:
        return picture.convert("RGB")
    ground = Image.new("RGBA", picture.size, "white")
    ground.alpha_composite(picture.convert("RGBA"))
    return ground.convert("RGB")


def main(words: list[str]) -> int:
    """Answer on standard output; 0 also for a refusal, anything else means the process fell."""
    limit()
    path = Path(words[1])
    try:
        wanted = words[0] == "inspect"
        answer = inspect(path, int(words[2])) if wanted else render(path, words[2], Path(words[3]))
    except Refused as refused:
        answer = refused.answer
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
