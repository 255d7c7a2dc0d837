"""Pictures of the pages of what was handed in, so that nobody has to open a stranger's file."""

from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from careward.applications import inspecting
from careward.applications.models import Document
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.store.objects import objects

WORKER = Actor.system("worker")


@app.task(
    queue="documents",
    retry=RetryStrategy(max_attempts=4, exponential_wait=4),
    name="applications.render_pages",
)
def render_pages(document_id: str) -> None:
    """Make the page pictures of a document; a second run makes nothing anew.

    Raises :class:`careward.applications.inspecting.Unrenderable` when the limited process fails; the job is
    tried again, and the officer has the file itself meanwhile.
    """
    document = Document.objects.get(pk=document_id)
    if document.rendered_at:
        return
    with objects().local_copy(document.key) as source, TemporaryDirectory(prefix="careward-pages-") as folder:
        pictures = inspecting.render(source, document.media_type, Path(folder))
        for page, picture in enumerate(pictures, start=1):
            objects().take(document.page_key(page), picture)
    _note(document_id)


def _note(document_id: str) -> None:
    with transaction.atomic(), acting(WORKER, "document.render"):
        document = Document.objects.select_for_update().get(pk=document_id)
        if document.rendered_at is None:
            document.rendered_at = clock.now()
            document.save(update_fields=["rendered_at"])
