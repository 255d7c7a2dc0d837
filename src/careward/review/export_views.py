"""Taking one case out of the platform, whole."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from careward.accounts.access import COUNTY, for_roles, user_of
from careward.review import exporting
from careward.review.reaching import case_of


@never_cache
@require_POST
@for_roles(*COUNTY, "auditor")
def export(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """The case as a ZIP: PDF, data, documents, hashes. Every export is recorded; an auditor changes nothing else."""
    package = exporting.export(case_of(request, application_id), user_of(request))
    return HttpResponse(
        package.content,
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{package.name}"',
            "Cache-Control": "no-store",
        },
    )
