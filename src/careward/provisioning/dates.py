"""What a moved moment of the season means for accounts whose password has not been made yet."""

from careward.accounts.models import MailedLink
from careward.flow import Step, after
from careward.provisioning.models import UploadAccount
from careward.seasons.models import MomentMove


@after("moment_move", "move")
@after("moment_move", "take_back")
def secrets_follow(step: Step[MomentMove]) -> None:
    """The days of an unused password letter run from the opening of uploads as it is now (domain.md §2)."""
    row = step.subject
    waiting = UploadAccount.objects.filter(
        season=row.season, secret_revealed_at=None, secret_sent_at__isnull=False
    ).exclude(state="closed")
    for account in waiting.select_related("institution").select_for_update(of=("self",)):
        assert account.secret_sent_at is not None
        expires = account.rules.secret_expires_at(account.secret_sent_at)
        if expires != account.secret_expires_at:
            account.secret_expires_at = expires
            account.save(update_fields=["secret_expires_at"])
            links = MailedLink.objects.not_revoked().filter(purpose="secret", subject_id=str(account.pk))
            links.update(expires_at=expires)
