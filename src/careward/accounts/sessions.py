"""How sessions lie in the database.

A session holds mailed codes and the secret of an authenticator being set up: nothing of that may stand in a
column in clear (security-baseline.md, "Passwords and secrets").
"""

import json
from typing import Any

from careward.store.sealing import open_text, seal_text


class SealedSerializer:
    """Django's session serializer: JSON, sealed with the platform's data key."""

    def dumps(self, obj: Any) -> bytes:
        """Seal what a session holds."""
        return seal_text(json.dumps(obj, separators=(",", ":"))).encode("ascii")

    def loads(self, data: bytes) -> Any:
        """Open it again. Raises StoredBroken when it was changed or its key is gone."""
        return json.loads(open_text(data.decode("ascii")))
