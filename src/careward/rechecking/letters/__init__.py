"""The letter to institutions whose accepted files would not pass changed rules."""

from collections.abc import Mapping

from django.conf import settings
from django.urls import reverse

from careward.correspondence import Address, LetterKind, letter
from careward.rechecking.models import Rechecked


@letter("rules_changed")
class RulesChanged(LetterKind[Rechecked]):
    """Which accepted files would be refused by the changed rules; that they stand all the same."""

    def address(self, subject: Rechecked) -> Address:
        """The mailbox of the application the account belongs to."""
        return Address(to=(subject.delivery.account.application.mailbox,))

    def context(self, subject: Rechecked) -> Mapping[str, object]:
        """The version, and where its rules are explained."""
        delivery = subject.delivery
        season = delivery.account.rules
        return {
            "institution": delivery.institution,
            "season": season,
            "version": subject.recheck.spec,
            "page": settings.PUBLIC_URL + reverse("intake:specification"),
            "window": season.contact_window(delivery.institution.type),
        }
