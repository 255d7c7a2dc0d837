"""Files of strangers: scans as they come, and what is none."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

from PIL import Image

from support.applying import pdf_scan
from support.clamd import EICAR


def picture(kind: str, size: tuple[int, int] = (300, 200), mode: str = "RGB") -> bytes:
    target = io.BytesIO()
    Image.new(mode, size, 128 if mode == "L" else None).save(target, kind)
    return target.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kB that claims, and unpacks to, a picture of width × height."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = b"\0" * (1 + width // 8 + 1)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


PLACE = Path(__file__).parents[1] / "applications" / "scans"

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
    "heic": ((PLACE / "commitment.heic").read_bytes(), "image/heic", 1),
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


HEIC = (PLACE / "commitment.heic").read_bytes()

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
