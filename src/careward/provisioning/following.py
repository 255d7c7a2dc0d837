"""Where provisioning hooks into earlier packages: the mailed link, the outbox, panels of other pages."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse

from careward.accounts.models import User
from careward.applications import jobs
from careward.applications.models import Application
from careward.applications.sharing import Use
from careward.correspondence.models import Letter
from careward.flow import Step, after
from careward.kernel import clock
from careward.kernel.texts import text
from careward.provisioning import acts
from careward.provisioning.hostkeys import coming_fingerprints, fingerprints_if_any
from careward.provisioning.models import SystemAccount, UploadAccount
from careward.provisioning.rules import right_of
from careward.registry.models import Institution
from careward.seasons.moves import held_moves


def networks_now(application: Application) -> list[str] | None:
    """The addresses the application's account has by now; they may have changed since it was signed off."""
    account = UploadAccount.objects.in_use().filter(application=application).first()
    return account.networks if account else None


def uses_of(sources: Sequence[str]) -> Iterator[Use]:
    """Accounts, of last season too, that may be used from an address inside, around or equal to one of these."""
    # A system vendor's address has hundreds: what moved the season's moments is asked once for all.
    with held_moves():
        accounts = UploadAccount.objects.from_any_of(sources).select_related("application", "institution")
        ends = [(account, right_of(account).ends) for account in accounts]
    for account, end in ends:
        if end is None or end > clock.now():
            applied = account.application
            yield Use(
                account.institution.code, account.networks, applied.vendor_business_id, applied.vendor_code
            )


@after("account", "create")
@after("account", "change_sources")
@after("account", "close")
def look_at_addresses(step: Step[UploadAccount]) -> None:
    """Applications from an address that came onto the account's list, or left it, are looked at again."""
    account = step.subject
    concerned = {*account.networks, *step.facts.get("former", ())}
    jobs.look_at_addresses_in_use.defer(sources=sorted(concerned))


def code_of_account(subject_id: str) -> str:
    """What must be typed to open a secret's link: the institution's code."""
    return UploadAccount.objects.select_related("institution").get(pk=subject_id).institution.code


def secret_address(subject_id: str) -> str:
    """Where an opened secret's link leads."""
    return reverse("provisioning:secret")


def account_letter_left(sender: type[Letter], letter: Letter, **kwargs: Any) -> None:
    """Note on the account that its letter has left."""
    if letter.kind == "account_created":
        acts.note_that_letter_left(letter.about.rpartition(":")[2])


def account_panel(request: HttpRequest | None, subject: object) -> dict[str, object] | None:
    """What an institution sees of its accounts, newest first; nothing while it has none."""
    assert isinstance(subject, Institution)
    # One that is held since it was asked for under a wrong code is no longer this institution's.
    others = Q(state="held") & ~Q(application__institution_code=subject.code)
    accounts = list(subject.upload_accounts.exclude(others).order_by("-season", "-requested_at", "pk"))
    if not accounts:
        return None
    now = clock.now()
    shown = []
    for account in accounts:
        right = right_of(account)
        shown.append(
            {
                "account": account,
                "right": right,
                "open_now": right.holds(now),
                "secret": account.secret_standing(now),
                "halted": account.through and not _passed_on(account),
            }
        )
    user = getattr(request, "user", None)
    seat = user.seat if isinstance(user, User) else None
    return {
        "accounts": shown,
        "seated": seat is not None,
        "may_keys": seat is not None and seat.may("keys"),
        "host": settings.SFTP_HOST,
        "port": settings.SFTP_PORT,
        "fingerprints": fingerprints_if_any(),
        "coming_fingerprints": coming_fingerprints(),
        "now": now,
    }


def _passed_on(account: UploadAccount) -> bool:
    """Whether the system that uploads for it can come in now."""
    return SystemAccount.objects.running().filter(mode=account.through).exists()


def case_panel(request: HttpRequest | None, subject: object) -> dict[str, object] | None:
    """What the review case shows of the account that followed; nothing before sign-off."""
    assert isinstance(subject, Application)
    account = UploadAccount.objects.filter(application=subject).first()
    return {"account": account} if account else None


def told(event: Any) -> str | None:
    """What a case's timeline says of a change of its account."""
    return text("provisioning:timeline", state=text(f"provisioning:states.account.{event.state}"))
