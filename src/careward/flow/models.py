"""The base of every model that has a procedure."""

from typing import ClassVar

import pgtrigger
from django.db import models

from careward.kernel.procedure import Procedure
from careward.kernel.texts import text


class Subject(models.Model):
    """A thing with states. ``state`` is written by :mod:`careward.flow` only; an unsaved subject has none."""

    procedure: ClassVar[Procedure]

    state = models.CharField(max_length=32, editable=False)

    class Meta:
        abstract = True

    @property
    def state_label(self) -> str:
        """The state in words, from ``states`` in the package's texts; empty before the first act."""
        return text(f"{self._meta.app_label}:states.{self.procedure.id}.{self.state}") if self.state else ""

    def open_to(self, role: str) -> tuple[str, ...]:
        """Acts that ``role`` may try now: the buttons to offer."""
        return self.procedure.permitted(self.state or None, role)


def state_is_known(procedure: Procedure) -> models.CheckConstraint:
    """The database's own list of states, from the table."""
    return models.CheckConstraint(
        condition=models.Q(state__in=procedure.states), name=f"{procedure.id}_state_is_known"
    )


def state_follows(procedure: Procedure) -> pgtrigger.FSM:
    """A trigger that refuses a change of state for which the table has no row, whoever makes it."""
    pairs = {(row.state, row.next) for row in procedure.transitions if row.state and row.state != row.next}
    return pgtrigger.FSM(name=f"{procedure.id}_state_follows", field="state", transitions=sorted(pairs))
