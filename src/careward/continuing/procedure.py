"""The procedure of an invitation to continue. An invitation is not an application (domain.md §2).

That an unanswered one counts as not applying (視同不提出申請, S0 註 2) is no state: it is computed from the
moment the window closes, whether any job runs or not.
"""

from typing import Final

from careward.kernel.procedure import Procedure, Transition

LISTED: Final = "listed"
INVITED: Final = "invited"
AGREED: Final = "agreed"
CHANGED: Final = "changed"

_STAFF: Final = ("ministry", "vendor", "system")
_APPLICANT: Final = ("applicant",)
_OPEN: Final = ("window_open",)

PROCEDURE: Final = Procedure(
    id="invitation",
    states=(LISTED, INVITED, AGREED, CHANGED),
    transitions=(
        Transition(None, "list", _STAFF, LISTED),
        Transition(LISTED, "relist", _STAFF, LISTED),
        Transition(LISTED, "invite", _STAFF, INVITED, _OPEN, ("continuing_invitation",)),
        Transition(
            INVITED, "invite_again", (*_STAFF, "applicant"), INVITED, _OPEN, ("continuing_invitation",)
        ),
        Transition(
            INVITED, "remind", ("system",), INVITED, (*_OPEN, "reminder_due"), ("continuing_reminder",)
        ),
        Transition(
            INVITED,
            "agree",
            _APPLICANT,
            AGREED,
            (*_OPEN, "carried_whole", "as_shown"),
            ("continuing_agreed",),
        ),
        Transition(INVITED, "begin_change", _APPLICANT, INVITED, _OPEN),
        Transition(INVITED, "receive_change", _APPLICANT, CHANGED),
        Transition(AGREED, "receive_change", _APPLICANT, CHANGED),
        Transition(AGREED, "take_back", _APPLICANT, INVITED, (), ("continuing_taken_back",)),
        Transition(CHANGED, "take_back", _APPLICANT, INVITED),
        Transition(INVITED, "tell_lapse", ("system",), INVITED, ("lapse_untold",), ("continuing_lapsed",)),
    ),
)
