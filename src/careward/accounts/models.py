"""People who sign in, the passwords they had, and the links that were mailed."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Final

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Lower

from careward import rulebook
from careward.accounts.records import AccountWarning, Device, ListExport, WarningKind
from careward.accounts.seats import Seat, seats_of
from careward.accounts.throttle import Attempts
from careward.accounts.ways import OpenSession, WayIn
from careward.correspondence import links
from careward.journal import tracked
from careward.kernel import clock, tokens
from careward.kernel.texts import text

__all__ = [
    "COUNTY", "AccountReview", "AccountWarning", "Attempts", "Deputyship", "Device", "FormerPassword", "ListExport",
    "MailedLink", "OpenSession", "Role", "User", "UserManager", "WarningKind", "WayIn",
]  # fmt: skip


class Role(models.TextChoices):
    """What somebody does here; what each may see and its name for people stand in rules/roles.yaml."""

    OFFICER = "officer", "officer"
    SUPERVISOR = "supervisor", "supervisor"
    MINISTRY = "ministry", "ministry"
    VENDOR = "vendor", "vendor"
    INSTITUTION = "institution", "institution"
    AUDITOR = "auditor", "auditor"
    ADMINISTRATOR = "administrator", "administrator"


COUNTY: Final = (Role.OFFICER.value, Role.SUPERVISOR.value)
"""The roles of a county's unit."""


class UserManager(BaseUserManager["User"]):
    """Makes accounts; there is no sign-up."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make an account; without a password nobody can sign in by one until it is reset by mail.

        Needs a journal context. Raises IntegrityError when a constraint of :class:`User` does not hold.
        """
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


@tracked(exclude=("last_login", "password"))
class User(AbstractBaseUser):
    """A person with an account, recognised by the e-mail address.

    ``opened_at`` is when the account was made or last enabled.

    ``county`` is a five-digit code, ``unit`` an id of rules/institution-types.yaml (``social``, ``health``
    for a county; ``nursing`` … for the ministry). At which institutions somebody works, its seats say
    (:mod:`careward.accounts.seats`); ``first_institution`` is no longer used: the journal's rows keep their width.
    """

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name", "role"]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=60)
    role = models.CharField(max_length=16, choices=Role.choices)
    county = models.CharField(max_length=5, blank=True, default="")
    unit = models.CharField(max_length=32, blank=True, default="")
    first_institution = models.CharField(max_length=20, blank=True, default="", editable=False)
    is_active = models.BooleanField(default=True)
    opened_at = models.DateTimeField(default=clock.now)

    objects = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(role__in=COUNTY) | (~Q(county="") & ~Q(unit="")),
                name="officer_has_county_and_unit",
                violation_error_message=text("accounts:constraints.officer_has_county_and_unit"),
            ),
            models.CheckConstraint(
                condition=Q(role__in=Role.values),
                name="role_is_known",
                violation_error_message=text("accounts:constraints.role_is_known"),
            ),
            models.CheckConstraint(
                condition=Q(email=Lower(F("email"))),
                name="email_is_in_lower_case",
                violation_error_message=text("accounts:constraints.email_is_in_lower_case"),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def role_label(self) -> str:
        """The role in words; of an institution's or a company's people the position at their seat."""
        return self.seat.position_label if self.seat else rulebook.current().role(self.role).label

    @property
    def seat(self) -> Seat | None:
        """Where the person sits: as taken for this request, else the only seat there is."""
        if self._sits is not None:
            return self._sits[0]
        seats = seats_of(self)
        return seats[0] if len(seats) == 1 else None

    def sit(self, seat: Seat | None) -> None:
        """Take a seat for as long as this object lives; None takes none."""
        self._sits = (seat,)

    @property
    def institution_code(self) -> str:
        """The institution at whose seat the person sits; empty for none, and for everybody of staff."""
        return self.seat.institution_code if self.seat else ""

    @property
    def may_act(self) -> bool:
        """Whether the role may change anything: an auditor only looks."""
        return rulebook.current().role(self.role).acts

    @property
    def is_staff_member(self) -> bool:
        """Everybody but an institution's people: needs a password and a second factor.

        Source: security-baseline.md 37 (MFA for reviewers and administrators).
        """
        return self.role != Role.INSTITUTION

    @property
    def place_label(self) -> str:
        """County and unit in words, as far as the person has them."""
        book = rulebook.current()
        county = book.counties[self.county].name if self.county in book.counties else ""
        unit = {**book.types.local_units, **book.types.central_units}.get(self.unit)
        return f"{county}{unit.label if unit else ''}"

    def represented(self) -> "tuple[User, ...]":
        """Whom this person stands in for today (職務代理); asked once per object and day."""
        today = clock.now().date()
        if not self.is_active or not any(self.role in r.deputies for r in rulebook.current().roles.values()):
            return ()
        if self._represented is None or self._represented[0] != today:
            in_force = Deputyship.objects.in_force(today).filter(deputy=self)
            stood_for = [r.id for r in rulebook.current().roles.values() if self.role in r.deputies]
            people = User.objects.filter(pk__in=in_force.values("person"), role__in=stood_for, is_active=True)
            self._represented = (today, tuple(people.order_by("email")))
        return self._represented[1]

    def roles_today(self) -> tuple[str, ...]:
        """The own role, then those of whom this person stands in for today; pages are opened by any of them.

        What may be done with one thing is another question: see :func:`careward.registry.deputies.roles_on`.
        """
        return tuple(dict.fromkeys((self.role, *(one.role for one in self.represented()))))

    def idle(self, now: datetime, unused: timedelta | None = None) -> bool:
        """Whether nobody has used the account for so long that it no longer opens, or for longer than ``unused``.

        Source: security-baseline.md 3 (idle accounts disabled); the days are rules/policies.yaml's.
        """
        used = max(self.opened_at, self.last_login or self.opened_at)
        return self.is_staff_member and now - used > (unused or rulebook.current().policies.sign_in.unused)

    _represented: "tuple[date, tuple[User, ...]] | None" = None
    _sits: "tuple[Seat | None] | None" = None


class DeputyshipQuerySet(models.QuerySet["Deputyship"]):
    """Questions to the deputyships."""

    def in_force(self, day: date) -> "DeputyshipQuerySet":
        """Those that hold on a day."""
        return self.filter(first_day__lte=day, last_day__gte=day, ended_at=None)

    def to_come(self, day: date) -> "DeputyshipQuerySet":
        """Those that hold on a day or later, the next first."""
        return self.filter(last_day__gte=day, ended_at=None).order_by("first_day", "pk")


@tracked()
class Deputyship(models.Model):
    """職務代理: ``deputy`` acts within ``person``'s reach, beside the own one.

    From ``first_day`` to ``last_day``, both included, as days of Taipei; ``ended_at`` ends it early. Nothing is
    switched on or off: whether it holds is asked of the dates.
    """

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="deputyships")
    deputy = models.ForeignKey(User, on_delete=models.PROTECT, related_name="standing_in")
    first_day = models.DateField()
    last_day = models.DateField()
    noted_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)

    objects = DeputyshipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="deputyship_runs_forward",
                violation_error_message=text("accounts:constraints.deputyship_runs_forward"),
            ),
            models.CheckConstraint(
                condition=~Q(person=F("deputy")),
                name="nobody_is_own_deputy",
                violation_error_message=text("accounts:constraints.nobody_is_own_deputy"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deputy_id} {self.first_day}"


@tracked()
class AccountReview(models.Model):
    """Somebody went through all accounts of staff. Source: security-baseline.md 4 (periodic review, sign-off row).

    ``accounts`` is how many were open then, ``remark`` what was found.
    """

    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="account_reviews")
    at = models.DateTimeField(default=clock.now)
    accounts = models.PositiveIntegerField()
    remark = models.TextField(blank=True, default="")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d}"


class FormerPasswordQuerySet(models.QuerySet["FormerPassword"]):
    """Questions to the passwords somebody had."""

    def latest_of(self, user: "User", count: int) -> "FormerPasswordQuerySet":
        """The ``count`` newest, the present one included, newest first."""
        return self.filter(user=user).order_by("-pk")[:count]


@tracked(exclude=("password",))
class FormerPassword(models.Model):
    """A password that was set, as its argon2 hash. Its journal row is the record of the change.

    Source: security-baseline.md 42 (not one of the last three).
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="former_passwords")
    password = models.CharField(max_length=128)
    set_at = models.DateTimeField(default=clock.now)

    objects = FormerPasswordQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.user_id} {self.set_at:%Y-%m-%d}"


class MailedLinkQuerySet(models.QuerySet["MailedLink"]):
    """Questions to the mailed links."""

    def not_revoked(self) -> "MailedLinkQuerySet":
        """Links no newer one has replaced; they may have expired."""
        return self.filter(revoked_at=None)


@tracked()
class MailedLink(models.Model):
    """An address sent to one mailbox for one purpose about one thing.

    The token is never stored: it is derived from ``seed`` when the mail is sent, and found by its digest.
    Source: security-baseline.md, "Mailed links" 4 (hashed, bound to case, mailbox and purpose, expiring; a
    resend kills the older).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(max_length=32)
    subject_id = models.CharField(max_length=64)
    mailbox = models.EmailField(max_length=254)
    seed = models.CharField(max_length=64, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    issued_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_opened_at = models.DateTimeField(null=True)

    objects = MailedLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["purpose", "subject_id", "mailbox"],
                condition=Q(revoked_at=None),
                name="one_link_in_force",
                violation_error_message=text("accounts:constraints.one_link_in_force"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.id}"

    @classmethod
    def issue(cls, purpose: str, subject_id: str, mailbox: str, expires_at: datetime) -> "MailedLink":
        """Make a link and revoke the older ones of the same purpose, subject and mailbox.

        Put ``placeholder(link.seed)`` into the letter. Needs a journal context. Of two at the same moment the
        later one raises IntegrityError: issue inside an act, which holds the subject's lock.
        """
        seed = links.new_seed()
        with transaction.atomic():
            older = cls.objects.not_revoked().filter(purpose=purpose, subject_id=subject_id, mailbox=mailbox)
            older.update(revoked_at=clock.now())
            return cls.objects.create(
                purpose=purpose,
                subject_id=subject_id,
                mailbox=mailbox,
                seed=seed,
                digest=tokens.digest(links.token(seed)),
                expires_at=expires_at,
            )

    @classmethod
    def find(cls, token: str) -> "MailedLink | None":
        """The link of a token, whatever its condition; None when there never was one."""
        return cls.objects.filter(digest=tokens.digest(token)).first()

    def revoke(self) -> None:
        """Close the link from now on; a second time changes nothing."""
        if self.revoked_at is None:
            self.revoked_at = clock.now()
            self.save(update_fields=["revoked_at"])

    def is_open(self, now: datetime) -> bool:
        """Neither replaced nor past its time; the last moment itself still counts (domain.md §2)."""
        return self.revoked_at is None and now <= self.expires_at
