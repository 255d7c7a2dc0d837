"""Every state, act and role of a delivery: what the table has is done, everything else is refused."""

from collections.abc import Callable
from itertools import product
from typing import Any
from uuid import uuid4

import pytest

from careward.accounts.models import User
from careward.checking.receipt import signing
from careward.custody import acts as custody
from careward.custody.models import Disposal
from careward.flow import NotPermitted
from careward.intake import acts
from careward.intake.models import Delivery
from careward.intake.procedure import PROCEDURE
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.kernel.clock import taipei
from careward.kernel.procedure import ROLES
from support import delivering
from support.signing_in import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uploads_open")]

WORKER = Actor.system("worker")


def _answer(errors: int = 0) -> acts.Answer:
    key = next(iter(signing.own_keys()))
    return acts.Answer(row_count=3, errors=errors, warnings=0, receipt_key="receipts/none", signed_with=key)


def _kept() -> acts.Kept:
    return acts.Kept(key=f"parquet/{uuid4().hex}", sha256="0" * 64, rows=3)


FACTS: dict[str, Callable[[], dict[str, Any]]] = {
    "receive": dict,
    "hold": dict,
    "confirm": dict,
    "set_aside": dict,
    "begin": dict,
    "accept": lambda: {"answer": _answer(), "kept": _kept()},
    "reject": lambda: {"answer": _answer(errors=2)},
    "supersede": dict,
    "dispose": lambda: {"disposal": _disposal(), "rule": "test"},
    "extract": dict,
    "unpack": lambda: {"parts": ()},
    "gather": lambda: {"answer": _answer()},
}
LONG_AFTER = taipei(2040, 1, 1)
"""Whatever it is, its time of keeping is over."""


def _disposal() -> Disposal:
    with acting(WORKER, "prepare"):
        by = User.objects.filter(role="administrator").first() or person("administrator")
        return Disposal.objects.create(by=by, witness="x", confirmed_at=LONG_AFTER)


def _do(act: str, delivery: Delivery, by: Actor) -> Delivery:
    if act != "dispose":
        return getattr(acts, act)(delivery, by, **FACTS[act]())
    with clock.frozen(LONG_AFTER):
        return custody.dispose(delivery, by, **FACTS[act]())


def _in_state(state: str) -> Delivery:
    if state == "repeated":
        account = delivering.account()
        delivering.checked(account, b"")
        return delivering.delivered(account, b"")
    held = state in {"held", "set_aside"}
    delivery = delivering.delivered(delivering.account(), perhaps_cut=held)
    ways: dict[str, tuple[str, ...]] = {
        "held": (),
        "set_aside": ("set_aside",),
        "received": (),
        "checking": ("begin",),
        "accepted": ("begin", "accept"),
        "rejected": ("begin", "reject"),
        "unpacked": ("begin", "unpack"),
        "gathered": ("begin", "unpack", "gather"),
        "superseded": ("begin", "accept", "supersede"),
        "disposed": ("begin", "reject", "dispose"),
    }
    for act in ways[state]:
        delivery = _do(act, delivery, _who(act, delivery))
    return delivery


def _who(act: str, delivery: Delivery) -> Actor:
    roles = ("system", "administrator", "institution")
    return Actor(next(role for role in roles if PROCEDURE.rows(delivery.state, act, role)), "test")


@pytest.mark.parametrize("state", PROCEDURE.states)
def test_in_each_state_only_what_the_table_allows_is_done(state: str) -> None:
    delivery = _in_state(state)
    assert delivery.state == state
    for act, role in product(PROCEDURE.acts, ROLES):
        if PROCEDURE.rows(state, act, role):
            continue
        with pytest.raises(NotPermitted):
            _do(act, delivery, Actor(role, "test"))
        delivery.refresh_from_db()
        assert delivery.state == state


@pytest.mark.parametrize(
    ("state", "act", "then"),
    [(row.state, row.act, row.next) for row in PROCEDURE.transitions if row.state],
)
def test_each_row_of_the_table_leads_where_it_says(state: str, act: str, then: str) -> None:
    delivery = _in_state(state)
    delivery = _do(act, delivery, _who(act, delivery))
    assert Delivery.objects.get(pk=delivery.pk).state == then


@pytest.mark.parametrize("role", [role for role in ROLES if role != "institution"])
def test_only_an_institution_delivers(role: str) -> None:
    account = delivering.account()
    with pytest.raises(NotPermitted):
        acts.deliver(
            account.pk, Actor(role, "test"), lane="live", arrived=delivering.arrived(b"x"), name="a.csv"
        )
    assert not Delivery.objects.exists()
