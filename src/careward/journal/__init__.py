"""The journal: who did what, written by database triggers, append-only.

Every table of the platform is tracked by django-pghistory: an insert, update or delete writes the whole row,
with its actor, into an event table that the app role may only read and append to. The context is stored
beside each event and must not be null, so that a change without an actor fails.
"""

from careward.journal.actor import Actor, acting
from careward.journal.tracking import tracked

__all__ = ["Actor", "acting", "tracked"]
