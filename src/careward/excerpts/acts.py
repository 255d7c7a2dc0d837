"""Sharing one check of a receipt, and taking it back."""

from typing import Any

from django.db import transaction

from careward import rulebook
from careward.accounts.models import MailedLink, User
from careward.correspondence import post
from careward.excerpts.models import PURPOSE, Excerpt
from careward.flow import Step, after
from careward.intake.models import Delivery
from careward.journal import Actor, acting
from careward.kernel import clock


def share(delivery: Delivery, rule: str, *, mailbox: str, user: User, by: Actor) -> Excerpt:
    """Mail a link to the findings of one check; an older one of the same to the same mailbox ends."""
    with transaction.atomic(), acting(by, "excerpt.share"):
        locked = Delivery.objects.select_for_update().get(pk=delivery.pk)
        now = clock.now()
        for older in locked.excerpts.open_at(now).filter(rule=rule, link__mailbox=mailbox):
            older.link.revoke()
        excerpt = Excerpt(delivery=locked, rule=rule, shared_by=user, shared_at=now)
        ends = now + rulebook.current().policies.excerpts.lives
        excerpt.link = MailedLink.issue(PURPOSE, str(excerpt.pk), mailbox, ends)
        excerpt.save(force_insert=True)
        post("excerpt_shared", excerpt)
    return excerpt


def revoke(excerpt: Excerpt, by: Actor) -> None:
    """Close the link from now on; a second time changes nothing."""
    with transaction.atomic(), acting(by, "excerpt.revoke"):
        excerpt.link.revoke()


@after("delivery", "dispose")
def end_with_the_receipt(step: Step[Any]) -> None:
    """What is destroyed is shared with nobody any more."""
    for excerpt in step.subject.excerpts.open_at(step.at).select_related("link"):
        excerpt.link.revoke()
