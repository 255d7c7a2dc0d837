"""Links mailed once more: to a case whose letter is lost, to a draft that goes on elsewhere."""

from datetime import datetime

from django.db import transaction

from careward import rulebook
from careward.accounts.models import MailedLink
from careward.applications.letters import DRAFT_PURPOSE, PURPOSE
from careward.applications.models import Application
from careward.correspondence import post
from careward.journal import Actor, acting
from careward.kernel import clock

WORKER = Actor.system("worker")


def resend(code: str, mailbox: str, asked_at: datetime) -> int:
    """Mail a fresh link to every case of this institution and mailbox, the older ones die; how many.

    A second run for the same asking mails nothing. What is unknown is nothing: nobody learns that by the answer,
    which was given before this ran.
    """
    season = rulebook.current().season_at(clock.now(), county=rulebook.ANYWHERE)
    cases = Application.objects.sent().of_season(season.code)
    return sum(
        _fresh(case, asked_at) for case in cases.filter(institution_code__iexact=code, mailbox=mailbox)
    )


def _fresh(case: Application, asked_at: datetime) -> bool:
    with transaction.atomic(), acting(WORKER, "application.resend"):
        held = Application.objects.select_for_update().get(pk=case.pk)
        expires = held.rules.application_link_expires_at
        links = MailedLink.objects.not_revoked().filter(purpose=PURPOSE, subject_id=str(held.pk))
        if expires < clock.now() or links.filter(mailbox=held.mailbox, issued_at__gte=asked_at).exists():
            return False
        MailedLink.issue(PURPOSE, str(held.pk), held.mailbox, expires)
        post("application_link", held)
        return True


def remind(code: str) -> int:
    """Mail every case of an institution its link once more, the same one: whoever asks cannot make it die."""
    season = rulebook.current().season_at(clock.now(), county=rulebook.ANYWHERE)
    cases = Application.objects.counting().of_season(season.code).filter(institution_code=code)
    for case in cases:
        with transaction.atomic(), acting(WORKER, "application.remind"):
            post("application_link", Application.objects.select_for_update().get(pk=case.pk))
    return len(cases)


def send_draft_link(application: Application, by: Actor) -> None:
    """Mail the proved mailbox a link with which the draft goes on elsewhere; an older one dies."""
    with transaction.atomic(), acting(by, "application.send_draft_link"):
        held = Application.objects.select_for_update().get(pk=application.pk)
        expires = held.rules.moment("institution_window_closes").at
        MailedLink.issue(DRAFT_PURPOSE, str(held.pk), held.mailbox, expires)
        post("draft_link", held)
