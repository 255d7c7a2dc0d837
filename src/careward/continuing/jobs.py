"""What is done without anybody pressing a button: invitations, reminders, the letter to those who lapsed.

Each letter hangs on an act with a guard, so a job that runs twice, or late, does its work once; what an
invitation counts as is computed and waits for no job.
"""

import logging
from collections.abc import Callable, Iterable
from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django import app

from careward import rulebook
from careward.continuing import acts
from careward.continuing.models import Invitation, InvitationQuerySet
from careward.continuing.procedure import INVITED, LISTED
from careward.continuing.rules import FINISHED
from careward.flow import Refused
from careward.flow.queueing import LONG, AfterTheOthers
from careward.kernel import clock

log = logging.getLogger(__name__)


@app.task(
    queue="default",
    lock=LONG,
    name="continuing.invite_all",
    retry=AfterTheOthers(max_attempts=4, exponential_wait=4),
)
def invite_all(season: str) -> None:
    """Send every invitation of a season that has not left yet."""
    waiting = Invitation.objects.of_season(season).filter(state=LISTED)
    _each(waiting.values_list("pk", flat=True), lambda invitation: acts.invite(invitation, acts.WORKER))


@app.task(queue="default", name="continuing.send_again")
def send_again(code: str, mailbox: str) -> None:
    """Send the invitation once more, if code and mailbox belong together; nobody learns whether they did."""
    season = rulebook.current().season_at(clock.now(), county=rulebook.ANYWHERE)
    mine = Invitation.objects.of_season(season.code).filter(
        institution__code__iexact=code, mailbox=mailbox, state=INVITED
    )
    _each(mine.values_list("pk", flat=True), lambda one: acts.invite_again(one, acts.WORKER))


@app.periodic(cron="* * * * *")
@app.task(queue="default", lock=LONG, name="continuing.keep_up", queueing_lock="continuing.keep_up")
def keep_up(timestamp: int = 0) -> None:
    """Send the reminders that are due, and tell those who lapsed."""
    season = rulebook.current().season_at(clock.now(), county=rulebook.ANYWHERE)
    remind_due(season.code)
    tell_lapsed(season.code)


def remind_due(season: str) -> int:
    """Remind everybody of a season whose step has come and who has not finished; how many."""
    open_ones = _unanswered(season).filter(invited_at__isnull=False)
    return _each(
        (one.pk for one in open_ones if _is_due(one)),
        lambda invitation: acts.remind(
            invitation, acts.WORKER, days_before=acts.due_days(invitation, clock.now()) or 0
        ),
    )


def tell_lapsed(season: str) -> int:
    """Tell everybody of a season who did not answer in time, once; how many."""
    untold = _unanswered(season).filter(lapse_told_at=None)
    lapsed = (one.pk for one in untold if one.closed and not one.applied_anew)
    return _each(lapsed, lambda invitation: acts.tell_lapse(invitation, acts.WORKER))


def _unanswered(season: str) -> InvitationQuerySet:
    return Invitation.objects.of_season(season).filter(state=INVITED).with_standing()


def _is_due(invitation: Invitation) -> bool:
    if invitation.closed or invitation.standing in FINISHED:
        return False
    return acts.due_days(invitation, clock.now()) is not None


def _each(keys: Iterable[UUID], do: Callable[[Invitation], object]) -> int:
    """Do it for each in a transaction of its own; what is refused meanwhile was answered or done elsewhere."""
    done = 0
    for key in list(keys):
        try:
            with transaction.atomic():
                do(Invitation.objects.get(pk=key))
        except Refused as refused:
            log.info("invitation %s: %s", key, refused.code)
        else:
            done += 1
    return done


def invite_everybody(season: str) -> None:
    """Put the sending of all invitations of a season into the queue."""
    invite_all.defer(season=season)
