"""A page of the desk behind the real sign-in, for whoever wants to know whether somebody is in."""

from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from careward.accounts.access import for_roles


@for_roles("officer", "institution")
def desk(request: HttpRequest) -> HttpResponse:
    return HttpResponse("desk")


urlpatterns = [path("desk/", desk), path("", include("careward.urls"))]


def is_in(client: Client) -> bool:
    """Whether the page opens."""
    return client.get("/desk/").status_code == 200
