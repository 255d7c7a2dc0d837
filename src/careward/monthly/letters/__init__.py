"""The letter that reminds of a month; nothing out of a file is in it."""

from collections.abc import Mapping

from django.conf import settings
from django.urls import reverse

from careward.correspondence import Address, LetterKind, letter
from careward.kernel.roc import RocMonth
from careward.monthly.models import MonthReminder


@letter("month_due")
class MonthDue(LetterKind[MonthReminder]):
    """Which required datasets of a month are not accepted yet, before and after it is due."""

    def address(self, subject: MonthReminder) -> Address:
        """The mailbox of the application the account belongs to."""
        return Address(to=(subject.account.application.mailbox,))

    def context(self, subject: MonthReminder) -> Mapping[str, object]:
        """The month, when it is due, and where the institution sees all its months."""
        account = subject.account
        season, month = account.rules, RocMonth.parse(subject.period)
        return {
            "institution": account.institution,
            "through": account.through,
            "season": season,
            "month": month,
            "due": season.due_at(month),
            "days": subject.days,
            "page": f"{settings.PUBLIC_URL}{reverse('monthly:own')}?season={season.code}",
            "window": season.contact_window(account.institution.type),
        }
