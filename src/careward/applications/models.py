"""Applications and the documents handed in with them."""

import uuid
from collections.abc import Mapping
from typing import ClassVar, Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from careward import rulebook
from careward.applications.corrections import Correction
from careward.applications.findings import Finding, FindingQuerySet
from careward.applications.procedure import DRAFT, PROCEDURE, SIGNED_OFF, SUBMITTED
from careward.applications.proofs import MailboxProof, is_proved
from careward.applications.questions import ApplicationQuerySet
from careward.applications.rules import Section, missing, sections, shown_source, unfinished
from careward.flow.models import Subject, state_follows, state_is_known
from careward.journal import tracked
from careward.kernel import clock
from careward.kernel.identifiers import mask_id
from careward.kernel.procedure import Procedure
from careward.kernel.text import mask_name
from careward.kernel.texts import text
from careward.rulebook.season import ChecklistItem, DocumentKind, Mode, Season
from careward.store.fields import SealedTextField

__all__ = [
    "ANSWERS",
    "Application",
    "ApplicationQuerySet",
    "Correction",
    "Document",
    "Finding",
    "MailboxProof",
]

ANSWERS: Final = (
    "institution_code",
    "institution_name",
    "institution_type",
    "county",
    "ownership",
    "person_name",
    "person_id",
    "contact_name",
    "contact_phone",
    "mailbox",
    "mode",
    "vendor_code",
    "vendor_name",
    "vendor_business_id",
    "vendor_contact",
    "vendor_phone",
    "sources",
)
"""The fields the form asks for, in its order."""

_EVERY_FORM_FILLS: Final = (
    Q(mode="")
    | Q(institution_code="")
    | Q(institution_name="")
    | Q(institution_type="")
    | Q(county="")
    | Q(ownership="")
    | Q(person_name__isnull=True)
    | Q(contact_name__isnull=True)
    | Q(contact_phone="")
    | Q(mailbox="")
    | Q(notice_version="")
    | Q(declared_at__isnull=True)
    | Q(submitted_at__isnull=True)
    | Q(reference="")
)


@tracked()
class Application(Subject):
    """One institution's application for one season.

    Type, county, ownership, kind and mode are ids of the rulebook. ``unit`` is the local unit the case was
    transferred to; empty means the one in charge of the type.

    ``vendor_code`` is the directory's when the vendor was chosen there, empty when it was typed.
    ``sources`` are CIDR texts, ``data_version`` counts the changes of what was answered (a printed document
    carries it), ``notice_version`` is the personal-data notice that was shown, ``completed_at`` when the last
    document was there and the applicant said so, ``withdrawn_at`` when it was withdrawn. ``carried_over``: last
    season's data by 同意 alone, so that no document is asked for (domain.md §2).
    """

    procedure: ClassVar[Procedure] = PROCEDURE
    _proved: str = ""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=16, blank=True, default="")
    season = models.CharField(max_length=3)
    kind = models.CharField(max_length=16)
    mode = models.CharField(max_length=32, blank=True, default="")
    carried_over = models.BooleanField(default=False)

    institution_code = models.CharField(max_length=20, blank=True, default="")
    institution_name = models.CharField(max_length=120, blank=True, default="")
    institution_type = models.CharField(max_length=32, blank=True, default="")
    county = models.CharField(max_length=5, blank=True, default="")
    ownership = models.CharField(max_length=32, blank=True, default="")
    person_name = SealedTextField(null=True)
    person_id = SealedTextField(null=True)
    contact_name = SealedTextField(null=True)
    contact_phone = models.CharField(max_length=32, blank=True, default="")
    mailbox = models.EmailField(max_length=254, blank=True, default="")
    unit = models.CharField(max_length=32, blank=True, default="")
    vendor_code = models.CharField(max_length=12, blank=True, default="")
    vendor_name = models.CharField(max_length=120, blank=True, default="")
    vendor_business_id = models.CharField(max_length=8, blank=True, default="")
    vendor_contact = SealedTextField(null=True)
    vendor_phone = models.CharField(max_length=32, blank=True, default="")
    sources = ArrayField(models.CharField(max_length=64), blank=True, default=list)

    notice_version = models.CharField(max_length=16, blank=True, default="")
    data_version = models.PositiveIntegerField(default=1)
    started_at = models.DateTimeField(default=clock.now)
    declared_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["season", "institution_code"], name="applications_of_institution"),
            models.Index(fields=["state", "county", "institution_type"], name="applications_of_desk"),
        ]
        constraints = [
            state_is_known(PROCEDURE),
            models.CheckConstraint(
                condition=Q(state=DRAFT) | ~_EVERY_FORM_FILLS,
                name="sent_application_is_whole",
                violation_error_message=text("applications:constraints.sent_application_is_whole"),
            ),
            models.CheckConstraint(
                condition=Q(state=DRAFT) | ~Q(kind="new") | Q(person_id__isnull=False),
                name="new_application_has_person_id",
                violation_error_message=text("applications:constraints.new_application_has_person_id"),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=(SUBMITTED, SIGNED_OFF)) | Q(completed_at__isnull=False),
                name="complete_application_says_when",
                violation_error_message=text("applications:constraints.complete_application_says_when"),
            ),
            models.UniqueConstraint(
                fields=["reference"],
                condition=~Q(reference=""),
                name="reference_is_unique",
                violation_error_message=text("applications:constraints.reference_is_unique"),
            ),
        ]
        triggers = [state_follows(PROCEDURE)]

    def __str__(self) -> str:
        return self.reference or str(self.id)

    @property
    def rules(self) -> Season:
        """The season's rules, its moments as they are in the county; of no county yet, as late as anywhere.

        Raises UnknownCode when the rulebook no longer has them.
        """
        return rulebook.current().season(self.season, county=self.county or rulebook.ANYWHERE)

    @property
    def way(self) -> Mode | None:
        """The chosen mode; None before the choice."""
        return self.rules.mode(self.mode) if self.mode else None

    def answer(self, changes: Mapping[str, object]) -> bool:
        """Take answers over, those they make meaningless fall away; True when anything differs. Saves nothing.

        What differs from what was carried over is 需資料異動: from then on the full set of documents is asked for.
        """
        before = self.answers
        for name, value in changes.items():
            setattr(self, name, value)
        if self.way and self.institution_type not in self.way.institution_types.value:
            self.mode = ""
        if self.way and not self.way.asks_source_addresses.value:
            self.sources = []
        if self.way and not self.way.asks_vendor.value:
            self.vendor_code = self.vendor_name = self.vendor_business_id = self.vendor_phone = ""
            self.vendor_contact = None
        differs = self.answers != before
        self.carried_over = self.carried_over and not differs
        return differs

    def others_sent(self) -> ApplicationQuerySet:
        """Other applications of the same institution and season that count, the first sent first."""
        same = Application.objects.counting().of_season(self.season)
        return (
            same.filter(institution_code=self.institution_code)
            .exclude(pk=self.pk)
            .order_by("submitted_at", "pk")
        )

    @property
    def is_draft(self) -> bool:
        """Begun, not sent."""
        return self.state == DRAFT

    @property
    def answers(self) -> Mapping[str, object]:
        """What was answered so far, by field of :data:`ANSWERS`."""
        return {name: getattr(self, name) for name in ANSWERS}

    @property
    def unfinished_sections(self) -> tuple[Section, ...]:
        """Pages of the form that still have an empty field."""
        filled = {**self.answers, "mailbox_proved": self.mailbox_proved}
        not_asked = ("person_id",) if self.identified_by_name else ()
        return unfinished(sections(self.way), filled, not_asked=not_asked)

    @property
    def identified_by_name(self) -> bool:
        """Whether the person in charge is never asked for the ID number (domain.md §2, continuing)."""
        return self.rules.kind(self.kind).identity_check == "name"

    @property
    def mailbox_proved(self) -> bool:
        """Whether somebody who reads the mailbox has shown it; once found so it stays so, and is not asked again."""
        if self.mailbox and self._proved != self.mailbox and is_proved(self, self.mailbox):
            self._proved = self.mailbox
        return bool(self.mailbox) and self._proved == self.mailbox

    @property
    def needed_documents(self) -> tuple[DocumentKind, ...]:
        """The documents of the chosen mode, in the order they are asked for.

        None before the choice, and none of what 同意 carries over [S0 註 2].
        """
        return self.rules.documents_for(self.mode) if self.mode and not self.carried_over else ()

    @property
    def checklist(self) -> tuple[ChecklistItem, ...]:
        """What the officer ticks for this case, in order."""
        return self.rules.checklist_for(self.mode, self.kind, carried_over=self.carried_over)

    @property
    def missing_documents(self) -> tuple[DocumentKind, ...]:
        """Needed documents of which nothing is in force."""
        return missing(self.needed_documents, self.documents.in_force().values_list("kind", flat=True))

    @property
    def masked_person_id(self) -> str:
        """``A12****789``; empty when none was given."""
        return mask_id(self.person_id) if self.person_id else ""

    @property
    def masked_person_name(self) -> str:
        """``林○○``; empty when none was given."""
        return mask_name(self.person_name) if self.person_name else ""

    @property
    def shown_sources(self) -> list[str]:
        """The source addresses as people write them."""
        return [shown_source(source) for source in self.sources]

    @property
    def type_label(self) -> str:
        """The institution's type in words; empty before it is chosen."""
        return (
            rulebook.current().institution_type(self.institution_type).label if self.institution_type else ""
        )

    @property
    def county_label(self) -> str:
        """The county's name; empty before it is chosen."""
        return rulebook.current().county(self.county).name if self.county else ""

    @property
    def ownership_label(self) -> str:
        """Public, private or 公設民營 in words; empty before it is chosen."""
        return rulebook.current().ownership(self.ownership).label if self.ownership else ""

    @property
    def kind_label(self) -> str:
        """新加入 or 延續."""
        return self.rules.kind(self.kind).label

    @property
    def mode_label(self) -> str:
        """The mode in words; empty before it is chosen."""
        return self.way.label if self.way else ""


class DocumentQuerySet(models.QuerySet["Document"]):
    """Questions to the documents."""

    def in_force(self) -> "DocumentQuerySet":
        """Handed in and not taken back, oldest first."""
        return self.filter(removed_at=None).order_by("added_at", "pk")

    def of_kind(self, kind: str) -> "DocumentQuerySet":
        """Files of one kind of document; one document may be several files."""
        return self.filter(kind=kind)


@tracked()
class Document(models.Model):
    """A file handed in for one kind of document. The bytes lie sealed in the object store under ``key``.

    ``version`` is the application's ``data_version`` when the file was handed in, ``media_type`` comes from
    the content, ``size`` is in bytes, ``name`` is cleaned and only for people. ``code`` is the platform's code as
    it was read from the pages, empty when none was. ``virus_checked_at`` is when the virus scanner found nothing,
    None while no scanner is configured (未掃毒). ``rendered_at`` is when the pictures of its pages were made;
    until then there are none.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    key = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    pages = models.PositiveIntegerField()
    code = models.CharField(max_length=120, blank=True, default="")
    virus_checked_at = models.DateTimeField(null=True)
    added_at = models.DateTimeField(default=clock.now)
    removed_at = models.DateTimeField(null=True)
    rendered_at = models.DateTimeField(null=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(size__gt=0) & Q(pages__gt=0),
                name="document_has_content",
                violation_error_message=text("applications:constraints.document_has_content"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def kind_label(self) -> str:
        """The kind of document in words."""
        return self.application.rules.document(self.kind).label

    @property
    def findings(self) -> FindingQuerySet:
        """What was noticed about this very file."""
        return self.application.findings.in_force().about(str(self.pk))

    @property
    def virus_label(self) -> str:
        """已掃毒, or 未掃毒 where nobody looked."""
        return text(f"applications:virus.{'checked' if self.virus_checked_at else 'unchecked'}")

    @property
    def page_keys(self) -> tuple[str, ...]:
        """Keys of the page pictures (JPEG) in the object store, in order; none until they are made."""
        return tuple(self.page_key(page) for page in range(1, self.pages + 1)) if self.rendered_at else ()

    def page_key(self, page: int) -> str:
        """Where the picture of a page lies; pages count from 1."""
        return f"{self.key}.pages/{page:03d}.jpg"
