"""Binding acts, guards and followers to the rows of a procedure, and performing them."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar

from django.db import connection, transaction
from psycopg.pq import TransactionStatus

from careward.flow.outbox import post
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.kernel.procedure import Transition
from careward.kernel.texts import text
from careward.store.by_key import ByKey

if TYPE_CHECKING:
    from careward.flow.models import Subject

M = TypeVar("M", bound="Subject")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a guard does not let an act through.

    ``code`` is looked up under ``refusals`` in the texts of the package that holds the procedure's model, with
    ``values`` filled in.
    """

    code: str
    values: dict[str, object] = field(default_factory=dict)


class Refused(Exception):
    """An act was not done, and nothing changed. ``code`` is for programs, ``message`` for the person."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


class NotPermitted(Refused):
    """The procedure has no row for this act in this state by this role: most often somebody was quicker."""


@dataclass(frozen=True, slots=True)
class Step(Generic[M]):
    """One act being performed: the locked subject, who acts, when (platform clock), by which row, with what."""

    subject: M
    by: Actor
    at: datetime
    transition: Transition
    facts: dict[str, Any]


Guard = Callable[[Step[Any]], Refusal | None]
Follower = Callable[[Step[Any]], None]
Representation = Callable[[Any, Actor], str]

bound_acts: dict[tuple[str, str], Callable[..., Any]] = {}
bound_guards: dict[tuple[str, str], Guard] = {}
_followers: dict[tuple[str, str], list[Follower]] = defaultdict(list)
_representations: list[Representation] = []


class BoundTwice(RuntimeError):
    """Two functions claim the same row of a procedure."""


def act(
    procedure: str, name: str
) -> Callable[[Callable[Concatenate[Step[M], P], None]], Callable[Concatenate[M, Actor, P], M]]:
    """Bind a function to an act: ``submit(application, actor, confirmation=…)`` then performs it.

    The body only changes fields of ``step.subject`` and what hangs on it; the state, saving, the journal and
    the letters are done here. Returns the fresh subject. Raises :class:`NotPermitted` when no row applies,
    :class:`Refused` with the last row's reason when guards refuse.
    """

    def bind(body: Callable[Concatenate[Step[M], P], None]) -> Callable[Concatenate[M, Actor, P], M]:
        _claim(bound_acts, (procedure, name), body)

        @wraps(body)
        def perform(subject: M, by: Actor, /, *args: P.args, **kwargs: P.kwargs) -> M:
            by = _in_whose_place(subject, by)
            with _begun_with_the_first_question(), transaction.atomic(), acting(by, f"{procedure}.{name}"):
                step = _choose(_locked(subject), name, by, dict(kwargs))
                body(step, *args, **kwargs)
                step.subject.state = step.transition.next
                step.subject.save()
                for letter in step.transition.letters:
                    post(letter, step.subject)
                for follower in _followers[procedure, name]:
                    follower(step)
            return step.subject

        return perform

    return bind


@contextmanager
def _begun_with_the_first_question() -> Iterator[None]:
    """Let BEGIN travel to the database with the act's first question, and not wait for an answer of its own."""
    with connection.execute_wrapper(_together):
        yield


def _together(
    execute: Callable[..., Any],
    sql: str,
    params: Any,
    many: bool,  # noqa: FBT001 - Django calls it so
    context: dict[str, Any],
) -> Any:
    wire = context["connection"].connection
    begins = wire.info.transaction_status == TransactionStatus.IDLE and not wire.autocommit
    # Only a single question: a pipeline takes one statement at a time, and the journal puts its own, which begins
    # with SELECT too, before a change or a savepoint.
    if not begins or not sql.lstrip().startswith("SELECT") or ";" in sql:
        return execute(sql, params, many, context)
    with wire.pipeline():
        return execute(sql, params, many, context)


def guard(procedure: str, name: str) -> Callable[[Guard], Guard]:
    """Bind a condition to its id in the table; it returns None to let the act through, else a Refusal."""

    def bind(condition: Guard) -> Guard:
        _claim(bound_guards, (procedure, name), condition)
        return condition

    return bind


def after(procedure: str, name: str) -> Callable[[Follower], Follower]:
    """Let a later package follow an act of an earlier one, in the same transaction."""

    def bind(follower: Follower) -> Follower:
        _followers[procedure, name].append(follower)
        return follower

    return bind


def represent(find: Representation) -> Representation:
    """Let a later package say in whose place somebody acts (職務代理): ``find`` returns that person's id, or ""."""
    _representations.append(find)
    return find


def _in_whose_place(subject: Any, by: Actor) -> Actor:
    if by.deputy_for:
        return by  # what follows from an act, such as its letters, is done in the same person's place
    found = next((whom for find in _representations if (whom := find(subject, by))), "")
    return replace(by, deputy_for=found) if found else by


def _claim(register: dict[tuple[str, str], Any], key: tuple[str, str], function: Callable[..., Any]) -> None:
    if key in register:
        raise BoundTwice(f"{key} is bound by {register[key].__qualname__} and {function.__qualname__}")
    register[key] = function


def _locked(subject: M) -> M:
    if not subject.state:
        return subject
    found: M | None = _rows(type(subject)).get(subject.pk)
    if found is None:
        raise type(subject).DoesNotExist(f"{subject._meta.label} {subject.pk} is gone")
    return found


@cache
def _rows(model: type[M]) -> ByKey[M]:
    return ByKey(model, lock=True)


def _choose(subject: M, name: str, by: Actor, facts: dict[str, Any]) -> Step[M]:
    procedure = subject.procedure
    refusal: Refusal | None = None
    at = clock.now()
    rows = procedure.rows(subject.state or None, name, by.role)
    if not rows:
        package = subject._meta.app_label
        raise NotPermitted(
            "not_permitted",
            text("flow:not_permitted", act=text(f"{package}:acts.{name}"), state=subject.state_label),
        )
    for row in rows:
        step = Step(subject, by, at, row, facts)
        refusal = next((r for g in row.guards if (r := bound_guards[procedure.id, g](step))), None)
        if refusal is None:
            return step
    assert refusal is not None
    message = text(f"{subject._meta.app_label}:refusals.{refusal.code}", **refusal.values)
    raise Refused(refusal.code, message)
