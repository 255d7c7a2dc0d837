"""Opening the newest mailed link of an application, as its reader does."""

from django.test import Client

from careward.accounts.models import MailedLink
from careward.applications.models import Application
from careward.correspondence import links


def address_of(application: Application) -> str:
    """The path that stands in the mail."""
    link = MailedLink.objects.not_revoked().get(purpose="application", subject_id=str(application.pk))
    return "/" + links.address(link.seed).split("/", 3)[3]


def open_case(client: Client, application: Application) -> None:
    """Type the institution's code and go in; a client that checks CSRF is let in without."""
    checks, client.handler.enforce_csrf_checks = client.handler.enforce_csrf_checks, False
    response = client.post(address_of(application), {"code": application.institution_code})
    client.handler.enforce_csrf_checks = checks
    assert response.status_code == 302, response.content.decode()
    assert response.headers["Location"] == "/application/"
