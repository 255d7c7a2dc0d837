"""The limited process: opens one file, answers in lines of JSON.

Started by :mod:`careward.applications.inspecting`.

It knows nothing of the platform, has no environment and takes its limits before it touches the file. Words:
``inspect PATH MOST_PAGES`` and ``render PATH MEDIA_TYPE FOLDER``. ``inspect`` answers twice: what the file is as
soon as that is known, then the codes read from its pages, so that a page too hard to read costs only its code.

``serve`` loads the libraries, opens no file and forks such a process for every order it is sent (decision 0032).
"""

import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import sys
import time
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

MEMORY_BYTES = 1 << 30
CPU_SECONDS = 100
FILE_BYTES = 64 << 20
ORDER_BYTES = 65_536
TAKEN = b"\n"
"""Says that an order has arrived, whatever then becomes of the process for it."""

NICER = 10
"""Page pictures wait for those who wait for a page."""

MOST_PIXELS = 60_000_000
"""A 600 dpi A4 scan has 35 million; a modern phone takes 50."""

LONGEST_SIDE = 1800
"""Pixels of a page picture: A4 at about 150 dpi, enough to read a seal."""

READ_SIDES = (2400, 1500, 3600)
"""Pixels of the longer side at which a page is searched for codes, one after the other until one is found:
A4 at about 200 dpi first."""

READ_SECONDS = 8
"""Processor time for reading codes; an own form of twenty pages without any must end too."""

MOST_CODES = 20
LONGEST_CODE = 120

HEAD_BYTES = 1024
TAIL_BYTES = 2048
_MARKUP = (b"<!doctype html", b"<html", b"<script", b"<svg", b"<?php")
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_TYPES = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "HEIF": "image/heic"}


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
    if any(mark in part.lower() for mark in _MARKUP for part in (head, tail)) or _is_archive_too(path):
        raise Refused("disguised")
    if head.startswith(b"%PDF-"):
        return {"media_type": "application/pdf", "pages": _pdf_pages(path, tail, most_pages)}
    if head.startswith(_PICTURES) or (head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS):
        return {"media_type": _picture(path), "pages": 1}
    raise Refused("wrong_type")


def _is_archive_too(path: Path) -> bool:
    """Whether a picture or PDF opens as an archive as well; a bare archive is no scan anyway."""
    try:
        with path.open("rb") as file:
            bare = file.read(2) == b"PK"
        with zipfile.ZipFile(path) as archive:
            return not bare and bool(archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def _pdf_pages(path: Path, tail: bytes, most_pages: int) -> int:
    import pypdfium2
    import pypdfium2.raw

    if b"%%EOF" not in tail:
        raise Refused("truncated")
    document = _open_pdf(path)
    if document.count_attachments() or pypdfium2.raw.FPDFDoc_GetJavaScriptActionCount(document):
        raise Refused("disguised")
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


def _open_picture(path: Path) -> Any:
    import pi_heif
    from PIL import Image

    pi_heif.options.DECODE_THREADS = 1
    pi_heif.register_heif_opener(thumbnails=False)
    return Image.open(path, formats=("JPEG", "PNG", "HEIF"))


def _picture(path: Path) -> str:
    from PIL import Image

    try:
        with _open_picture(path) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise Refused("too_many_pixels", width=picture.width, height=picture.height)
            picture.load()
            return _TYPES[str(picture.format)]
    except Image.DecompressionBombError as error:
        raise Refused("too_many_pixels", width=0, height=0) from error
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError) as error:
        raise Refused("broken") from error


def read_codes(path: Path, media_type: str) -> list[str]:
    """What the QR codes on the pages say, page by page; strangers' codes too, the platform knows its own."""
    import zxingcpp

    qr = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
    found: list[str] = []
    until = time.process_time() + READ_SECONDS
    for page in _to_read(path, media_type):
        for picture in page:
            if time.process_time() > until or len(found) >= MOST_CODES:
                return found
            here = zxingcpp.read_barcodes(picture, formats=qr)
            found += [code.text for code in here if len(code.text) <= LONGEST_CODE]
            if here:
                break
    return found[:MOST_CODES]


def _to_read(path: Path, media_type: str) -> Iterator[Iterator[Any]]:
    """Each page as grey pictures of several sizes, made when asked for."""
    if media_type == "application/pdf":
        document = _open_pdf(path)
        for index in range(len(document)):
            yield _page_in_grey(document[index])
    else:
        with _open_picture(path) as picture:
            yield _in_grey(picture)


def _page_in_grey(page: Any) -> Iterator[Any]:
    """A page that is one scanned picture shows no more than the picture does.

    It is still drawn once, in case that the picture is masked or made into something else.
    """
    scanned = _scanned(page)
    if scanned is not None:
        yield from _in_grey(scanned)
    for side in READ_SIDES if scanned is None else READ_SIDES[:1]:
        yield page.render(scale=side / max(*page.get_size(), 1), grayscale=True).to_pil().convert("L")


def _scanned(page: Any) -> Any:
    """The one picture a scanner made this page of; None when the page is anything else."""
    import pypdfium2
    import pypdfium2.raw

    parts = list(islice(page.get_objects(max_depth=2), 2))
    if len(parts) != 1 or parts[0].type != pypdfium2.raw.FPDF_PAGEOBJ_IMAGE:
        return None
    width, height = parts[0].get_px_size()
    if width * height > MOST_PIXELS:
        return None
    try:
        return parts[0].get_bitmap(render=False).to_pil()
    except (pypdfium2.PdfiumError, ValueError):
        return None


def _in_grey(picture: Any) -> Iterator[Any]:
    """A picture in several sizes, none larger than it is, none twice."""
    grey = _on_white(picture).convert("L")
    for side in dict.fromkeys(min(side, max(grey.size)) for side in READ_SIDES):
        smaller = grey.copy()
        smaller.thumbnail((side, side))
        yield smaller


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
    from PIL import ImageOps

    with _open_picture(path) as picture:
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


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main(words: list[str]) -> int:
    """Answer on standard output; 0 also for a refusal, anything else means the process fell."""
    limit()
    path = Path(words[1])
    try:
        if words[0] == "inspect":
            known = inspect(path, int(words[2]))
            _say(known)
            _say({"codes": read_codes(path, known["media_type"])})
        else:
            os.nice(NICER)
            _say(render(path, words[2], Path(words[3])))
    except Refused as refused:
        _say(refused.answer)
    return 0


def serve() -> int:
    """Fork a limited process for each order on standard input, until whoever sends them is gone.

    An order is JSON with ``words`` and ``seconds``, and the file its answer goes to. A process is stopped when its
    time is over.
    """
    _warm()
    control = socket.socket(fileno=sys.stdin.fileno())
    living: dict[int, tuple[int, float]] = {}
    while True:
        next_end = min((until for _, until in living.values()), default=None)
        wait = None if next_end is None else max(0.0, next_end - time.monotonic())
        readable = select.select([control.fileno(), *living], [], [], wait)[0]
        for life, (child, until) in list(living.items()):
            if life in readable or until <= time.monotonic():
                del living[life]
                _end(life, child)
        if control.fileno() in readable:
            order, files, _, _ = socket.recv_fds(control, ORDER_BYTES, 1)
            if not order:
                break
            known = json.loads(order)
            os.write(files[0], TAKEN)
            life, child = _fork(control, list(living), known["words"], files[0])
            living[life] = child, time.monotonic() + known["seconds"]
    for life, (child, _) in living.items():
        _end(life, child)
    return 0


def _warm() -> None:
    """Load what opening a file needs, and let the collector leave it alone: children share these pages."""
    for name in ("pypdfium2.raw", "PIL.ImageOps", "pi_heif", "zxingcpp"):
        importlib.import_module(name)
    from PIL import Image

    Image.init()
    gc.collect()
    gc.freeze()


def _fork(control: socket.socket, others: list[int], words: list[str], saying: int) -> tuple[int, int]:
    """A file that ends with the child, and the child's id. The child keeps nothing of what comes for others."""
    life, living = os.pipe()
    child = os.fork()
    if child:
        os.close(living)
        os.close(saying)
        return life, child
    status = 1
    try:
        control.close()
        for other in (life, *others):
            os.close(other)
        os.dup2(saying, sys.stdout.fileno())
        os.close(saying)
        status = main(words)
    finally:
        os._exit(status)


def _end(life: int, child: int) -> None:
    """Stop a child if it still runs, and forget it."""
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(life)


if __name__ == "__main__":
    sys.exit(serve() if sys.argv[1:] == ["serve"] else main(sys.argv[1:]))
