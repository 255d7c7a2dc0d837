"""The procedure of a delivery: one file that an institution sent.

"Received" is not "imported" (domain.md §4), so each file has its own way: received → checking → accepted or
rejected; an accepted file stands until a newer one of the same dataset and month is accepted.

A file that may not have come whole (可能未傳完) is kept, but held: it is checked once somebody confirms it – on
the page, by renaming it, by sending the very same bytes again – and set aside once it is resumed or sent anew.

The very same bytes that already have their answer are not checked again: the new ticket has the earlier receipt,
as long as the rules and the files it was compared with are the same (:mod:`careward.intake.ground`).
A ZIP with several files is a bundle: each file in it is a delivery of its own, and the bundle is answered when all of
them are.
"""

from typing import Final

from careward.kernel.procedure import Procedure, Transition

RECEIVED: Final = "received"
CHECKING: Final = "checking"
ACCEPTED: Final = "accepted"
REJECTED: Final = "rejected"
SUPERSEDED: Final = "superseded"
HELD: Final = "held"
SET_ASIDE: Final = "set_aside"
REPEATED: Final = "repeated"
UNPACKED: Final = "unpacked"
GATHERED: Final = "gathered"
DISPOSED: Final = "disposed"
"""Destroyed when its time of keeping was over; the row stays."""

UNFINISHED: Final = (RECEIVED, CHECKING)
"""A check waits or runs."""
ANSWERED: Final = (ACCEPTED, REJECTED, SUPERSEDED, REPEATED, GATHERED)
"""There is a receipt."""
DISPOSABLE: Final = (HELD, SET_ASIDE, ACCEPTED, REJECTED, SUPERSEDED, REPEATED, GATHERED)
"""What may be destroyed once its time of keeping is over (see careward.custody)."""
IN_INBOX: Final = (HELD, *UNFINISHED, UNPACKED)
"""What its sender still waits for."""
_SYSTEM: Final = ("system",)

PROCEDURE: Final = Procedure(
    id="delivery",
    states=(
        HELD,
        RECEIVED,
        CHECKING,
        ACCEPTED,
        REJECTED,
        SUPERSEDED,
        SET_ASIDE,
        REPEATED,
        UNPACKED,
        GATHERED,
        DISPOSED,
    ),
    transitions=(
        Transition(
            None,
            "receive",
            ("institution",),
            REPEATED,
            ("upload_is_open", "rejected_before"),
            letters=("delivery_repeated",),
        ),
        Transition(None, "receive", ("institution",), REPEATED, ("upload_is_open", "accepted_before")),
        Transition(None, "receive", ("institution",), RECEIVED, ("upload_is_open",)),
        Transition(None, "hold", ("institution",), HELD, ("upload_is_open",), letters=("delivery_held",)),
        Transition(HELD, "confirm", ("institution",), RECEIVED),
        Transition(HELD, "set_aside", ("institution",), SET_ASIDE),
        Transition(RECEIVED, "begin", _SYSTEM, CHECKING),
        # Taken up again after a worker died or failed in the middle.
        Transition(CHECKING, "begin", _SYSTEM, CHECKING),
        # A file out of a bundle: received when the bundle was, its letter is the bundle's.
        Transition(None, "extract", _SYSTEM, REPEATED, ("accepted_before",)),
        Transition(None, "extract", _SYSTEM, REPEATED, ("rejected_before",)),
        Transition(None, "extract", _SYSTEM, RECEIVED),
        Transition(CHECKING, "unpack", _SYSTEM, UNPACKED),
        # The letter about an answer is written a little later, with all others of the account (.telling).
        Transition(UNPACKED, "gather", _SYSTEM, GATHERED),
        Transition(CHECKING, "accept", _SYSTEM, ACCEPTED),
        Transition(CHECKING, "reject", _SYSTEM, REJECTED),
        Transition(ACCEPTED, "supersede", _SYSTEM, SUPERSEDED),
        *(
            Transition(state, "dispose", ("administrator",), DISPOSED, ("keeping_is_over",))
            for state in DISPOSABLE
        ),
    ),
)
