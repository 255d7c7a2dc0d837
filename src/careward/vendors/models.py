"""System vendors."""

import uuid
from typing import ClassVar, Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from careward.flow.models import Subject, state_follows, state_is_known
from careward.journal import tracked
from careward.kernel import clock
from careward.kernel.procedure import Procedure
from careward.kernel.text import nfkc
from careward.kernel.texts import text
from careward.store.fields import SealedTextField
from careward.vendors.procedure import LISTED, PROCEDURE

PURPOSE: Final = "system_vendor"
"""Of the mailed link to an entry."""


class SystemVendorQuerySet(models.QuerySet["SystemVendor"]):
    """Questions to the directory."""

    def listed(self) -> "SystemVendorQuerySet":
        """Those that institutions may choose."""
        return self.filter(state=LISTED)

    def with_code(self, typed: str) -> "SystemVendor | None":
        """The listed one of a code, as people type it; None when there is none."""
        code = "".join(nfkc(typed).split()).upper()
        return self.listed().filter(code=code).first() if code else None


@tracked()
class SystemVendor(Subject):
    """A company whose system institutions rent, and what it would otherwise enter for each of them.

    ``code`` is handed out to institutions when the mailbox was proved; ``sources`` are CIDR texts;
    ``public_key`` is one line of OpenSSH, empty when it uses passwords.
    """

    procedure: ClassVar[Procedure] = PROCEDURE

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(max_length=12, blank=True, default="")
    name = models.CharField(max_length=120)
    business_id = models.CharField(max_length=8)
    contact = SealedTextField()
    phone = models.CharField(max_length=32)
    mailbox = models.EmailField(max_length=254)
    sources = ArrayField(models.CharField(max_length=64), blank=True, default=list)
    public_key = models.TextField(blank=True, default="")
    entered_at = models.DateTimeField(default=clock.now)
    listed_at = models.DateTimeField(null=True)
    closed_reason = models.CharField(max_length=200, blank=True, default="")

    objects = SystemVendorQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            state_is_known(PROCEDURE),
            models.UniqueConstraint(
                fields=["code"],
                condition=~Q(code=""),
                name="vendor_code_is_unique",
                violation_error_message=text("vendors:constraints.vendor_code_is_unique"),
            ),
            models.UniqueConstraint(
                fields=["business_id"],
                condition=Q(state=LISTED),
                name="one_listed_entry_a_company",
                violation_error_message=text("vendors:constraints.one_listed_entry_a_company"),
            ),
            models.CheckConstraint(
                condition=~Q(state=LISTED) | (~Q(code="") & Q(listed_at__isnull=False)),
                name="listed_vendor_has_code",
                violation_error_message=text("vendors:constraints.listed_vendor_has_code"),
            ),
        ]
        triggers = [state_follows(PROCEDURE)]

    def __str__(self) -> str:
        return self.code or str(self.id)
