"""Procedures of a place's people and of a delegation.

Whether a delegation holds today is no state: it is computed from its days and from the directory.
Source: decided (roles head and clerk, dated delegation to a vendor).
"""

from typing import Final

from careward.kernel.procedure import Procedure, Transition

INVITED: Final = "invited"
ACTIVE: Final = "active"
ENDED: Final = "ended"
IN_FORCE: Final = "in_force"

_PEOPLE: Final = ("institution",)
_SYSTEM: Final = ("vendor", "institution", "applicant", "officer", "supervisor", "ministry", "system")
"""Whoever's act has it as a consequence: the account is made, the sign-off is void, a vendor leaves the directory."""

MEMBER: Final = Procedure(
    id="member",
    states=(INVITED, ACTIVE, ENDED),
    transitions=(
        Transition(None, "install", _SYSTEM, ACTIVE, ("mailbox_is_not_staffs",)),
        Transition(
            None, "add", _PEOPLE, INVITED,
            ("mailbox_is_not_staffs", "not_there_already", "room_for_more"), ("member_code",),
        ),
        Transition(INVITED, "send_code", _PEOPLE, INVITED, (), ("member_code",)),
        Transition(INVITED, "prove", _PEOPLE, ACTIVE, (), ("member_added",)),
        Transition(INVITED, "remove", _PEOPLE, ENDED, ("not_the_head",)),
        Transition(ACTIVE, "remove", _PEOPLE, ENDED, ("not_the_head",), ("member_removed",)),
        Transition(INVITED, "replace", _SYSTEM, ENDED),
        Transition(ACTIVE, "replace", _SYSTEM, ENDED),
    ),
)  # fmt: skip

DELEGATION: Final = Procedure(
    id="delegation",
    states=(IN_FORCE, ENDED),
    transitions=(
        Transition(
            None, "grant", _PEOPLE, IN_FORCE,
            ("company_is_listed", "days_are_right", "not_granted_already"), ("delegation_granted",),
        ),
        Transition(IN_FORCE, "revoke", _PEOPLE, ENDED, (), ("delegation_ended",)),
    ),
)  # fmt: skip
