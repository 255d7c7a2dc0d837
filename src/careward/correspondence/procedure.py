"""The procedure of a letter, from the outbox to the mailbox, or back.

``sent`` says that the mail server took it; a later bounce is the only news a mailbox gives.
"""

from typing import Final

from careward.kernel.procedure import ROLES, Procedure, Transition

QUEUED: Final = "queued"
SENT: Final = "sent"
BOUNCED: Final = "bounced"
FAILED: Final = "failed"

_SYSTEM: Final = ("system",)
_STAFF: Final = ("officer", "supervisor", "ministry", "vendor", "administrator")

PROCEDURE: Final = Procedure(
    id="letter",
    states=(QUEUED, SENT, BOUNCED, FAILED),
    transitions=(
        Transition(None, "post", ROLES, QUEUED),
        Transition(QUEUED, "hand_over", _SYSTEM, SENT),
        Transition(QUEUED, "miss", _SYSTEM, QUEUED, guards=("attempts_left",)),
        Transition(QUEUED, "miss", _SYSTEM, FAILED),
        Transition(SENT, "bounce", _SYSTEM, BOUNCED),
        Transition(BOUNCED, "send_again", _STAFF, QUEUED),
        Transition(FAILED, "send_again", _STAFF, QUEUED),
    ),
)
