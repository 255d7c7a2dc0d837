"""Institutions."""

from django.db import models
from django.db.models import Q

from careward import rulebook
from careward.journal import tracked
from careward.kernel.texts import text
from careward.registry.rules import reach


class InstitutionQuerySet(models.QuerySet["Institution"]):
    """Questions to the registry."""

    def with_code(self, code: str) -> "InstitutionQuerySet":
        """The institution of a code, written exactly so; at most one."""
        return self.filter(code=code)

    def visible_to(self, viewer: object) -> "InstitutionQuerySet":
        """Those a person may see: see :func:`careward.registry.rules.reach`."""
        return self.filter(reach(viewer, code="code", kind="type", county="county"))


@tracked()
class Institution(models.Model):
    """A residential institution.

    ``code`` is text as its authority writes it, leading zeros included; ``type``, ``county`` and
    ``ownership`` are ids of the rulebook. ``mailbox`` is where letters go that belong to no case.
    """

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=120)
    type = models.CharField(max_length=32)
    county = models.CharField(max_length=5)
    ownership = models.CharField(max_length=32)
    licensed = models.BooleanField(default=True)
    mailbox = models.EmailField(max_length=254, blank=True, default="")

    objects = InstitutionQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(code="") & ~Q(name="") & ~Q(type="") & ~Q(county="") & ~Q(ownership=""),
                name="institution_is_whole",
                violation_error_message=text("registry:constraints.institution_is_whole"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.code}"

    @property
    def type_label(self) -> str:
        """The type in words; raises UnknownCode when the rulebook no longer has it."""
        return rulebook.current().institution_type(self.type).label

    @property
    def county_label(self) -> str:
        """The county's name; raises UnknownCode when the rulebook does not have it."""
        return rulebook.current().county(self.county).name
