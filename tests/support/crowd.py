"""Many applications at once, as rows."""

from typing import Any

from careward.applications.models import Application
from support.applying import ANSWERS, DURING


def rows(count: int, **changes: Any) -> None:
    """Rows as sent and completed applications, without their documents: the queue shows none."""
    moments = dict.fromkeys(("started_at", "declared_at", "submitted_at", "completed_at"), DURING)
    kept = Application.objects.count()
    Application.objects.bulk_create(
        Application(
            **{
                **ANSWERS,
                **moments,
                "state": "submitted",
                "season": "115",
                "kind": "new",
                "notice_version": "1",
                "reference": f"T-{kept + number:06d}",
                "institution_code": f"113{kept + number:07d}",
                **changes,
            }
        )
        for number in range(count)
    )
