"""What a dead job or a failed request left behind is mended, a few times and without touching what counts."""

import os
from pathlib import Path

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from careward.applications import jobs, reconciling
from careward.applications.models import Application, Document
from careward.kernel.identifiers import make_national_id
from careward.store.objects import SENT_LEFT_AFTER_SECONDS, objects
from support.applying import lacking, submitted, with_scan

pytestmark = pytest.mark.django_db


def _jobs(document: Document) -> int:
    return ProcrastinateJob.objects.filter(
        task_name="applications.render_pages", args={"document_id": str(document.pk)}
    ).count()


def _all_died(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every job until now had failed for good: the app role may not write the queue's rows itself."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM procrastinate_jobs WHERE status = 'todo'")
        for (job,) in cursor.fetchall():
            cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = %s", [job])


def test_page_pictures_whose_job_died_are_taken_up_again_a_few_times_then_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    application = with_scan(lacking())
    document = application.documents.get()
    assert jobs.take_up() == 0
    for tries in range(2, jobs.MOST_JOBS + 1):
        _all_died(monkeypatch)
        assert jobs.take_up() == 1
        assert jobs.take_up() == 0
        assert _jobs(document) == tries
    _all_died(monkeypatch)
    for _ in range(2):
        assert jobs.take_up() == 0
    assert _jobs(document) == jobs.MOST_JOBS
    [finding] = document.findings.filter(kind=jobs.NOT_DRAWN)
    assert "下載原檔" in finding.look_at
    jobs.render_pages(str(document.pk))
    assert not document.findings.filter(kind=jobs.NOT_DRAWN).exists()


def test_files_taken_back_or_drawn_need_no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    application = with_scan(lacking())
    jobs.render_pages(str(application.documents.get().pk))
    _all_died(monkeypatch)
    assert jobs.take_up() == 0


def _aged(key: str, seconds: float = SENT_LEFT_AFTER_SECONDS + 1) -> None:
    path: Path = objects()._path(key)  # type: ignore[attr-defined]
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


def test_a_scan_whose_request_failed_is_swept_after_long_and_nothing_that_counts() -> None:
    application = with_scan(lacking())
    document = application.documents.get()
    jobs.render_pages(str(document.pk))
    document.refresh_from_db()
    left = f"applications/{application.pk}/of-a-request-that-failed"
    reconciling.reconcile()  # what tests before this one left
    objects().put(left, b"%PDF-")
    assert reconciling.reconcile() == (0, 0)
    for key in (left, document.key, *document.page_keys):
        _aged(key)
    assert reconciling.reconcile() == (1, 0)
    assert not objects().exists(left)
    assert objects().exists(document.key)
    assert all(objects().exists(key) for key in document.page_keys)


def _signs(application: Application) -> list[tuple[str, str]]:
    found = application.findings.in_force().filter(kind=jobs.SIGN_MISSING)
    return [(finding.subject, finding.told) for finding in found]


def test_a_name_no_font_has_is_told_to_both_and_lifted_when_corrected() -> None:
    from careward.applications import acts
    from support.applying import APPLICANT, DURING

    application = lacking(person_name="林\U000323af明", mode="rented")
    for _ in range(2):
        jobs.look_at_signs(str(application.pk))
    assert [subject for subject, _ in _signs(application)] == ["mandate", "vendor_commitment"]
    assert all("手寫" in told and "\U000323af" not in told for _, told in _signs(application))
    changes = {"person_name": "林大明", "person_id": make_national_id(6)}
    application = acts.correct(application, APPLICANT, changes=changes, arrived_at=DURING)
    jobs.look_at_signs(str(application.pk))
    assert _signs(application) == []


def test_common_names_give_nothing_to_write_by_hand() -> None:
    application = submitted(person_name="林喆堃", institution_name="犇㛇護理之家")
    jobs.look_at_signs(str(application.pk))
    assert _signs(application) == []
