"""Institutions."""

from django.db import models
from django.db.models import Q

from careward import rulebook
from careward.journal import tracked
from careward.kernel.text import both_spellings, squeeze
from careward.kernel.texts import text
from careward.registry.rules import reach
from careward.store.fields import SealedTextField


class InstitutionQuerySet(models.QuerySet["Institution"]):
    """Questions to the registry."""

    def with_code(self, code: str) -> "InstitutionQuerySet":
        """The institution of a code, written exactly so; at most one."""
        return self.filter(code=code)

    def called(self, asked: str) -> "InstitutionQuerySet":
        """Those whose code begins so or whose name contains it, 臺 and 台 alike, by name; none for blanks."""
        plain = squeeze(asked)
        if not plain:
            return self.none()
        one, other = both_spellings(plain)
        named = Q(name__icontains=one) | Q(name__icontains=other)
        return self.filter(Q(code__istartswith=plain) | named).order_by("name", "code")

    def visible_to(self, viewer: object) -> "InstitutionQuerySet":
        """Those a person may see: see :func:`careward.registry.rules.reach`."""
        return self.filter(reach(viewer, code="code", kind="type", county="county"))


@tracked()
class Institution(models.Model):
    """A residential institution.

    ``code`` is text as its authority writes it, leading zeros included; ``type``, ``county`` and
    ``ownership`` are ids of the rulebook. ``mailbox`` is where letters go that belong to no case,
    ``founded_on`` the day it was licensed, None while nobody entered it.
    """

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=120)
    type = models.CharField(max_length=32)
    county = models.CharField(max_length=5)
    ownership = models.CharField(max_length=32)
    licensed = models.BooleanField(default=True)
    mailbox = models.EmailField(max_length=254, blank=True, default="")
    founded_on = models.DateField(null=True)

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


class PersonInChargeQuerySet(models.QuerySet["PersonInCharge"]):
    """Questions to the people in charge."""

    def now(self, code: str) -> "PersonInCharge | None":
        """The one in charge of an institution; None while nobody was entered."""
        return self.filter(institution__code=code, until=None).first()


@tracked()
class PersonInCharge(models.Model):
    """Who is in charge of an institution (機構負責人) from ``since`` to ``until``; None: still.

    ``number`` is the personal ID, None where the institution is identified by the name alone (domain.md §2).
    """

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="people_in_charge")
    name = SealedTextField()
    number = SealedTextField(null=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    objects = PersonInChargeQuerySet.as_manager()

    class Meta:
        ordering = ["institution", "since", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["institution"],
                condition=Q(until=None),
                name="one_person_in_charge",
                violation_error_message=text("registry:constraints.one_person_in_charge"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.since:%Y-%m-%d}"


class OccupancyQuerySet(models.QuerySet["Occupancy"]):
    """Questions to the beds and residents."""

    def of_month(self, month: str) -> "OccupancyQuerySet":
        """At the end of a ROC month, ``11312``."""
        return self.filter(month=month)

    def visible_to(self, viewer: object) -> "OccupancyQuerySet":
        """Those of institutions a person may see."""
        return self.filter(institution__in=Institution.objects.visible_to(viewer))


@tracked()
class Occupancy(models.Model):
    """Beds and residents of an institution at the end of a ROC month (``11312``).

    ``not_counted_residents`` are those of ``residents`` the reward does not count: 老福 in 安養床, 身障 in
    早療 [S4 獎勵標準]. ``open_beds`` is what 護理之家 are counted by. None: nobody entered it.
    """

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="occupancies")
    month = models.CharField(max_length=5)
    approved_beds = models.PositiveIntegerField(null=True)
    open_beds = models.PositiveIntegerField(null=True)
    residents = models.PositiveIntegerField(null=True)
    not_counted_residents = models.PositiveIntegerField(default=0)

    objects = OccupancyQuerySet.as_manager()

    class Meta:
        ordering = ["institution", "month"]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "month"],
                name="one_occupancy_a_month",
                violation_error_message=text("registry:constraints.one_occupancy_a_month"),
            ),
            models.CheckConstraint(
                condition=Q(residents__isnull=True) | Q(not_counted_residents__lte=models.F("residents")),
                name="not_counted_are_among_residents",
                violation_error_message=text("registry:constraints.not_counted_are_among_residents"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.month}"


class AccreditationQuerySet(models.QuerySet["Accreditation"]):
    """Questions to the accreditations."""

    def visible_to(self, viewer: object) -> "AccreditationQuerySet":
        """Those of institutions a person may see."""
        return self.filter(institution__in=Institution.objects.visible_to(viewer))


@tracked()
class Accreditation(models.Model):
    """One accreditation of an institution.

    ``kind`` is ``regular`` (評鑑) or ``re`` (複評), ``grade`` one of the type's family, empty while the result
    is not announced. Validity is from day to day, both included [S4 資格條件, domain.md §3].
    """

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="accreditations")
    year = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=16)
    grade = models.CharField(max_length=8, blank=True, default="")
    announced_on = models.DateField(null=True)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)

    objects = AccreditationQuerySet.as_manager()

    class Meta:
        ordering = ["institution", "year", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "year", "kind"],
                name="one_accreditation_of_a_kind_a_year",
                violation_error_message=text("registry:constraints.one_accreditation_of_a_kind_a_year"),
            ),
            models.CheckConstraint(
                condition=Q(grade="") | Q(announced_on__isnull=False),
                name="grade_is_announced",
                violation_error_message=text("registry:constraints.grade_is_announced"),
            ),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True)
                | Q(valid_to__isnull=True)
                | Q(valid_from__lte=models.F("valid_to")),
                name="validity_runs_forward",
                violation_error_message=text("registry:constraints.validity_runs_forward"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.year} {self.kind}"
