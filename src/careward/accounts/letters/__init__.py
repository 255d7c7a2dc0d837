"""Letters about one's own account. None holds a password or a link that signs in.

A mailed code works only in the browser session that asked for it, ten minutes, three tries.
"""

from collections.abc import Mapping

from django.conf import settings
from django.urls import reverse

from careward import rulebook
from careward.accounts.models import AccountWarning, Deputyship, User
from careward.accounts.warning import administrators
from careward.correspondence import Address, LetterKind, letter


class _ToThePerson(LetterKind[User]):
    def address(self, subject: User) -> Address:
        """The account's own mailbox."""
        return Address(to=(subject.email,))

    def context(self, subject: User) -> Mapping[str, object]:
        """The person."""
        return {"person": subject}


@letter("login_code")
class LoginCode(_ToThePerson):
    """The code an institution signs in with."""


@letter("password_reset_code")
class PasswordResetCode(_ToThePerson):
    """The code that lets staff choose a new password."""


@letter("password_changed")
class PasswordChanged(_ToThePerson):
    """Told to the owner whenever the password was changed or reset. Source: security-baseline.md 45."""


@letter("second_factor_set_up")
class SecondFactorSetUp(_ToThePerson):
    """Told to the owner when an authenticator was added."""


@letter("account_opened")
class AccountOpened(_ToThePerson):
    """Told to new staff: how to set the first password. Nobody ever had a password for them."""

    def context(self, subject: User) -> Mapping[str, object]:
        """Where to set it."""
        return {
            **super().context(subject),
            "set_password": f"{settings.PUBLIC_URL}{reverse('account_reset_password')}",
        }


class _ToAdministrators(LetterKind[AccountWarning]):
    """Without a name of anybody: who it is about stands behind sign-in."""

    def address(self, subject: AccountWarning) -> Address:
        """Every open administrator."""
        return Address(to=tuple(administrators()))

    def context(self, subject: AccountWarning) -> Mapping[str, object]:
        """How many accounts, the days of the rule, and where they are listed."""
        return {
            "count": len(subject.accounts),
            "rule": rulebook.current().policies.sign_in,
            "staff": f"{settings.PUBLIC_URL}{reverse('accounts:staff')}",
        }


@letter("accounts_unused")
class AccountsUnused(_ToAdministrators):
    """Accounts long unused: whether they are still needed."""


@letter("accounts_review")
class AccountsReview(_ToAdministrators):
    """All accounts should have been gone through."""


@letter("deputy_named")
class DeputyNamed(LetterKind[Deputyship]):
    """Told to both: who stands in for whom, and from when to when."""

    def address(self, subject: Deputyship) -> Address:
        """The deputy; the person in copy."""
        return Address(to=(subject.deputy.email,), cc=(subject.person.email,))

    def context(self, subject: Deputyship) -> Mapping[str, object]:
        """The days."""
        return {"deputyship": subject, **_ToThePerson().context(subject.deputy)}


@letter("recovery_codes_made")
class RecoveryCodesMade(_ToThePerson):
    """Told to the owner when new recovery codes replaced the old ones."""


@letter("passkey_added")
class PasskeyAdded(_ToThePerson):
    """Told to the owner when a passkey was added to the account."""


@letter("device_new")
class DeviceNew(_ToThePerson):
    """Told to the owner when somebody signed in with a browser not used before; once for each."""


@letter("passkey_removed")
class PasskeyRemoved(_ToThePerson):
    """Told to the owner when one was removed."""
