"""The account of a system that uploads for many institutions (由護理之家照護管理系統介接); its owner is the operator.

It has no institution and no password: a key from a listed address. For which institutions it may upload follows from
their signed-off applications of its mode, each with a right of its own (decision 0041).
"""

import uuid
from typing import ClassVar, Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from careward.applications.rules import shown_source
from careward.flow.models import Subject, state_follows, state_is_known
from careward.journal import tracked
from careward.kernel import clock
from careward.kernel.procedure import Procedure, Transition
from careward.kernel.texts import text
from careward.provisioning.notifying import tells_of_changes

IN_USE: Final = "in_use"
CLOSED: Final = "closed"
_STOPPING: Final = ("vendor", "ministry")

PROCEDURE: Final = Procedure(
    id="system_account",
    states=(IN_USE, "suspended", CLOSED),
    transitions=(
        Transition(None, "open", ("vendor",), IN_USE, ("only_one",)),
        Transition(IN_USE, "change_sources", ("vendor",), IN_USE),
        Transition(IN_USE, "register_key", ("vendor",), IN_USE, ("key_may_be_registered",)),
        *(
            Transition(state, "end_key", _STOPPING, state, ("key_is_valid", "reason_given"))
            for state in (IN_USE, "suspended")
        ),
        Transition(IN_USE, "suspend", _STOPPING, "suspended", ("reason_given",)),
        Transition("suspended", "resume", _STOPPING, IN_USE),
        Transition(IN_USE, "close", _STOPPING, CLOSED),
        Transition("suspended", "close", _STOPPING, CLOSED),
    ),
)


class SystemAccountQuerySet(models.QuerySet["SystemAccount"]):
    """Questions to the accounts of systems."""

    def of_mode(self, mode: str) -> "SystemAccount | None":
        """The one of a mode that is not closed; None while there is none."""
        return self.exclude(state=CLOSED).filter(mode=mode).first()

    def running(self) -> "SystemAccountQuerySet":
        """Those that can come in: not stopped, and with a key that has not ended."""
        now = clock.now()
        keyed = Q(system_keys__isnull=False) & (
            Q(system_keys__valid_to=None) | Q(system_keys__valid_to__gt=now)
        )
        return self.filter(keyed, state=IN_USE).distinct()


@tracked()
class SystemAccount(Subject):
    """What a mode's system signs in with; ``mode`` is an id of the season's modes, ``networks`` CIDR texts."""

    procedure: ClassVar[Procedure] = PROCEDURE

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mode = models.CharField(max_length=32)
    username = models.CharField(max_length=32, unique=True)
    networks = ArrayField(models.CharField(max_length=43))
    opened_at = models.DateTimeField(default=clock.now)
    suspended_reason = models.CharField(max_length=500, blank=True, default="")

    objects = SystemAccountQuerySet.as_manager()

    class Meta:
        constraints = [
            state_is_known(PROCEDURE),
            models.UniqueConstraint(
                fields=["mode"],
                condition=~Q(state=CLOSED),
                name="one_account_a_system",
                violation_error_message=text("provisioning:constraints.one_account_a_system"),
            ),
        ]
        triggers = [state_follows(PROCEDURE), tells_of_changes("id")]

    def __str__(self) -> str:
        return self.username

    @property
    def state_colour(self) -> str:
        """The colour of the state's tag."""
        return {IN_USE: "green", CLOSED: "grey"}.get(self.state, "orange")

    @property
    def can_come_in(self) -> bool:
        """Whether files may come through it at all; without a key nobody signs in."""
        return SystemAccount.objects.running().filter(pk=self.pk).exists()

    @property
    def networks_in_words(self) -> str:
        """The address list on one line."""
        return text("provisioning:list_separator").join(shown_source(network) for network in self.networks)
