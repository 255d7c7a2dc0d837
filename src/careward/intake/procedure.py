"""The procedure of a delivery: one file that an institution sent.

"Received" is not "imported" (domain.md §4), so each file has its own way: received → checking → accepted or
rejected; an accepted file stands until a newer one of the same dataset and month is accepted.
"""

from typing import Final

from careward.kernel.procedure import Procedure, Transition

RECEIVED: Final = "received"
CHECKING: Final = "checking"
ACCEPTED: Final = "accepted"
REJECTED: Final = "rejected"
SUPERSEDED: Final = "superseded"

UNFINISHED: Final = (RECEIVED, CHECKING)
_SYSTEM: Final = ("system",)

PROCEDURE: Final = Procedure(
    id="delivery",
    states=(RECEIVED, CHECKING, ACCEPTED, REJECTED, SUPERSEDED),
    transitions=(
        Transition(None, "receive", ("institution",), RECEIVED, ("upload_is_open",)),
        Transition(RECEIVED, "begin", _SYSTEM, CHECKING),
        # Taken up again after a worker died or failed in the middle.
        Transition(CHECKING, "begin", _SYSTEM, CHECKING),
        Transition(CHECKING, "accept", _SYSTEM, ACCEPTED, letters=("delivery_accepted",)),
        Transition(CHECKING, "reject", _SYSTEM, REJECTED, letters=("delivery_rejected",)),
        Transition(ACCEPTED, "supersede", _SYSTEM, SUPERSEDED),
    ),
)
