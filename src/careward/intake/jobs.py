"""Checking what was received."""

import logging
from time import monotonic
from traceback import extract_tb
from typing import Final
from uuid import UUID

from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from careward.checking.reading.bundles import BundleRefused
from careward.flow import NotPermitted
from careward.flow.queueing import LONG, AfterTheOthers
from careward.intake import acts, receipt_books, telling
from careward.intake.models import Delivery
from careward.intake.procedure import UNPACKED
from careward.intake.questions import MOST_ATTEMPTS
from careward.journal import Actor
from careward.seasons.moves import held_moves

log = logging.getLogger(__name__)

WORKER = Actor.system("worker")
_SOURCE = "/careward/"
TURN_SECONDS: Final = 10.0
"""So long one job goes on to an institution's next file; what waits then waits its turn like everybody's [decided]."""


class NotChecked(RuntimeError):
    """A check did not come to an end: the message names ticket, kind of fault and place, no content."""


@app.task(
    queue="checks",
    # 3, 33, 63, 93, 123 seconds: a store that is away for five minutes leaves no file stuck, and who only lost some
    # workers, which count among the attempts, does not wait for four.
    retry=AfterTheOthers(
        max_attempts=MOST_ATTEMPTS - 1, wait=3, linear_wait=30, retry_exceptions={NotChecked}
    ),
    pass_context=True,
    name="intake.check_delivery",
)
def check_delivery(context: JobContext, delivery_id: str) -> None:
    """Check a delivery, and whatever else its institution waits for (see :func:`check_waiting`)."""
    check_waiting(delivery_id, again=context.job.attempts > 0)


def queue_check(delivery: Delivery) -> None:
    """Queue the check."""
    check_delivery.configure(lock=lock_of(delivery)).defer(delivery_id=str(delivery.pk))


def lock_of(delivery: Delivery) -> str:
    """Of the jobs with one lock one is done at a time: an institution's files are checked one after the other."""
    return f"institution-{delivery.institution_id}"


def check_waiting(delivery_id: str, *, again: bool = False) -> None:
    """Check all that waits of a delivery's institution, each file to its one end, until nothing waits (decision 0057).

    What was begun before is begun again when it is this delivery, or when this is done ``again``: its worker died or
    failed. Raises :class:`NotChecked` when the platform fails for one of them; the job is tried again, and after the
    last attempt the delivery stays visible as stuck. A file that cannot be read is no failure but a rejected delivery.
    """
    faults: dict[UUID, str] = {}
    try:
        if again:
            _end_what_is_answered(delivery_id)
        _check_all(delivery_id, faults, again=again)
    except Exception as fault:  # noqa: BLE001 - whatever it is: its message may quote a file, so it goes no further
        raise NotChecked(f"{delivery_id}: {type(fault).__name__} at {_place(fault)}") from None
    if faults:
        raise NotChecked("; ".join(faults.values())) from None


def _check_all(delivery_id: str, faults: dict[UUID, str], *, again: bool) -> None:
    until = monotonic() + TURN_SECONDS
    while waiting := [
        one for one in Delivery.objects.waiting_with(delivery_id, again=again) if one.pk not in faults
    ]:
        for one in waiting:
            if monotonic() > until:
                queue_check(one)
                return
            fault = _fault_of(one)
            if fault:
                faults[one.pk] = fault


def _fault_of(delivery: Delivery) -> str:
    """Check one; ticket, kind of fault and place when the platform failed, else nothing."""
    try:
        with held_moves():
            delivery = acts.begin(delivery, WORKER)
            _check(delivery)
    except NotPermitted:
        log.warning("delivery %s had its answer from another worker", delivery.ticket)
    except Exception as fault:  # noqa: BLE001 - as above
        told = f"{delivery.ticket}: {type(fault).__name__} at {_place(fault)}"
        if delivery.is_stuck:
            log.error("a delivery is stuck after %d attempts: %s", delivery.attempts, told)  # noqa: TRY400
        return told
    return ""


def _end_what_is_answered(delivery_id: str) -> None:
    """Do what a worker that died left out after an answer was committed: workbooks, the answer of a bundle."""
    beside = Delivery.objects.of_its_institution(delivery_id)
    for answered in beside.filter(checked_at__isnull=False):
        receipt_books.complete(answered)
    for bundle in beside.filter(state=UNPACKED):
        gather(bundle)


@app.task(
    queue="default",
    lock=LONG,
    retry=AfterTheOthers(max_attempts=4, exponential_wait=4),
    name="intake.renew_workbooks",
)
def renew_workbooks(delivery_id: str) -> None:
    """Write the workbooks of a receipt anew after its warnings were confirmed, or that was taken back."""
    receipt_books.renew(Delivery.objects.get(pk=delivery_id))


@app.task(
    queue="letters",
    retry=RetryStrategy(max_attempts=4, exponential_wait=4),
    name="intake.tell_account",
)
def tell_account(account_id: str) -> None:
    """Write the letters about what was answered and not told yet (:mod:`careward.intake.telling`)."""
    telling.tell(account_id)


def _place(fault: Exception) -> str:
    """The line of our own code that failed, or called what failed."""
    own = [frame for frame in extract_tb(fault.__traceback__) if _SOURCE in frame.filename]
    return f"{own[-1].filename.rpartition(_SOURCE)[2]}:{own[-1].lineno}"


def gather(bundle: Delivery) -> None:
    """Answer a bundle whose files all have their answer; nothing to do while one has none.

    Asked after each commit, so that whoever commits last finds all of them answered; who dies before it asks leaves
    it to :mod:`careward.intake.reconciling`.
    """
    from careward.intake import unpacking

    if bundle.state != UNPACKED or bundle.members.in_the_inbox().exists():
        return
    try:
        acts.gather(bundle, WORKER, answer=unpacking.answer(bundle))
    except NotPermitted:
        log.warning("bundle %s had its answer from another worker", bundle.ticket)


def _check(delivery: Delivery) -> None:
    # Only here: the gateway queues checks and should not hold in memory what makes them.
    from careward.checking.bundle_order import refusal
    from careward.intake import unpacking
    from careward.intake.examining import content_of, examined, refused_whole

    content = content_of(delivery)
    try:
        parts = unpacking.parts_of(delivery, content)
    except BundleRefused as refused:
        found = refusal(refused, delivery.specification)
        _end(delivery, *refused_whole(delivery, found))
        return
    if parts is None:
        _end(delivery, *examined(delivery, content))
        return
    try:
        delivery = acts.unpack(delivery, WORKER, parts=parts)
    except NotPermitted:
        log.warning("delivery %s was taken apart by another worker", delivery.ticket)
        return
    gather(delivery)


def _end(delivery: Delivery, answer: acts.Answer, kept: acts.Kept | None) -> None:
    try:
        if kept is None:
            delivery = acts.reject(delivery, WORKER, answer=answer)
        else:
            delivery = acts.accept(delivery, WORKER, answer=answer, kept=kept)
    except NotPermitted:
        log.warning("delivery %s had its answer from another worker", delivery.ticket)
        return
    if answer.result is not None:
        receipt_books.make(delivery, answer.result)
    if delivery.bundle is not None:
        gather(delivery.bundle)
