"""The procedure of a change of connection data (S0 帳號開通: 每月統整名單後批次處理).

That an approved change stands on a month's list, and that the list is frozen, is no state: both are computed from
the moment of approval by the season's :class:`~careward.rulebook.change_lists.Changes`.
"""

from typing import Final

from careward.kernel.procedure import Procedure, Transition

DRAFT: Final = "draft"
REQUESTED: Final = "requested"
RETURNED: Final = "returned"
REFUSED: Final = "refused"
CANCELLED: Final = "cancelled"
APPROVED: Final = "approved"
PROCESSED: Final = "processed"
FAILED: Final = "failed"

OPEN: Final = (DRAFT, REQUESTED, RETURNED)
"""An institution has at most one of these at a time."""
LISTED: Final = (APPROVED, PROCESSED, FAILED)
"""Those that stand on a month's list."""

_INSTITUTION: Final = ("applicant",)
_DESK: Final = ("officer", "supervisor")
_VENDOR: Final = ("vendor",)
_SENDING: Final = ("changes_open", "something_changes")
_PROCESSING: Final = ("list_released", "account_takes_it")

PROCEDURE: Final = Procedure(
    id="connection_change",
    states=(DRAFT, REQUESTED, RETURNED, REFUSED, CANCELLED, APPROVED, PROCESSED, FAILED),
    transitions=(
        Transition(None, "begin", _INSTITUTION, DRAFT, ("changes_open", "one_at_a_time")),
        Transition(DRAFT, "edit", _INSTITUTION, DRAFT),
        Transition(RETURNED, "edit", _INSTITUTION, RETURNED),
        Transition(DRAFT, "drop", _INSTITUTION, CANCELLED),
        Transition(DRAFT, "send", _INSTITUTION, REQUESTED, _SENDING, ("change_received",)),
        Transition(RETURNED, "send", _INSTITUTION, REQUESTED, _SENDING, ("change_received",)),
        Transition(REQUESTED, "cancel", _INSTITUTION, CANCELLED, (), ("change_cancelled",)),
        Transition(RETURNED, "cancel", _INSTITUTION, CANCELLED, (), ("change_cancelled",)),
        Transition(REQUESTED, "approve", _DESK, APPROVED, ("list_to_come",), ("change_approved",)),
        Transition(REQUESTED, "give_back", _DESK, RETURNED, ("reason_given",), ("change_returned",)),
        Transition(REQUESTED, "refuse", _DESK, REFUSED, ("reason_given",), ("change_refused",)),
        Transition(APPROVED, "process", _VENDOR, PROCESSED, _PROCESSING, ("change_processed",)),
        Transition(APPROVED, "fail", _VENDOR, FAILED, ("list_released", "reason_given"), ("change_failed",)),
        Transition(FAILED, "process", _VENDOR, PROCESSED, _PROCESSING, ("change_processed",)),
    ),
)
