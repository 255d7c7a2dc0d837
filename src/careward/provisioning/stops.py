"""When nothing could be uploaded: kept as rows, since whose month was missed meanwhile depends on it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db import models
from django.db.models import F, Min, Q

from careward.journal import tracked
from careward.kernel.spans import Span
from careward.kernel.texts import text
from careward.provisioning.systems import SystemAccount

if TYPE_CHECKING:
    from careward.provisioning.models import UploadAccount

_EVER: Final = datetime.min.replace(tzinfo=UTC)


@tracked()
class UploadStop(models.Model):
    """An account, or a system's, was stopped from ``begins`` to ``ends``, None while it is.

    A system's stop that its closing left ends when the next account of the same mode has its first key.
    """

    account = models.ForeignKey(
        "provisioning.UploadAccount", on_delete=models.PROTECT, null=True, related_name="stops"
    )
    system = models.ForeignKey(SystemAccount, on_delete=models.PROTECT, null=True, related_name="stops")
    begins = models.DateTimeField()
    ends = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(account=None) ^ Q(system=None),
                name="stop_is_of_one_account",
                violation_error_message=text("provisioning:constraints.stop_is_of_one_account"),
            ),
            models.CheckConstraint(
                condition=Q(ends=None) | Q(ends__gte=F("begins")),
                name="stop_ends_after_it_begins",
                violation_error_message=text("provisioning:constraints.stop_ends_after_it_begins"),
            ),
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(ends=None),
                name="account_is_stopped_once",
                violation_error_message=text("provisioning:constraints.account_is_stopped_once"),
            ),
            models.UniqueConstraint(
                fields=["system"],
                condition=Q(ends=None),
                name="system_is_stopped_once",
                violation_error_message=text("provisioning:constraints.account_is_stopped_once"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.begins:%Y-%m-%d} {self.reason}".strip()

    @property
    def span(self) -> Span:
        """The same as a span of time."""
        return Span(self.begins, self.ends, self.reason)


def begin_stop(of: "UploadAccount | SystemAccount", at: datetime, reason: str) -> None:
    """Note that an account is stopped from now on; nothing changes where it was already."""
    of.stops.get_or_create(ends=None, defaults={"begins": at, "reason": reason})


def end_stop(of: "UploadAccount | SystemAccount", at: datetime) -> None:
    """Note that it is stopped no longer."""
    of.stops.filter(ends=None).update(ends=at)


def end_stops_of_mode(mode: str, at: datetime) -> int:
    """A mode's system can come in: what the closing of the former account, or the last key's end, stopped goes on.

    How many stops that were.
    """
    return UploadStop.objects.filter(system__mode=mode, ends=None).update(ends=at)


def stops_of(accounts: Collection["UploadAccount"]) -> Mapping[UUID, tuple[Span, ...]]:
    """When nothing could come for each of these accounts, its own stops and its system's; three questions at most."""
    found: dict[UUID, list[Span]] = defaultdict(list)
    for stop in UploadStop.objects.filter(account__in=[one.pk for one in accounts]).order_by("begins", "pk"):
        assert stop.account_id is not None
        found[stop.account_id].append(stop.span)
    systems = _of_modes({one.through for one in accounts if one.through})
    return {one.pk: (*found[one.pk], *systems.get(one.through, ())) for one in accounts}


def _of_modes(modes: Iterable[str]) -> dict[str, list[Span]]:
    wanted = list(modes)
    if not wanted:
        return {}
    keyed = dict(
        SystemAccount.objects.filter(mode__in=wanted)
        .order_by()
        .values_list("mode")
        .annotate(first=Min("system_keys__valid_from"))
    )
    # Before the first key of the operator's first account there was no way in at all.
    found = {mode: [Span(_EVER, keyed.get(mode), text("provisioning:no_system_yet"))] for mode in wanted}
    stops = (
        UploadStop.objects.filter(system__mode__in=wanted).select_related("system").order_by("begins", "pk")
    )
    for stop in stops:
        assert stop.system is not None
        found[stop.system.mode].append(stop.span)
    return found
