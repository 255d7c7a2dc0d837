"""The mailed codes of a platform under load, without waiting for its mail: derived as the worker derives them."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

from support.platform import Platform

_pool = ThreadPoolExecutor(max_workers=2)


def read_codes_of(platform: Platform) -> None:
    """Make this process see the platform's database and keys; call it once, when the platform is ready."""
    import django

    os.environ.update(platform.environment(), DJANGO_SETTINGS_MODULE="careward.settings.demo")
    django.setup()


async def mailed_code(mailbox: str) -> str:
    """The newest code mailed to a mailbox."""
    return await asyncio.get_running_loop().run_in_executor(_pool, _code, mailbox)


def _code(mailbox: str) -> str:
    from careward.applications.models import MailboxProof
    from careward.correspondence import links

    return links.code(MailboxProof.objects.filter(mailbox=mailbox).latest("pk").seed)
