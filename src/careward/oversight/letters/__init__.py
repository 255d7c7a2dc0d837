"""Letters to the county's own people. Nothing about any person stands in them."""

from collections.abc import Mapping

from django.conf import settings
from django.urls import reverse

from careward import rulebook
from careward.accounts.models import MailedLink
from careward.correspondence import Address, LetterKind, letter
from careward.correspondence.links import placeholder
from careward.kernel.texts import text
from careward.oversight.models import Notice, UnsignedWarning


@letter("cases_arrived")
class CasesArrived(LetterKind[Notice]):
    """To one officer: what came in, with the link that confirms receipt."""

    def address(self, subject: Notice) -> Address:
        """The officer's own mailbox."""
        return Address(to=(subject.officer.email,))

    def context(self, subject: Notice) -> Mapping[str, object]:
        """The cases, the link (as long as counties may sign), the review's end."""
        lines = subject.lines.select_related("arrival__application").order_by("arrival__at", "pk")
        arrivals = [line.arrival for line in lines]
        season = arrivals[0].application.rules
        expires = season.moment("provisioning_due").at
        link = MailedLink.issue("receipt", str(subject.pk), subject.officer.email, expires)
        return {
            "officer": subject.officer,
            "arrivals": arrivals,
            "season": season,
            "closes": season.moment("review_closes").at,
            "link": placeholder(link.seed),
            "queue": f"{settings.PUBLIC_URL}{reverse('review:queue')}",
        }


@letter("unsigned_warning")
class UnsignedWarningLetter(LetterKind[UnsignedWarning]):
    """To a desk: how many cases are unsigned, and until when."""

    def address(self, subject: UnsignedWarning) -> Address:
        """Whom the rung of the ladder names."""
        from careward.oversight.escalating import recipients
        from careward.review.rules import Desk

        step = self._season(subject).escalation[subject.step]
        return Address(to=tuple(recipients(Desk(subject.county, subject.unit), step)))

    def context(self, subject: UnsignedWarning) -> Mapping[str, object]:
        """The desk, its count, the moments."""
        season, book = self._season(subject), rulebook.current()
        step = season.escalation[subject.step]
        return {
            "desk": book.county(subject.county).name + book.types.local_units[subject.unit].label,
            "season": season,
            "cases": subject.cases,
            "closes": season.moment("review_closes").at,
            "sign_until": season.moment("provisioning_due").at,
            "is_over": step.hours_before == 0,
            "queue": f"{settings.PUBLIC_URL}{reverse('review:queue')}",
            "separator": text("store:tables.separator"),
        }

    @staticmethod
    def _season(subject: UnsignedWarning) -> rulebook.Season:
        return rulebook.current().season(subject.season, county=subject.county)
