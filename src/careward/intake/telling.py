"""What became of its files, told to an institution by letter: one letter for all that were answered since the last.

Who sends five files one after the other, as every month's end asks, gets one letter and not five. An answer leaves its
delivery untold; telling takes every untold one of an account, writes the letters and marks them told, in one
transaction under the lock that every answer takes (:mod:`careward.intake.surroundings`). So each is told exactly once,
and one that is already waiting to be told has a job to come that will see the next one, too.
"""

from collections.abc import Sequence
from operator import attrgetter
from typing import Final
from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from careward.correspondence.acts import LAST
from careward.correspondence.composing import post
from careward.intake.letters import DeliveriesAnswered
from careward.intake.looking import account_afresh
from careward.intake.models import Delivery
from careward.intake.procedure import GATHERED
from careward.intake.surroundings import alone
from careward.journal import Actor, acting
from careward.provisioning.models import UploadAccount

_TAKE_UNTOLD: Final = (
    'UPDATE "intake_delivery" SET "untold" = FALSE WHERE "untold" AND "account_id" = %s RETURNING *'
)
GATHER_SECONDS: Final = 10
"""So long a letter waits for more to tell; the receipt itself is there at once [decided]."""
WORKER: Final = Actor.system("worker")


def tell_later(account_id: str) -> None:
    """Queue the telling of what is answered now, within the transaction that answers."""
    from careward.intake.jobs import tell_account

    tell_account.configure(priority=LAST, schedule_in={"seconds": GATHER_SECONDS}).defer(
        account_id=account_id
    )


def tell(account_id: str) -> None:
    """Write the letters about every answer its account was not told yet; a second run writes none."""
    account = account_afresh(UUID(account_id))
    with transaction.atomic(), acting(WORKER, "delivery.tell"):
        alone(account.institution_id)
        untold = sorted(
            Delivery.objects.raw(_TAKE_UNTOLD, [account.pk]), key=attrgetter("received_at", "ticket")
        )
        for delivery in untold:
            delivery.account, delivery.institution = account, account.institution
        for lane in sorted({delivery.lane for delivery in untold}):
            _write(account, [delivery for delivery in untold if delivery.lane == lane])


def _write(account: UploadAccount, untold: Sequence[Delivery]) -> None:
    """A bundle has a letter of its own, which lists what was in it; a file alone has the letter that says most."""
    files = [delivery for delivery in untold if delivery.state != GATHERED]
    for bundle in untold:
        if bundle.state == GATHERED:
            post("bundle_answered", bundle)
    if len(files) > 1:
        post("deliveries_answered", account, **DeliveriesAnswered.telling(files))
    elif files:
        post("delivery_rejected" if files[0].error_count else "delivery_accepted", files[0])


def take_up() -> int:
    """Give every account with something untold a job, where none is waiting; how many."""
    from careward.intake.jobs import tell_account

    living = ProcrastinateJob.objects.filter(task_name=tell_account.name, status__in=("todo", "doing"))
    busy = {args["account_id"] for args in living.values_list("args", flat=True)}
    untold = {str(pk) for pk in Delivery.objects.untold().values_list("account_id", flat=True)}
    for account_id in untold - busy:
        tell_later(account_id)
    return len(untold - busy)
