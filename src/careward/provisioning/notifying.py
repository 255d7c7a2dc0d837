"""PostgreSQL tells at once of every changed account or key: gateways listen and look again."""

from typing import Final

import pgtrigger

CHANGES: Final = "careward_accounts"
"""The channel on which PostgreSQL tells of every changed account or key, with the account's id."""


def tells_of_changes(account: str) -> pgtrigger.Trigger:
    """Notify :data:`CHANGES` at the commit of whatever changes a row; ``account`` is the column with the id."""
    return pgtrigger.Trigger(
        name="tells_of_changes",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func=f"PERFORM pg_notify('{CHANGES}', NEW.\"{account}\"::text); RETURN NULL;",
    )
