"""Ways in and open sessions, as the journal knows them: who had which since when, and who ended it.

The rows are allauth's; these models add its tables to the journal and nothing else. What checks a key, and the
sealed secret of an app, are no history.
"""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

from careward.journal import tracked


@tracked(exclude=("data", "last_used_at"))
class WayIn(Authenticator):  # type: ignore[misc]
    """An authenticator app, recovery codes, or a passkey of somebody."""

    class Meta:
        proxy = True


@tracked(exclude=("session_key", "user_agent", "last_seen_at", "data"))
class OpenSession(UserSession):  # type: ignore[misc]
    """Somebody signed in somewhere: from where, since when, and how it ended.

    Source: security-baseline.md 12 (sessions with source, start and end) and 19 (where).
    """

    class Meta:
        proxy = True
