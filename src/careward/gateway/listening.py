"""Hearing of changed accounts from PostgreSQL itself, so that a suspension ends live connections at once."""

from collections.abc import Callable
from typing import Any, Final

import psycopg
from django.db import connections
from psycopg import sql

from careward.provisioning.notifying import CHANGES

_KEEPALIVE: Final[dict[str, Any]] = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
"""Seconds: a database machine that vanished without a word is noticed, too."""
_DJANGOS_OWN: Final = {"cursor_factory", "context", "prepare_threshold"}


async def listen(changed: Callable[[], None]) -> None:
    """Call ``changed`` once the channel is heard, and at every change after; raises psycopg.Error at its end.

    The first call matters: whatever changed before it was not heard.
    """
    wanted = connections["default"].get_connection_params()
    kept = {name: value for name, value in wanted.items() if name not in _DJANGOS_OWN} | _KEEPALIVE
    async with await psycopg.AsyncConnection.connect(**kept, autocommit=True) as heard:
        await heard.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANGES)))
        changed()
        async for _ in heard.notifies():
            changed()
    raise psycopg.OperationalError("the database no longer tells of changes")
