"""The procedure of a system vendor's entry. Source: decided (a vendor's data are entered once, not per institution)."""

from typing import Final

from careward.kernel.procedure import Procedure, Transition

UNPROVED: Final = "unproved"
LISTED: Final = "listed"
CLOSED: Final = "closed"

_VENDOR: Final = ("applicant",)

PROCEDURE: Final = Procedure(
    id="system_vendor",
    states=(UNPROVED, LISTED, CLOSED),
    transitions=(
        Transition(None, "enter", _VENDOR, UNPROVED, (), ("vendor_link",)),
        Transition(UNPROVED, "send_link", ("system",), UNPROVED, (), ("vendor_link",)),
        Transition(LISTED, "send_link", ("system",), LISTED, (), ("vendor_link",)),
        Transition(UNPROVED, "confirm", _VENDOR, LISTED, ("only_entry",), ("vendor_code",)),
        Transition(LISTED, "change", _VENDOR, LISTED, (), ("vendor_changed",)),
        Transition(LISTED, "close", ("ministry", "vendor"), CLOSED, ("reason_given",), ("vendor_closed",)),
    ),
)
