"""Ways in, as the journal knows them: who had which since when, and who took it away.

The rows are allauth's; these models add its tables to the journal and nothing else. What checks a key, and the
sealed secret of an app, are no history.
"""

from allauth.mfa.models import Authenticator

from careward.journal import tracked


@tracked(exclude=("data", "last_used_at"))
class WayIn(Authenticator):  # type: ignore[misc]
    """An authenticator app, recovery codes, or a passkey of somebody."""

    class Meta:
        proxy = True
