"""The procedure of a moved moment.

Source: domain.md §2: a moment may be moved for the whole season or a whole county (typhoon closure, documented
outage), announced and journalled; never for one institution.
"""

from typing import Final

from careward.kernel.procedure import Procedure, Transition

IN_FORCE: Final = "in_force"
_WHO: Final = ("ministry", "administrator")
_GUARDS: Final = ("moment_is_ahead", "moments_stay_in_order")

PROCEDURE: Final = Procedure(
    id="moment_move",
    states=(IN_FORCE, "replaced", "taken_back"),
    transitions=(
        Transition(None, "move", _WHO, IN_FORCE, guards=_GUARDS),
        Transition(IN_FORCE, "replace", _WHO, "replaced"),
        Transition(IN_FORCE, "take_back", _WHO, "taken_back", guards=("may_be_taken_back",)),
    ),
)
