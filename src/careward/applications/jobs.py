"""What is looked at after an act: pictures of the pages of what was handed in, signs, addresses, links again."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from careward.applications import documents, doubles, findings, inspecting, resending, sharing
from careward.applications.models import Application, Document
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.store.objects import objects

MOST_JOBS = 3
"""So many jobs, each with its own retries, try to draw a file's pages; after that a person must look."""

SIGN_MISSING = "applications:sheet_sign_missing"
NOT_DRAWN = "applications:pages_not_drawn"

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


@app.task(
    queue="documents",
    retry=RetryStrategy(max_attempts=4, exponential_wait=4),
    name="applications.look_at_signs",
)
def look_at_signs(application_id: str) -> None:
    """Note on each pre-filled document whether it has a sign no font can show; a second run notes nothing new."""
    with transaction.atomic(), acting(WORKER, "application.look_at_signs"):
        application = Application.objects.select_for_update().get(pk=application_id)
        missing = documents.signs_missing(application)
        needed = application.needed_documents if missing else ()
        found = {
            kind.id: {SIGN_MISSING: {"document": kind.label}} if kind in needed else {}
            for kind in application.rules.documents.values()
        }
        findings.settle_each(application, {SIGN_MISSING}, found)


@app.task(
    queue="default",
    retry=RetryStrategy(max_attempts=4, exponential_wait=4),
    name="applications.look_at_others",
)
def look_at_others(application_id: str, former: list[str], former_code: str) -> None:
    """Note on the other applications too that they share an address or the institution, and anew on this one.

    ``former`` and ``former_code`` are what it said before. Who applied before for the same institution is warned.
    A second run notes nothing new and warns nobody again.
    """
    application = Application.objects.get(pk=application_id)
    for one in (application_id, *sharing.beside(application, former)):
        with _held(one) as held:
            sharing.look(held)
    for one in (application_id, *doubles.beside(application, former_code)):
        with _held(one) as held:
            doubles.look(held)
            if held != application and held.institution_code == application.institution_code:
                doubles.warn_original(held, application)


@app.task(
    queue="default",
    retry=RetryStrategy(max_attempts=4, exponential_wait=4),
    name="applications.look_at_addresses_in_use",
)
def look_at_addresses_in_use(sources: list[str]) -> None:
    """Note anew what the season's applications share, after something else came to use these addresses, or no more.

    A second run notes nothing new.
    """
    for one in sharing.at(sources):
        with _held(one) as held:
            sharing.look(held)


@contextmanager
def _held(application_id: str) -> Iterator[Application]:
    with transaction.atomic(), acting(WORKER, "application.look_at_others"):
        yield Application.objects.select_for_update().get(pk=application_id)


def take_up() -> int:
    """Give each file without page pictures and without a living job a new one, a few times; how many.

    When that did not help, the officer is told to open the file itself.
    """
    begun = ProcrastinateJob.objects.filter(task_name=render_pages.name)
    jobs = Counter(args["document_id"] for args in begun.values_list("args", flat=True))
    living = begun.filter(status__in=("todo", "doing"))
    busy = {args["document_id"] for args in living.values_list("args", flat=True)}
    waiting = [
        file for file in Document.objects.in_force().filter(rendered_at=None) if str(file.pk) not in busy
    ]
    again = [file for file in waiting if jobs[str(file.pk)] < MOST_JOBS]
    for file in again:
        render_pages.defer(document_id=str(file.pk))
    for file in waiting:
        if file not in again:
            _give_up(file)
    return len(again)


def _give_up(file: Document) -> None:
    with transaction.atomic(), acting(WORKER, "document.give_up_pictures"):
        findings.note(file.application, NOT_DRAWN, subject=str(file.pk), document=file.kind_label)


def _note(document_id: str) -> None:
    with transaction.atomic(), acting(WORKER, "document.render"):
        document = Document.objects.select_for_update().get(pk=document_id)
        if document.rendered_at is None:
            document.rendered_at = clock.now()
            document.save(update_fields=["rendered_at"])
            findings.lift(document.application, NOT_DRAWN, subject=document_id)


@app.task(
    queue="letters", retry=RetryStrategy(max_attempts=4, exponential_wait=4), name="applications.resend"
)
def resend(code: str, mailbox: str, asked_at: str) -> None:
    """Mail fresh links to the cases of an institution and mailbox; see :func:`resending.resend`."""
    resending.resend(code, mailbox, datetime.fromisoformat(asked_at))


@app.task(queue="letters", name="applications.remind")
def remind(code: str) -> None:
    """Mail the link in force once more; tried once, since a second letter would only be one more letter."""
    resending.remind(code)
