"""What happens to a delivery: one function per act of the table, and the one way in, :func:`deliver`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

from careward.checking.naming import clean_name, recognise
from careward.checking.spill import CheckResult
from careward.checking.unreadable import Unreadable
from careward.flow import Refusal, Step, act, after, guard
from careward.intake.ground import ground_of
from careward.intake.looking import Look, free_ticket, look
from careward.intake.models import AcceptedFile, Delivery, ReceiptKey
from careward.intake.procedure import ACCEPTED, REJECTED, REPEATED
from careward.intake.surroundings import at_its_beginning, at_its_end
from careward.intake.telling import tell_later
from careward.journal import Actor
from careward.provisioning.rules import Right, right_of
from careward.registry.models import Institution
from careward.store.objects import Arriving, Settled, objects, settling

RAW: Final = "raw"
"""Where raw files lie in the object store."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a check found; its receipt lies in the store under ``receipt_key`` + ``.json`` and ``.txt``.

    ``signed_with`` is the id of the key that signed it. ``result`` is what it was made from, for who goes on.
    """

    row_count: int
    errors: int
    warnings: int
    receipt_key: str
    signed_with: str
    result: CheckResult | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """A Parquet file in the object store; it counts once :func:`accept` has written its row."""

    key: str
    sha256: str
    rows: int


def begin_arrival() -> Arriving:
    """Begin the bytes of a delivery to be; who gives them up abandons them."""
    return objects().begin(f"{RAW}/{uuid4().hex}")


@dataclass(frozen=True, slots=True)
class Part:
    """A file out of a bundle, in the object store under ``raw_key``; ``id`` is its delivery's to be."""

    id: UUID
    name: str
    raw_key: str
    size: int
    sha256: str


def deliver(
    account: UUID,
    by: Actor,
    *,
    lane: str,
    arrived: Arriving,
    name: str,
    via: str = "sftp",
    perhaps_cut: bool = False,
) -> Delivery:
    """Take in an account's file that came whole: its bytes durable in the store, then its row committed with its job.

    When this returns, both are durable. The very same file sent again while the first still waits is that first
    one: a client whose answer was lost tries again. ``perhaps_cut``: hold it until somebody says that it is
    whole. Raises Refused when the account may not upload now, OSError when the disk is full.
    """
    name = clean_name(name)
    enter = hold if perhaps_cut else receive
    # Nothing removes the object when the row fails: a commit whose answer was lost may still stand. What
    # has no row is swept later by careward.intake.reconciling.
    with settling(arrived) as settled:
        looked = look(account, lane, name, arrived.sha256)
        same = [one for one in looked.waiting if (one.sha256, one.size) == (arrived.sha256, arrived.size)]
        if not same:
            delivery = Delivery(
                account=looked.account, institution=looked.account.institution, lane=lane, via=via, name=name,
                raw_key=arrived.key, sha256=arrived.sha256, size=arrived.size, ticket=looked.ticket,
            )  # fmt: skip
            with looked.held():
                return enter(delivery, by, settled=settled, looked=looked)
    arrived.abandon()
    objects().remove(arrived.key)
    return confirm(same[-1], by) if same[-1].is_held else same[-1]


@guard("delivery", "upload_is_open")
def upload_is_open(step: Step[Any]) -> Refusal | None:
    """The account may upload into this lane at this moment (see careward.provisioning.rules)."""
    delivery: Delivery = step.subject
    if "right" not in step.facts:  # every row of the table asks
        step.facts["right"] = right_of(delivery.account)
    right: Right = step.facts["right"]
    if delivery.lane in right.lanes and right.holds(step.at):
        return None
    return Refusal("upload_not_open")


@guard("delivery", "accepted_before")
def accepted_before(step: Step[Any]) -> Refusal | None:
    """The very same bytes were accepted, on the same ground, and still stand."""
    return None if _answered_alike(step, ACCEPTED) else Refusal("not_answered_before")


@guard("delivery", "rejected_before")
def rejected_before(step: Step[Any]) -> Refusal | None:
    """The very same bytes were rejected, on the same ground."""
    return None if _answered_alike(step, REJECTED) else Refusal("not_answered_before")


def _answered_alike(step: Step[Any], state: str) -> Delivery | None:
    """The earlier delivery in this state whose answer is this one's too."""
    if "alike" not in step.facts:
        step.facts["alike"] = _alike(step)
    alike: Delivery | None = step.facts["alike"]
    return alike if alike is not None and alike.state == state else None


def _alike(step: Step[Any]) -> Delivery | None:
    """An earlier delivery of the same bytes, accepted before rejected; none while its month waits for a check."""
    looked: Look | None = step.facts.get("looked")
    if looked is not None and not looked.answered:
        return None
    delivery: Delivery = step.subject
    _say_what_its_name_says(delivery)
    if not delivery.dataset:
        return None
    answered = Delivery.objects.of_same_bytes(delivery).filter(state__in=(ACCEPTED, REJECTED))
    alike = answered.exclude(ground="").order_by("state", "-received_at", "-pk")
    if not alike.exists():
        return None
    # As accept does, so that what stands now still stands when this one is written down.
    Institution.objects.select_for_update().get(pk=delivery.institution_id)
    if Delivery.objects.beside(delivery).in_the_inbox().exists():
        return None
    return alike.filter(ground=ground_of(delivery, step.at)).first()


@act("delivery", "receive")
def receive(step: Step[Delivery], *, settled: Settled, looked: Look) -> None:
    """Give it its ticket and say what its name says; the check is queued in the same transaction.

    The very same bytes that were answered already get that answer and its receipt instead. ``settled`` makes its
    bytes durable meanwhile, ``looked`` is what was known before.
    """
    _enter(step)
    if step.transition.next == REPEATED:
        _answer_as_before(step)
    else:
        _queue(step)


@act("delivery", "extract")
def extract(step: Step[Delivery]) -> None:
    """Take in a file out of a bundle: received when the bundle was, however late that was taken apart.

    Its check is queued by who takes the bundle apart, once that is committed.
    """
    delivery, bundle = step.subject, step.subject.bundle
    assert bundle is not None, "only unpack makes it"
    _enter(step)
    delivery.received_at = bundle.received_at
    if step.transition.next == REPEATED:
        _answer_as_before(step)


@act("delivery", "unpack")
def unpack(step: Step[Delivery], *, parts: Sequence[Part]) -> None:
    """Take a bundle apart into deliveries of their own, all of them or none."""
    bundle = step.subject
    bundle.dataset = bundle.period = ""
    for place, part in enumerate(parts):
        member = Delivery(
            pk=part.id,
            account=bundle.account,
            institution=bundle.institution,
            lane=bundle.lane,
            via=bundle.via,
            name=part.name,
            raw_key=part.raw_key,
            size=part.size,
            sha256=part.sha256,
            bundle=bundle,
            place=place,
        )
        extract(member, step.by)


@act("delivery", "gather")
def gather(step: Step[Delivery], *, answer: Answer) -> None:
    """Answer a bundle: every file out of it has its answer."""
    _note(step, answer)


def _answer_as_before(step: Step[Delivery]) -> None:
    delivery = step.subject
    earlier = _answered_alike(step, ACCEPTED) or _answered_alike(step, REJECTED)
    assert earlier is not None, "its guard found one under the same lock"
    delivery.repeats = earlier
    for name in ("checked_at", "row_count", "error_count", "warning_count", "receipt_key", "signed_with"):
        setattr(delivery, name, getattr(earlier, name))
    delivery.ground = earlier.ground


@act("delivery", "hold")
def hold(step: Step[Delivery], *, settled: Settled, looked: Look) -> None:
    """Give it its ticket, but queue no check: it may not have come whole (可能未傳完). As :func:`receive`."""
    _enter(step)


@act("delivery", "confirm")
def confirm(step: Step[Delivery], *, name: str | None = None) -> None:
    """It is whole after all, under the name it has or a new one: queue the check."""
    if name is not None:
        step.subject.name = clean_name(name)
        _say_what_its_name_says(step.subject)
    _queue(step)


@act("delivery", "set_aside")
def set_aside(step: Step[Delivery]) -> None:
    """It was resumed or sent anew; its bytes stay, but it will not be checked."""


@after("delivery", "receive")
@after("delivery", "hold")
def set_the_held_one_aside(step: Step[Delivery]) -> None:
    """A held file of the same name gives way to the one that came after it."""
    for older in step.facts["looked"].waiting:
        if older.is_held:
            set_aside(older, step.by)


@after("delivery", "receive")
@after("delivery", "hold")
def wait_for_its_bytes(step: Step[Delivery]) -> None:
    """Let the row be committed only when the object it names is durable. Raises OSError when it is not."""
    step.facts["settled"].result()


def _enter(step: Step[Delivery]) -> None:
    delivery = step.subject
    delivery.received_at = step.at
    delivery.ticket = delivery.ticket or free_ticket()
    _say_what_its_name_says(delivery)


def _queue(step: Step[Delivery]) -> None:
    """Queue a check, unless whoever checks another file of the institution will check this one, too."""
    from careward.intake.jobs import queue_check

    if not Delivery.objects.another_waits(step.subject):
        queue_check(step.subject)


def _say_what_its_name_says(delivery: Delivery) -> None:
    delivery.spec = delivery.spec or delivery.account.rules.season.interchange
    try:
        said = recognise(delivery.name, spec=delivery.specification)
    except Unreadable:  # the check tells the sender what the name should be
        delivery.dataset = delivery.period = ""
    else:
        delivery.dataset, delivery.period = said.dataset.id, str(said.period)


@act("delivery", "begin")
def begin(step: Step[Delivery]) -> None:
    """Begin the check, or begin it again after a worker that did not end it."""
    step.subject.attempts += 1
    step.subject.ground = ground_of(step.subject, step.at, at_its_beginning(step.subject))


@act("delivery", "accept")
def accept(step: Step[Delivery], *, answer: Answer, kept: Kept) -> None:
    """Take the file: its Parquet is committed by this row, and the older one of the month steps back."""
    delivery = step.subject
    step.facts["beside"] = _note(step, answer)
    newer = step.facts["beside"] and _newer(step)
    AcceptedFile.objects.create(
        delivery=delivery,
        institution_id=delivery.institution_id,
        dataset=delivery.dataset,
        period=delivery.period,
        lane=delivery.lane,
        parquet_key=kept.key,
        sha256=kept.sha256,
        rows=kept.rows,
        accepted_at=step.at,
        superseded_at=step.at if newer else None,
    )


def _newer(step: Step[Delivery]) -> bool:
    """Whether the file in force came later than this one; if not, it steps back."""
    beside = AcceptedFile.objects.beside(step.subject).in_force()
    newer = beside.filter(delivery__received_at__gt=step.subject.received_at).exists()
    if not newer:
        beside.update(superseded_at=step.at)
    return newer


@after("delivery", "accept")
def let_the_older_step_back(step: Step[Delivery]) -> None:
    """Supersede every accepted delivery of the month that is no longer in force, in the same transaction.

    The last one received stands, in whatever order the checks ended: an older file that is checked late is
    superseded at once.
    """
    if not step.facts["beside"]:
        return
    replaced = Delivery.objects.filter(
        accepted_file__in=AcceptedFile.objects.beside(step.subject).exclude(superseded_at=None),
        state="accepted",
    )
    for delivery in replaced:
        supersede(delivery, step.by)


@act("delivery", "reject")
def reject(step: Step[Delivery], *, answer: Answer) -> None:
    """Do not take the file; what was accepted before stands."""
    _note(step, answer)


@act("delivery", "supersede")
def supersede(step: Step[Delivery]) -> None:
    """Step back for a newer file of the same dataset and month; the receipt stays."""


def _note(step: Step[Delivery], answer: Answer) -> bool:
    """Write the answer down; whether a file of the same month is in force (see :mod:`.surroundings`).

    Of a file out of a ZIP the ZIP's own letter tells.
    """
    delivery = step.subject
    noted, beside, more_to_tell = at_its_end(delivery, key=answer.signed_with)
    delivery.untold = delivery.bundle_id is None
    if delivery.untold and not more_to_tell:
        tell_later(str(delivery.account_id))
    delivery.checked_at = step.at
    delivery.row_count = answer.row_count
    delivery.error_count = answer.errors
    delivery.warning_count = answer.warnings
    delivery.receipt_key = answer.receipt_key
    delivery.signed_with = answer.signed_with
    if not noted:
        ReceiptKey.objects.note(answer.signed_with, step.at)
    return beside
