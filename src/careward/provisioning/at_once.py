"""Many accounts created at once: each by itself, in its own transaction, and every one with its own answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import IntegrityError

from careward.flow import NotPermitted, Refused
from careward.journal import Actor
from careward.kernel import networks
from careward.kernel.texts import text
from careward.provisioning import acts
from careward.provisioning.importing import why_not_listed
from careward.provisioning.models import UploadAccount

MOST: Final = 100
"""Accounts in one go of 全部建立 [decided]: answered within some ten seconds, so that whoever waits sees it go on."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one: created now; or ``before``, most often as the same page was sent twice; or ``why`` not."""

    account: UploadAccount
    why: str = ""
    before: bool = False

    @property
    def made(self) -> bool:
        """Whether it was created now."""
        return not self.why and not self.before


def create_each(accounts: Iterable[UploadAccount], by: Actor) -> list[Result]:
    """Create them under their proposed names and lists; one that cannot be created stops none of the others."""
    return [_created(one, by) for one in accounts]


def _created(one: UploadAccount, by: Actor) -> Result:
    if one.username:
        return Result(one, before=True)
    if not one.networks:
        return Result(one, text("provisioning:bulk.no_addresses"))
    try:
        acts.create(
            one, by, username=one.proposed_username, sources=one.networks, allow_loopback=settings.DEMO
        )
    except NotPermitted as refused:
        somebody_was_quicker = UploadAccount.objects.filter(pk=one.pk).exclude(username="").exists()
        return Result(one, before=True) if somebody_was_quicker else Result(one, refused.message)
    except Refused as refused:
        return Result(one, refused.message)
    except networks.RefusedSource as refused:
        return Result(one, why_not_listed(one.networks_in_words, refused))
    except IntegrityError:
        return Result(one, text("provisioning:results.taken", name=one.proposed_username))
    return Result(one)
