"""Pages that import what the registry knows."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from careward.accounts.access import actor_of, for_roles
from careward.registry.importing import IMPORTERS
from careward.registry.models import Institution
from careward.shell.importing import import_page

IMPORTING = ("ministry", "vendor")
"""Who keeps the registry [decided: the counties correct their institutions through the ministry]."""


@require_safe
@for_roles(*IMPORTING)
def imports(request: HttpRequest) -> HttpResponse:
    """What can be imported."""
    kinds = [{"id": one.id, "title": one.say("title"), "lead": one.say("lead")} for one in IMPORTERS.values()]
    return render(request, "registry/imports.html", {"kinds": kinds, "count": Institution.objects.count()})


@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(*IMPORTING)
def import_table(request: HttpRequest, kind: str) -> HttpResponse:
    """Import one kind of table: choose, see, confirm."""
    if kind not in IMPORTERS:
        raise Http404(kind)
    return import_page(request, IMPORTERS[kind], lambda: actor_of(request))
