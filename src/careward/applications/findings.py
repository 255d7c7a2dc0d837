"""What the platform noticed about an application and an officer should look at. It never blocks anything.

Any package may note findings of its own kinds: a kind is ``"<package>:<name>"`` and is worded in that package's
``texts.yaml`` below ``findings.<name>``: ``says`` (what was noticed), ``look_at`` (what the officer does about it)
and, when the applicant is told too, ``told``. ``values`` fill the three and hold nothing personal.
"""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from careward.journal import tracked
from careward.kernel import clock
from careward.kernel.texts import text
from careward.shell import wording

if TYPE_CHECKING:
    from careward.applications.models import Application


class FindingQuerySet(models.QuerySet["Finding"]):
    """Questions to the findings."""

    def in_force(self) -> "FindingQuerySet":
        """Those still true, oldest first."""
        return self.filter(lifted_at=None).order_by("made_at", "pk")

    def about(self, subject: str) -> "FindingQuerySet":
        """Those about one thing of the application."""
        return self.filter(subject=subject)


@tracked()
class Finding(models.Model):
    """One thing noticed about an application.

    ``subject`` says what of it: the key of a handed-in file, a field of the form, or nothing for the whole.
    ``lifted_at`` is when it was no longer true, such as after the file was replaced; the row stays.
    """

    application = models.ForeignKey(
        "applications.Application", on_delete=models.PROTECT, related_name="findings"
    )
    kind = models.CharField(max_length=64)
    subject = models.CharField(max_length=64, blank=True, default="")
    values = models.JSONField(default=dict)
    made_at = models.DateTimeField(default=clock.now)
    lifted_at = models.DateTimeField(null=True)

    objects = FindingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "kind", "subject"],
                condition=Q(lifted_at=None),
                name="finding_is_noted_once",
                violation_error_message=text("applications:constraints.finding_is_noted_once"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}".strip()

    @property
    def says(self) -> str:
        """What was noticed, for the officer."""
        return text(_key(self.kind, "says"), **self.values)

    @property
    def look_at(self) -> str:
        """What the officer looks at to decide."""
        return text(_key(self.kind, "look_at"), **self.values)

    @property
    def told(self) -> str:
        """What the applicant is told and can do; empty when it is the officer's matter alone."""
        return wording.optional(_key(self.kind, "told"), **self.values) or ""


def note(application: "Application", kind: str, *, subject: str = "", **values: object) -> Finding:
    """Note a finding, or renew the values of the one in force. Call it under an actor, best inside an act.

    Raises KeyError for a kind nobody worded and for a value its words need.
    """
    there = application.findings.in_force().filter(kind=kind, subject=subject).first()
    return _noted(there or Finding(application=application, kind=kind, subject=subject), values)


def _noted(finding: Finding, values: Mapping[str, object]) -> Finding:
    if not finding._state.adding and finding.values == values:
        return finding
    finding.values = dict(values)
    _ = finding.says, finding.look_at, finding.told
    finding.save()
    return finding


def lift(application: "Application", kind: str, *, subject: str = "") -> None:
    """Note that a finding is no longer true; none in force is no error."""
    for finding in application.findings.in_force().filter(kind=kind, subject=subject):
        _lifted(finding)


def _lifted(finding: Finding) -> None:
    finding.lifted_at = clock.now()
    finding.save(update_fields=["lifted_at"])


def settle(
    application: "Application",
    among: Collection[str],
    found: Mapping[str, Mapping[str, object]],
    *,
    subject: str = "",
) -> None:
    """Let of the kinds ``among`` exactly those ``found`` (kind to its values) be in force about the subject."""
    there = application.findings.in_force().filter(kind__in=among, subject=subject)
    _settle(application, among, found, subject, {finding.kind: finding for finding in there})


def settle_each(
    application: "Application",
    among: Collection[str],
    found: Mapping[str, Mapping[str, Mapping[str, object]]],
) -> None:
    """:func:`settle` about every subject named in ``found``, with one look at what is in force."""
    in_force: dict[str, dict[str, Finding]] = {subject: {} for subject in found}
    for finding in application.findings.in_force().filter(kind__in=among, subject__in=found.keys()):
        in_force[finding.subject][finding.kind] = finding
    for subject in sorted(found):
        _settle(application, among, found[subject], subject, in_force[subject])


def _settle(
    application: "Application",
    among: Collection[str],
    found: Mapping[str, Mapping[str, object]],
    subject: str,
    there: Mapping[str, Finding],
) -> None:
    for kind in sorted(among):
        if kind in found:
            fresh = Finding(application=application, kind=kind, subject=subject)
            _noted(there.get(kind, fresh), found[kind])
        elif kind in there:
            _lifted(there[kind])


def _key(kind: str, part: str) -> str:
    package, _, name = kind.partition(":")
    return f"{package}:findings.{name}.{part}"
