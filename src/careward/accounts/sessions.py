"""How sessions lie in the database.

A session holds mailed codes and the secret of an authenticator being set up: nothing of that may stand in a
column in clear (security-baseline.md, "Passwords and secrets").
"""

import json
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, CreateError, UpdateError
from django.db import connection
from django.utils import timezone
from django.utils.crypto import get_random_string

from careward.store.sealing import open_text, seal_text


class SealedSerializer:
    """Django's session serializer: JSON, sealed with the platform's data key."""

    def dumps(self, obj: Any) -> bytes:
        """Seal what a session holds."""
        return seal_text(_plain(obj)).encode("ascii")

    def loads(self, data: bytes) -> Any:
        """Open it again. Raises StoredBroken when it was changed or its key is gone."""
        return json.loads(open_text(data.decode("ascii")))


def _plain(obj: Any) -> str:
    return json.dumps(obj, separators=(",", ":"))


VISITORS_LONGER: Final = timedelta(seconds=60)
"""So much longer than the idle time a visitor's session may live, as it is prolonged only so often [decided]: a
person's who is signed in ends to the second (security-baseline.md 6)."""

_LOOK: Final = """
SELECT "session_data", "expire_date" FROM "django_session" WHERE "session_key" = %s AND "expire_date" > %s
"""
_ADD: Final = """
INSERT INTO "django_session" ("session_key", "session_data", "expire_date") VALUES (%s, %s, %s)
ON CONFLICT ("session_key") DO NOTHING
"""
_CHANGE: Final = (
    'UPDATE "django_session" SET "session_data" = %s, "expire_date" = %s WHERE "session_key" = %s'
)
_PROLONG: Final = 'UPDATE "django_session" SET "expire_date" = %s WHERE "session_key" = %s'

_MOVE: Final = 'UPDATE "usersessions_usersession" SET "session_key" = %s WHERE "session_key" = %s'


class SessionStore(db.SessionStore):
    """Django's table, one statement a look or a change; what did not change is only prolonged.

    Every page is asked for within some session, so each statement here is paid on every page.
    """

    _loaded: str = ""
    _ends: datetime | None = None

    def load(self) -> dict[str, Any]:
        """Read it, unless its time is over."""
        with connection.cursor() as cursor:
            cursor.execute(_LOOK, [self.session_key, timezone.now()])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return {}
        found: dict[str, Any] = self.decode(row[0])
        self._loaded, self._ends = _plain(found), row[1]
        return found

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's own signature
        """Keep it. Raises CreateError when the key is taken, UpdateError when the row has gone meanwhile."""
        if self.session_key is None:
            self.create()
            return
        data: dict[str, Any] = self._get_session(no_load=must_create)  # type: ignore[attr-defined]
        ends = self.get_expiry_date()
        if SESSION_KEY not in data:
            ends += VISITORS_LONGER
        plain = _plain(data)
        if must_create:
            changed = self._run(_ADD, [self._session_key, self.encode(data), ends])
        elif plain != self._loaded:
            changed = self._run(_CHANGE, [self.encode(data), ends, self.session_key])
        elif SESSION_KEY in data or self._ends is None or ends - self._ends > VISITORS_LONGER / 2:
            changed = self._run(_PROLONG, [ends, self.session_key])
        else:
            return
        if not changed:
            raise CreateError if must_create else UpdateError
        self._loaded, self._ends = plain, ends

    def cycle_key(self) -> None:
        """Take a fresh key; where somebody is signed in, what is known of the session goes with it."""
        before = self.session_key
        super().cycle_key()
        if before and SESSION_KEY in self:
            self._run(_MOVE, [self.session_key, before])

    def _get_new_session_key(self) -> str:
        """Adding says itself when the key is taken."""
        return get_random_string(32, VALID_KEY_CHARS)

    @staticmethod
    def _run(statement: str, values: list[str | datetime | None]) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return bool(cursor.rowcount)
