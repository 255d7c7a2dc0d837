"""The procedure of an application, from the first page of the form to the county's sign-off.

Source: S0 (受理申請, 審查階段); domain.md §2: what is sent before the deadline counts as applied even if a
document is missing (缺件), a draft that was not sent does not count. ``sign_off`` is bound by
:mod:`careward.review`.
"""

from typing import Final

from careward.kernel.procedure import Procedure, Transition

DRAFT: Final = "draft"
LACKING: Final = "lacking"
SUBMITTED: Final = "submitted"
SIGNED_OFF: Final = "signed_off"

_APPLICANT: Final = ("applicant",)
_OPEN: Final = ("window_open",)

PROCEDURE: Final = Procedure(
    id="application",
    states=(DRAFT, LACKING, SUBMITTED, SIGNED_OFF),
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
    ),
)
