"""Letters about a delivery: what became of it, where its receipt lies. Nothing out of the file is in them."""

from collections.abc import Mapping, Sequence

from django.conf import settings
from django.urls import reverse

from careward.correspondence import Address, LetterKind, letter
from careward.intake.models import Delivery
from careward.provisioning.models import UploadAccount


def _mailbox(account: UploadAccount) -> Address:
    """The application's mailbox alone: what a file holds is between institution and platform."""
    return Address(to=(account.application.mailbox,))


class _Answered(LetterKind[Delivery]):
    """To the mailbox of the application the account belongs to; its receipt is there before."""

    waits = True

    def address(self, subject: Delivery) -> Address:
        """See :func:`_mailbox`."""
        return _mailbox(subject.account)

    def context(self, subject: Delivery) -> Mapping[str, object]:
        """Ticket, file, counts, and where the receipt lies over SFTP and on the web."""
        return {**_of_account(subject.account), **_of_receipt(subject)}


def _of_account(account: UploadAccount) -> Mapping[str, object]:
    season = account.rules
    return {
        "institution": account.institution,
        "season": season,
        "specification": settings.PUBLIC_URL + reverse("intake:specification"),
        "keys": settings.PUBLIC_URL + reverse("intake:receipt_keys"),
        "window": season.contact_window(account.institution.type),
    }


def _of_receipt(delivery: Delivery) -> Mapping[str, object]:
    folder = "/test/receipts" if delivery.lane == "test" else "/receipts"
    return {
        "delivery": delivery,
        "receipt": f"{folder}/{delivery.receipt_name}.txt",
        "page": settings.PUBLIC_URL + reverse("intake:receipt", args=[delivery.ticket]),
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


@letter("deliveries_answered")
class DeliveriesAnswered(LetterKind[UploadAccount]):
    """Several files of an account and a lane, answered one after the other: those that were not taken come first."""

    waits = True

    def address(self, subject: UploadAccount) -> Address:
        """See :func:`_mailbox`."""
        return _mailbox(subject)

    def context(self, subject: UploadAccount) -> Mapping[str, object]:
        """What is the same for all of them; :meth:`telling` gives the rest."""
        return _of_account(subject)

    @staticmethod
    def telling(deliveries: Sequence[Delivery]) -> Mapping[str, object]:
        """What it tells of each, the refused ones apart."""
        return {
            "count": len(deliveries),
            "test": deliveries[0].lane == "test",
            "refused": [_of_receipt(one) for one in deliveries if one.error_count],
            "taken": [_of_receipt(one) for one in deliveries if not one.error_count],
        }
