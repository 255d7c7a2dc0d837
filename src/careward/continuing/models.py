"""Invitations to continue, the reminders they got, and the proof of what was clicked."""

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Cast

from careward import rulebook
from careward.accounts.models import MailedLink
from careward.applications.models import ANSWERS, Application
from careward.applications.procedure import DRAFT, WITHDRAWN
from careward.applications.rules import say, shown_source
from careward.continuing.procedure import AGREED, CHANGED, LISTED, PROCEDURE, STRUCK
from careward.continuing.rules import Standing, lacking, standing
from careward.flow.models import Subject, state_follows, state_is_known
from careward.journal import tracked
from careward.kernel import clock
from careward.kernel.procedure import Procedure
from careward.kernel.text import mask_name
from careward.kernel.texts import text
from careward.registry.models import Institution
from careward.rulebook.season import Season
from careward.store.fields import SealedTextField

PURPOSE: Final = "invitation"
"""Of the mailed link to an invitation."""

CARRIED: Final = (
    "mode",
    "person_name",
    "contact_name",
    "contact_phone",
    "vendor_code",
    "vendor_name",
    "vendor_business_id",
    "vendor_contact",
    "vendor_phone",
    "sources",
)
"""What last season's application knew beside the institution and its mailbox."""


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Questions to the invitations."""

    def of_season(self, season: str) -> "InvitationQuerySet":
        """Those of one season, ``115``."""
        return self.filter(season=season)

    def of_institution(self, code: str) -> "InvitationQuerySet":
        """Those of one institution's code."""
        return self.filter(institution__code=code)

    def visible_to(self, viewer: object) -> "InvitationQuerySet":
        """Those of institutions a person may see."""
        return self.filter(institution__in=Institution.objects.visible_to(viewer))

    def with_standing(self) -> "InvitationQuerySet":
        """With what :attr:`Invitation.standing` asks for, in one query."""
        opened = MailedLink.objects.filter(
            purpose=PURPOSE, subject_id=Cast(OuterRef("pk"), models.TextField()), last_opened_at__isnull=False
        )
        anew = Application.objects.sent().exclude(state=WITHDRAWN)
        anew = anew.filter(
            kind="new", season=OuterRef("season"), institution_code=OuterRef("institution__code")
        )
        return self.select_related("institution", "application").annotate(
            link_opened=Exists(opened), anew_sent=Exists(anew)
        )


@tracked()
class Invitation(Subject):
    """One institution that took part last season, and what was valid then.

    ``mailbox`` is the original mailbox: it gets the letter and nothing else changes it [S0 註 1]. The fields of
    :data:`CARRIED` stay as they were, so that a change can be shown beside them. ``application`` is the one
    that came of it: by 同意, or the change being filled in. ``origin`` says where the row is from: ``import``
    or ``accounts``. ``reason`` is why it was rectified, struck or put back last.
    """

    procedure: ClassVar[Procedure] = PROCEDURE

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    season = models.CharField(max_length=3)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="invitations")
    mailbox = models.EmailField(max_length=254)
    origin = models.CharField(max_length=16)
    mode = models.CharField(max_length=32)
    person_name = SealedTextField(null=True)
    contact_name = SealedTextField(null=True)
    contact_phone = models.CharField(max_length=32, blank=True, default="")
    vendor_code = models.CharField(max_length=12, blank=True, default="")
    vendor_name = models.CharField(max_length=120, blank=True, default="")
    vendor_business_id = models.CharField(max_length=8, blank=True, default="")
    vendor_contact = SealedTextField(null=True)
    vendor_phone = models.CharField(max_length=32, blank=True, default="")
    sources = ArrayField(models.CharField(max_length=64), blank=True, default=list)
    application = models.OneToOneField(
        Application, on_delete=models.PROTECT, null=True, related_name="invitation"
    )
    listed_at = models.DateTimeField(default=clock.now)
    invited_at = models.DateTimeField(null=True)
    lapse_told_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True, default="")

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["institution__county", "institution__code"]
        constraints = [
            state_is_known(PROCEDURE),
            models.UniqueConstraint(
                fields=["season", "institution"],
                name="one_invitation_a_season",
                violation_error_message=text("continuing:constraints.one_invitation_a_season"),
            ),
            models.CheckConstraint(
                condition=Q(state__in=(LISTED, STRUCK)) | Q(invited_at__isnull=False),
                name="invited_says_when",
                violation_error_message=text("continuing:constraints.invited_says_when"),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("agreed", "changed")) | Q(application__isnull=False),
                name="answered_has_application",
                violation_error_message=text("continuing:constraints.answered_has_application"),
            ),
        ]
        triggers = [state_follows(PROCEDURE)]

    def __str__(self) -> str:
        return f"{self.season} {self.id}"

    @property
    def rules(self) -> Season:
        """The season's rules, its moments as they are in the institution's county."""
        return rulebook.current().season(self.season, county=self.institution.county)

    @property
    def carried_answers(self) -> Mapping[str, Any]:
        """What would be carried over, by field of the form; the person's ID number is never among it."""
        institution = self.institution
        known = {
            "institution_code": institution.code,
            "institution_name": institution.name,
            "institution_type": institution.type,
            "county": institution.county,
            "ownership": institution.ownership,
            "mailbox": self.mailbox,
            **{name: getattr(self, name) for name in CARRIED},
        }
        return {name: known[name] for name in ANSWERS if name in known}

    @property
    def lacking_sections(self) -> tuple[str, ...]:
        """Pages of the form that what is known leaves unfilled: then something must be changed."""
        return lacking(self.carried_answers, self.rules)

    @property
    def closed(self) -> bool:
        """Whether the window is past: what was not answered counts as not applying."""
        return self.rules.moment("institution_window_closes").passed(clock.now())

    @property
    def has_draft(self) -> bool:
        """Whether a change was begun and not sent."""
        return self.application is not None and self.application.state == DRAFT

    @property
    def standing(self) -> Standing:
        """Where it stands now; cheap on rows of :meth:`InvitationQuerySet.with_standing`."""
        begun = self._told("link_opened") or self.has_draft
        return standing(self.state, begun=begun, anew=self.applied_anew, closed=self.closed)

    @property
    def applied_anew(self) -> bool:
        """Whether the institution applies as a new one this season: the way to change the mailbox."""
        return self._told("anew_sent")

    def _told(self, name: str) -> bool:
        if name not in self.__dict__:
            told = Invitation.objects.with_standing().get(pk=self.pk)
            self.__dict__[name] = told.__dict__[name]
        return bool(self.__dict__[name])

    @property
    def standing_label(self) -> str:
        """The standing in words."""
        return text(f"continuing:standings.{self.standing}")

    @property
    def mode_label(self) -> str:
        """The mode in words."""
        return self.rules.mode(self.mode).label

    @property
    def shown_sources(self) -> list[str]:
        """The source addresses as people write them."""
        return [shown_source(source) for source in self.sources]

    @property
    def masked_person_name(self) -> str:
        """``林○○``; empty when it is not known."""
        return mask_name(self.person_name) if self.person_name else ""

    @property
    def reference(self) -> str:
        """The reference of the application that answers it; empty while none does."""
        return self.application.reference if self.application and self.state in (AGREED, CHANGED) else ""

    @property
    def season_before(self) -> int:
        """The ROC year whose application would be carried over."""
        return int(self.season) - 1


@tracked()
class Reminder(models.Model):
    """One step of the ladder that was sent: ``days_before`` the closing. Its row is why it is never sent twice."""

    invitation = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="reminders")
    days_before = models.PositiveSmallIntegerField()
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["invitation", "days_before"],
                name="one_reminder_a_step",
                violation_error_message=text("continuing:constraints.one_reminder_a_step"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invitation_id} {self.days_before}"


@tracked()
class Proof(models.Model):
    """That somebody clicked: who, when, from where, which text was shown. Never changed.

    ``act`` is ``agree`` or ``take_back``; ``link`` the mailed link that was opened, ``source`` the network
    address. ``statement`` is the very text shown (sealed: people stand in it), ``sha256`` its digest,
    ``version`` of its wording.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    invitation = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="proofs")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="+")
    act = models.CharField(max_length=16)
    at = models.DateTimeField()
    mailbox = models.EmailField(max_length=254)
    link = models.ForeignKey(MailedLink, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=64, blank=True, default="")
    statement = SealedTextField()
    version = models.CharField(max_length=16)
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.act} {self.at:%Y-%m-%d %H:%M}"

    @property
    def at_exact(self) -> str:
        """The moment to the millisecond, in Taipei."""
        return say(self.at, exact=True)

    @property
    def paragraphs(self) -> list[str]:
        """The text that was shown, by line."""
        return self.statement.splitlines()

    @property
    def act_label(self) -> str:
        """What was clicked, in words."""
        return text(f"continuing:acts.{self.act}")
