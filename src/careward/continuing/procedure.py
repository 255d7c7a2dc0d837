"""The procedure of an invitation to continue. An invitation is not an application (domain.md §2).

That an unanswered one counts as not applying (視同不提出申請, S0 註 2) is no state: it is computed from the
moment the window closes, whether any job runs or not. ``rectify`` mends what the list has wrong, also after the letter
left; an institution that changed something itself answers the invitation [decided]. ``struck``: listed by mistake.
"""

from typing import Final

from careward.kernel.procedure import Procedure, Transition

LISTED: Final = "listed"
INVITED: Final = "invited"
AGREED: Final = "agreed"
CHANGED: Final = "changed"
STRUCK: Final = "struck"

_STAFF: Final = ("ministry", "vendor", "system")
_APPLICANT: Final = ("applicant",)
_OPEN: Final = ("window_open",)
KEEPERS: Final = ("ministry", "vendor")
"""Who keeps the list: imports, invites, rectifies."""
_REASONED: Final = ("reason_given", "something_differs")

PROCEDURE: Final = Procedure(
    id="invitation",
    states=(LISTED, INVITED, AGREED, CHANGED, STRUCK),
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
        Transition(LISTED, "rectify", KEEPERS, LISTED, _REASONED),
        Transition(
            INVITED,
            "rectify",
            KEEPERS,
            INVITED,
            (*_REASONED, *_OPEN, "mailbox_differs", "no_change_begun"),
            ("continuing_invitation",),
        ),
        Transition(INVITED, "rectify", KEEPERS, INVITED, (*_REASONED, *_OPEN, "mailbox_stays")),
        Transition(LISTED, "strike", KEEPERS, STRUCK, ("reason_given",)),
        Transition(INVITED, "strike", KEEPERS, STRUCK, ("reason_given",), ("continuing_struck",)),
        Transition(STRUCK, "put_back", KEEPERS, LISTED, ("reason_given",)),
    ),
)
