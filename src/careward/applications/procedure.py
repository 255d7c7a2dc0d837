"""The procedure of an application, from the first page of the form to the county's sign-off.

Source: S0 (受理申請, 審查階段); domain.md §2: what is sent before the deadline counts as applied even if a
document is missing (缺件), a draft that was not sent does not count. Until the window closes an institution may
correct, withdraw (and take the withdrawal back); a correction after sign-off voids it (domain.md §2).
``sign_off`` is bound by :mod:`careward.review`.
"""

from typing import Final

from careward.kernel.procedure import Procedure, Transition

DRAFT: Final = "draft"
LACKING: Final = "lacking"
SUBMITTED: Final = "submitted"
SIGNED_OFF: Final = "signed_off"
WITHDRAWN: Final = "withdrawn"

_APPLICANT: Final = ("applicant",)
_OPEN: Final = ("window_open",)
_CORRECTED: Final = (*_OPEN, "something_changes", "mailbox_may_change", "corrected_form_complete")


def _corrections(state: str, whole: str, lacking: str = "") -> tuple[Transition, ...]:
    """A correction leads to ``whole``; to ``lacking`` when what is handed in no longer is all that is asked for."""
    letters = ("application_corrected",)
    if not lacking:
        return (Transition(state, "correct", _APPLICANT, whole, _CORRECTED, letters),)
    complete = (*_CORRECTED, "corrected_documents_complete")
    return (
        Transition(state, "correct", _APPLICANT, whole, complete, letters),
        Transition(state, "correct", _APPLICANT, lacking, _CORRECTED, letters),
    )


PROCEDURE: Final = Procedure(
    id="application",
    states=(DRAFT, LACKING, SUBMITTED, SIGNED_OFF, WITHDRAWN),
    transitions=(
        Transition(None, "start", _APPLICANT, DRAFT, _OPEN),
        Transition(DRAFT, "save", _APPLICANT, DRAFT, _OPEN),
        Transition(
            DRAFT,
            "submit",
            _APPLICANT,
            SUBMITTED,
            (*_OPEN, "form_complete", "documents_complete"),
            ("application_received",),
        ),
        Transition(
            DRAFT,
            "submit",
            _APPLICANT,
            LACKING,
            (*_OPEN, "form_complete"),
            ("application_received_lacking",),
        ),
        Transition(LACKING, "add_document", _APPLICANT, LACKING, (*_OPEN, "document_room")),
        Transition(LACKING, "remove_document", _APPLICANT, LACKING, _OPEN),
        Transition(
            LACKING,
            "complete",
            _APPLICANT,
            SUBMITTED,
            (*_OPEN, "documents_complete"),
            ("application_completed",),
        ),
        Transition(
            SUBMITTED,
            "sign_off",
            ("officer",),
            SIGNED_OFF,
            ("checklist_complete", "signing_open", "institution_in_scope"),
            ("application_signed_off",),
        ),
        Transition(SUBMITTED, "add_document", _APPLICANT, SUBMITTED, (*_OPEN, "document_room")),
        Transition(SUBMITTED, "remove_document", _APPLICANT, SUBMITTED, (*_OPEN, "documents_remain")),
        Transition(SUBMITTED, "remove_document", _APPLICANT, LACKING, _OPEN),
        *_corrections(LACKING, LACKING),
        *_corrections(SUBMITTED, SUBMITTED, LACKING),
        *_corrections(SIGNED_OFF, SUBMITTED, LACKING),
        *(
            Transition(state, "withdraw", _APPLICANT, WITHDRAWN, _OPEN, ("application_withdrawn",))
            for state in (LACKING, SUBMITTED, SIGNED_OFF)
        ),
        Transition(
            WITHDRAWN,
            "restore",
            _APPLICANT,
            SUBMITTED,
            (*_OPEN, "documents_complete"),
            ("application_restored",),
        ),
        Transition(WITHDRAWN, "restore", _APPLICANT, LACKING, _OPEN, ("application_restored",)),
    ),
)
