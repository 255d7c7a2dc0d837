"""Who stands behind a change, and how the database learns it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pghistory

from careward.kernel import clock
from careward.kernel.procedure import READERS, ROLES


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who acts: ``role`` is one of the procedures' roles, ``id`` a stable id without personal data.

    Or one that only reads: then what is recorded is that something was taken away, and no procedure has a row.

    ``deputy_for`` is the id of the person in whose place it is done (職務代理), empty for one's own work.
    Raises ValueError for an unknown role.
    """

    role: str
    id: str
    deputy_for: str = ""

    def __post_init__(self) -> None:
        if self.role not in ROLES + READERS:
            raise ValueError(f"unknown role {self.role!r}")

    @classmethod
    def system(cls, part: str) -> "Actor":
        """A part of the platform itself, such as ``worker`` or ``demo``."""
        return cls("system", part)


def present() -> Actor:
    """Whoever acts now, by the innermost :func:`acting`. Raises LookupError when nobody was named."""
    with pghistory.context() as context:
        told = context.metadata
        if "role" not in told:
            raise LookupError("nobody acts: name the actor with acting()")
        return Actor(told["role"], told["actor"], told.get("deputy_for", ""))


@contextmanager
def acting(actor: Actor, act: str) -> Iterator[None]:
    """Name the actor and the act for every change made inside; may be nested, the inner name ends with its block.

    ``act`` is ``<procedure>.<act>`` or a short name for changes outside a procedure. The time recorded is the
    platform's clock (the demo's when it is moved); the event row carries the database's own beside it.
    """
    with pghistory.context() as context:
        outer = dict(context.metadata)
        context.metadata.update(
            role=actor.role, actor=actor.id, act=act, at=clock.now().isoformat(timespec="milliseconds")
        )
        context.metadata.pop("deputy_for", None)
        if actor.deputy_for:
            context.metadata["deputy_for"] = actor.deputy_for
        try:
            yield
        finally:
            context.metadata.clear()
            context.metadata.update(outer)
