"""Checking what was received."""

import logging
from traceback import extract_tb
from typing import Final

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from careward.checking.reading.bundles import BundleRefused
from careward.flow import NotPermitted
from careward.intake import acts, receipt_books, telling
from careward.intake.models import Delivery
from careward.intake.procedure import UNPACKED
from careward.intake.questions import MOST_ATTEMPTS
from careward.journal import Actor
from careward.seasons.moves import held_moves
from careward.store.by_key import ByKey

log = logging.getLogger(__name__)

WORKER = Actor.system("worker")
_SOURCE = "/careward/"
_DELIVERIES: Final = ByKey(Delivery)


class NotChecked(RuntimeError):
    """A check did not come to an end: the message names ticket, kind of fault and place, no content."""


@app.task(
    queue="checks",
    retry=RetryStrategy(max_attempts=MOST_ATTEMPTS - 1, exponential_wait=3, retry_exceptions={NotChecked}),
    name="intake.check_delivery",
)
def check_delivery(delivery_id: str) -> None:
    """Check one delivery to its one end, however often and by however many workers it is begun.

    Raises :class:`NotChecked` when the platform fails; the job is tried again, and after the last attempt the
    delivery stays visible as stuck. A file that cannot be read is no failure but a rejected delivery.
    """
    delivery = _DELIVERIES.get(delivery_id)
    if delivery is None:
        raise Delivery.DoesNotExist(f"delivery {delivery_id} is gone")
    try:
        with held_moves():
            try:
                delivery = acts.begin(delivery, WORKER)
            except NotPermitted:  # it has its answer
                receipt_books.complete(delivery)
                if delivery.bundle is not None:
                    gather(delivery.bundle)
            else:
                _check(delivery)
    except Exception as fault:  # noqa: BLE001 - whatever it is: its message may quote the file, so it goes no further
        told = f"{delivery.ticket}: {type(fault).__name__} at {_place(fault)}"
        if delivery.is_stuck:
            log.error("a delivery is stuck after %d attempts: %s", delivery.attempts, told)  # noqa: TRY400
        raise NotChecked(told) from None


@app.task(
    queue="default",
    retry=RetryStrategy(max_attempts=4, exponential_wait=4),
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
    for member in delivery.members.unfinished().order_by("place"):
        # One after the other, in their order: some are compared with others.
        check_delivery.configure(lock=f"bundle-{delivery.pk}").defer(delivery_id=str(member.pk))
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
