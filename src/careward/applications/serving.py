"""Giving handed-in files back to those who may see them; who that is, the caller has asked."""

from io import BytesIO
from typing import Final

from django.http import FileResponse, Http404
from PIL import Image

from careward.applications.models import Document
from careward.store.objects import objects

_ALONE: Final = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def original(document: Document) -> FileResponse:
    """The file as it came, always as a download. Source: security-baseline.md, "Documents people upload"."""
    return FileResponse(
        objects().open(document.key),
        as_attachment=True,
        filename=document.name,
        content_type=document.media_type,
        headers=_ALONE,
    )


def page_picture(document: Document, page: int) -> FileResponse:
    """The picture of a page, counted from 1.

    Raises Http404 while there is none and for a page that is not there.
    """
    if not 1 <= page <= len(document.page_keys):
        raise Http404
    return FileResponse(objects().open(document.page_key(page)), content_type="image/jpeg", headers=_ALONE)


def turned_picture(document: Document, page: int, degrees: int) -> FileResponse:
    """The same turned clockwise by a multiple of 90 degrees, for readers without scripts.

    The picture is the platform's own, drawn from the stranger's file in a limited process. Raises Http404.
    """
    if not 1 <= page <= len(document.page_keys):
        raise Http404
    turned = BytesIO()
    with objects().open(document.page_key(page)) as source, Image.open(source) as picture:
        picture.rotate(-degrees, expand=True).save(turned, "JPEG", quality=85)
    turned.seek(0)
    return FileResponse(turned, content_type="image/jpeg", headers=_ALONE)
