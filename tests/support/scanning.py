"""Documents printed, signed and brought back as people do: scanners, phones, noise and slant."""

import io
import random
from functools import cache

import pypdfium2
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from careward.applications import documents
from careward.applications.models import Application


def printed(application: Application, kind: str = "", dpi: int = 150) -> Image.Image:
    """The document as paper: the page of the pre-filled PDF, in grey, with red seals in their places."""
    document = application.rules.document(kind) if kind else application.needed_documents[0]
    page = pypdfium2.PdfDocument(documents.prefilled(application, document).pdf)[0]
    paper = page.render(scale=dpi / 72).to_pil().convert("RGB")
    width, height = paper.size
    pen = ImageDraw.Draw(paper)
    for left in (0.14, 0.5):
        box = (left * width, 0.78 * height, (left + 0.2) * width, 0.9 * height)
        pen.rectangle(box, outline=(190, 30, 30), width=max(2, dpi // 30))
    return paper


def as_file(paper: Image.Image, kind: str, dpi: int = 150) -> bytes:
    """The paper as the file a scanner makes: ``PDF``, ``JPEG`` or ``PNG``."""
    target = io.BytesIO()
    options = {"PNG": {}, "JPEG": {"quality": 75}, "PDF": {"resolution": dpi, "quality": 75}}[kind]
    paper.save(target, kind, **options)
    return target.getvalue()


def slanted(paper: Image.Image, degrees: float) -> Image.Image:
    """Laid askew on the glass."""
    return paper.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="white")


def photographed(paper: Image.Image, seed: int = 1) -> Image.Image:
    """Taken with a phone: from the side, on a table, unevenly lit, a little blurred, noisy."""
    width, height = paper.size
    table = Image.new("RGB", (width * 5 // 4, height * 6 // 5), (120, 96, 72))
    table.paste(paper, (width // 8, height // 10))
    wide, high = table.size
    corners = (0, 0, wide * 0.05, high, wide * 0.97, high * 0.98, wide, high * 0.03)
    seen = table.transform(table.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC)
    seen = Image.composite(seen, Image.new("RGB", seen.size), _light(seen.size))
    seen = seen.filter(ImageFilter.GaussianBlur(0.8))
    return ImageChops.add(seen, _noise(seen.size, seed), scale=1, offset=-24)


def _light(size: tuple[int, int]) -> Image.Image:
    return Image.linear_gradient("L").resize(size).point(lambda value: 150 + value * 105 // 255)


@cache
def _noise(size: tuple[int, int], seed: int) -> Image.Image:
    dice = random.Random(seed)
    tile = Image.frombytes("L", (128, 128), bytes(dice.randrange(0, 49) for _ in range(128 * 128)))
    whole = Image.new("L", size)
    for left in range(0, size[0], 128):
        for top in range(0, size[1], 128):
            whole.paste(tile, (left, top))
    return whole.convert("RGB")
