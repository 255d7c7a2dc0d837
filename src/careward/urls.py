"""All addresses of the platform."""

from django.urls import include, path

urlpatterns = [
    path("", include("careward.site.urls")),
    path("", include("careward.shell.urls")),
    path("", include("careward.accounts.urls")),
    path("", include("careward.registry.urls")),
    path("", include("careward.mailroom.urls")),
    path("", include("careward.seasons.urls")),
    path("", include("careward.vendors.urls")),
    path("", include("careward.members.urls")),
    path("", include("careward.applications.urls")),
    path("", include("careward.continuing.urls")),
    path("", include("careward.review.urls")),
    path("", include("careward.provisioning.urls")),
    path("", include("careward.changes.urls")),
    path("", include("careward.intake.urls")),
    path("", include("careward.monthly.urls")),
    path("", include("careward.custody.urls")),
    path("", include("careward.rechecking.urls")),
    path("", include("careward.excerpts.urls")),
    path("", include("careward.oversight.urls")),
    path("", include("careward.gateway.urls")),
    path("", include("careward.rewards.urls")),
    path("", include("careward.ops.urls")),
]

handler400 = "careward.shell.errors.bad_request"
handler403 = "careward.shell.errors.forbidden"
handler404 = "careward.shell.errors.not_found"
handler500 = "careward.shell.errors.server_error"
