"""The letter that carries the link."""

from collections.abc import Mapping

from careward.correspondence import Address, LetterKind, letter
from careward.correspondence.links import placeholder
from careward.excerpts.models import Excerpt


@letter("excerpt_shared")
class ExcerptShared(LetterKind[Excerpt]):
    """An institution shows its vendor where its export fails a check."""

    def address(self, subject: Excerpt) -> Address:
        """The mailbox that was typed, nobody else."""
        return Address(to=(subject.link.mailbox,))

    def context(self, subject: Excerpt) -> Mapping[str, object]:
        """Which file and check; the link and its end."""
        delivery = subject.delivery
        return {
            "institution": subject.institution,
            "season": delivery.account.rules,
            "dataset": delivery.dataset_label,
            "period": delivery.period,
            "rule": subject.rule,
            "ends": subject.link.expires_at,
            "link": placeholder(subject.link.seed),
        }
