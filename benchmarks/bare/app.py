"""Its one view, its address and its WSGI application."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.bare.settings")

from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

application = get_wsgi_application()
PAGE = engines["django"].from_string(
    "<!doctype html><title>Institutions</title><p>{{ visitor }}<ul>"
    "{% for code, name in institutions %}<li>{{ code }} {{ name }}</li>{% endfor %}</ul>"
)


def institutions(request: HttpRequest) -> HttpResponse:
    """Twenty institutions, and who looks at them."""
    if "visitor" not in request.session:
        request.session["visitor"] = request.META["REMOTE_ADDR"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT code, name FROM registry_institution ORDER BY code LIMIT 20")
        context = {"visitor": request.session["visitor"], "institutions": cursor.fetchall()}
    return HttpResponse(PAGE.render(context, request))


urlpatterns = [path("", institutions)]
