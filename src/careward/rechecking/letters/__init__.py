"""The letter to institutions whose accepted files would not pass changed rules."""

from collections.abc import Mapping

from django.conf import settings
from django.urls import reverse

from careward.correspondence import Address, LetterKind, letter
from careward.rechecking.models import Recheck, Rechecked


@letter("rules_changed")
class RulesChanged(LetterKind[Rechecked]):
    """Which accepted files would be refused by the changed rules; that they stand all the same."""

    def address(self, subject: Rechecked) -> Address:
        """The mailbox of the application the account belongs to."""
        return Address(to=(subject.delivery.account.application.mailbox,))

    def context(self, subject: Rechecked) -> Mapping[str, object]:
        """The version, and where its rules are explained."""
        delivery = subject.delivery
        season, version = delivery.account.rules, subject.recheck.spec
        return {
            "institution": delivery.institution,
            "season": season,
            "version": version,
            "in_force": season.season.interchange,
            "switched": not subject.recheck.rules and season.season.interchange == version,
            "published": subject.recheck.is_published,
            "page": settings.PUBLIC_URL + _page(subject.recheck, season.season.interchange),
            "window": season.contact_window(delivery.institution.type),
        }


def _page(recheck: Recheck, in_force: str) -> str:
    """Where the rules are explained: a version's pages once it is in force, the whole of it to print before."""
    if not recheck.is_published or recheck.spec == in_force:
        return reverse("intake:specification")
    return f"{reverse('intake:specification_file', args=['pdf'])}?version={recheck.spec}"
