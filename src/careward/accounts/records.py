"""What is kept of accounts beside the accounts: which lists somebody took away, what administrators were told."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from careward.journal import tracked
from careward.kernel import clock
from careward.kernel.texts import text


class WarningKind(models.TextChoices):
    """What administrators are written to about accounts."""

    UNUSED = "unused", "unused"
    REVIEW = "review", "review"


class AccountWarningQuerySet(models.QuerySet["AccountWarning"]):
    """Questions to the warnings."""

    def of_kind(self, kind: str) -> "AccountWarningQuerySet":
        """Those about one matter, the latest first."""
        return self.filter(kind=kind).order_by("-at", "-pk")


@tracked()
class AccountWarning(models.Model):
    """Administrators were written to, once: about accounts long unused, or about a review that is overdue.

    ``accounts`` are the ids of the accounts it was about; none for a review. Source: security-baseline.md 3 and 4.
    """

    kind = models.CharField(max_length=8, choices=WarningKind.choices)
    at = models.DateTimeField(default=clock.now)
    accounts = ArrayField(models.UUIDField(), default=list)

    objects = AccountWarningQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d}"


@tracked(exclude=("last_used_at",))
class Device(models.Model):
    """A browser somebody signed in with, known by the digest of what its cookie holds.

    ``kind`` stands for family, system and source together, unreadable; ``told`` says whether its owner was
    written to. See :mod:`careward.accounts.devices`.
    """

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="devices")
    digest = models.CharField(max_length=64)
    kind = models.CharField(max_length=64)
    browser = models.CharField(max_length=32)
    since = models.DateTimeField()
    last_used_at = models.DateTimeField()
    told = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "digest"],
                name="one_row_for_each_browser",
                violation_error_message=text("accounts:constraints.one_row_for_each_browser"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.browser}"


@tracked()
class ListExport(models.Model):
    """Somebody took a list out of the platform as a file: every time is one row.

    ``listing`` is the page's name, ``title`` the list's as people read it then, ``filters`` what it was narrowed to,
    in words. Source: security-baseline.md 16 (exports are recorded).
    """

    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="list_exports")
    at = models.DateTimeField(default=clock.now)
    listing = models.CharField(max_length=64)
    title = models.CharField(max_length=120)
    filters = models.CharField(max_length=400, blank=True, default="")
    format = models.CharField(max_length=8)
    rows = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.listing} {self.at:%Y-%m-%d}"
