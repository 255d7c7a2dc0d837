"""Letters about a delivery: what became of it, where its receipt lies. Nothing out of the file is in them."""

from collections.abc import Mapping

from django.conf import settings
from django.urls import reverse

from careward.correspondence import Address, LetterKind, letter
from careward.intake.models import Delivery


class _Answered(LetterKind[Delivery]):
    """To the mailbox of the application the account belongs to; its receipt is there before."""

    waits = True

    def address(self, subject: Delivery) -> Address:
        """The application's mailbox alone: what a file holds is between institution and platform."""
        return Address(to=(subject.account.application.mailbox,))

    def context(self, subject: Delivery) -> Mapping[str, object]:
        """Ticket, file, counts, and where the receipt lies over SFTP and on the web."""
        season = subject.account.rules
        folder = "/test/receipts" if subject.lane == "test" else "/receipts"
        return {
            "delivery": subject,
            "institution": subject.institution,
            "season": season,
            "receipt": f"{folder}/{subject.receipt_name}.txt",
            "page": settings.PUBLIC_URL + reverse("intake:receipt", args=[subject.ticket]),
            "specification": settings.PUBLIC_URL + reverse("intake:specification"),
            "keys": settings.PUBLIC_URL + reverse("intake:receipt_keys"),
            "window": season.contact_window(subject.institution.type),
        }


@letter("delivery_accepted")
class DeliveryAccepted(_Answered):
    """The file was taken; with its warnings counted, if there are any."""


@letter("delivery_rejected")
class DeliveryRejected(_Answered):
    """The file was not taken, and what to do now."""


@letter("delivery_held")
class DeliveryHeld(_Answered):
    """The file may not have come whole, and waits for somebody to say what it is."""

    waits = False


@letter("delivery_repeated")
class DeliveryRepeated(_Answered):
    """The very same bytes as a file that was not taken: nothing was mended, and what to do now."""


@letter("bundle_answered")
class BundleAnswered(_Answered):
    """Every file out of a ZIP has its answer: one letter for all of them."""
