"""The procedure of an application, from the first page of the form to the county's sign-off.

Source: S0 (受理申請, 審查階段); domain.md §2: what is sent before the deadline counts as applied even if a
document is missing (缺件), a draft that was not sent does not count. Until the window closes an institution may
correct, withdraw (and take the withdrawal back); a correction after sign-off voids it (domain.md §2),
and so does ``reopen``, by which signed documents are added to or replaced.
The desk's acts are
bound by :mod:`careward.review`, ``provisioning_not_begun`` by :mod:`careward.provisioning`.
"""

from typing import Final

from careward.kernel.procedure import Procedure, Transition

DRAFT: Final = "draft"
LACKING: Final = "lacking"
SUBMITTED: Final = "submitted"
SUPPLEMENT: Final = "supplement"
AWAITING_SECOND: Final = "awaiting_second"
SIGNED_OFF: Final = "signed_off"
NOT_MENDED: Final = "not_mended"
WITHDRAWN: Final = "withdrawn"

_APPLICANT: Final = ("applicant",)
_DESK: Final = ("officer", "supervisor")
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


_MENDS: Final = ("supplement_open", "part_open")
_SIGNS: Final = ("signing_open", "institution_in_scope")
_SIGNS_SECOND: Final = (*_SIGNS, "second_person")
_REASON: Final = ("reason_given",)

_SUPPLEMENT: Final = (
    Transition(
        SUBMITTED,
        "ask_supplement",
        _DESK,
        SUPPLEMENT,
        ("supplement_reasoned", "supplement_in_time"),
        ("supplement_asked",),
    ),
    Transition(
        LACKING,
        "ask_supplement",
        _DESK,
        SUPPLEMENT,
        ("window_shut", "supplement_reasoned", "supplement_in_time"),
        ("supplement_asked",),
    ),
    Transition(SUPPLEMENT, "mend", _APPLICANT, SUPPLEMENT, (*_MENDS, "mode_fits_type")),
    Transition(SUPPLEMENT, "add_document", _APPLICANT, SUPPLEMENT, (*_MENDS, "document_room")),
    Transition(SUPPLEMENT, "remove_document", _APPLICANT, SUPPLEMENT, _MENDS),
    Transition(
        SUPPLEMENT,
        "answer_supplement",
        _APPLICANT,
        SUBMITTED,
        ("supplement_open", "form_complete", "documents_complete"),
        ("supplement_answered",),
    ),
    Transition(
        SUPPLEMENT,
        "close_supplement",
        _DESK,
        SUBMITTED,
        (*_REASON, "form_complete", "documents_complete"),
        ("supplement_closed",),
    ),
)
"""補件: what the county asks for, what the institution mends, several rounds. Source: S0 審查階段; domain.md §2."""

_DECISION: Final = (
    Transition(
        SUBMITTED,
        "sign_off",
        _DESK,
        SIGNED_OFF,
        ("checklist_complete", *_SIGNS, "one_step"),
        ("application_signed_off",),
    ),
    Transition(SUBMITTED, "sign_off", _DESK, AWAITING_SECOND, ("checklist_complete", *_SIGNS)),
    Transition(
        SUPPLEMENT,
        "mark_not_mended",
        _DESK,
        NOT_MENDED,
        ("supplement_past_due", *_SIGNS, "one_step"),
        ("application_not_mended",),
    ),
    Transition(SUPPLEMENT, "mark_not_mended", _DESK, AWAITING_SECOND, ("supplement_past_due", *_SIGNS)),
    Transition(
        AWAITING_SECOND,
        "confirm",
        ("supervisor",),
        SIGNED_OFF,
        (*_SIGNS_SECOND, "signed_as_passed"),
        ("application_signed_off",),
    ),
    Transition(
        AWAITING_SECOND,
        "confirm",
        ("supervisor",),
        NOT_MENDED,
        (*_SIGNS_SECOND, "signed_as_not_mended"),
        ("application_not_mended",),
    ),
    Transition(
        AWAITING_SECOND, "return_to_officer", ("supervisor",), SUBMITTED, (*_REASON, "signed_as_passed")
    ),
    Transition(
        AWAITING_SECOND, "return_to_officer", ("supervisor",), SUPPLEMENT, (*_REASON, "signed_as_not_mended")
    ),
    Transition(
        SIGNED_OFF,
        "revoke",
        _DESK,
        SUBMITTED,
        (*_REASON, "provisioning_not_begun"),
        ("sign_off_revoked",),
    ),
    *(
        Transition(state, "transfer", _DESK, state, (*_REASON, "another_desk"), ("application_transferred",))
        for state in (LACKING, SUBMITTED, SUPPLEMENT)
    ),
)
"""簽核, with or without a second person; revocation; transfer. Source: S0 審查階段; domain.md §2."""

PROCEDURE: Final = Procedure(
    id="application",
    states=(DRAFT, LACKING, SUBMITTED, SUPPLEMENT, AWAITING_SECOND, SIGNED_OFF, NOT_MENDED, WITHDRAWN),
    transitions=(
        Transition(None, "start", _APPLICANT, DRAFT, _OPEN),
        Transition(DRAFT, "save", _APPLICANT, DRAFT, _OPEN),
        # 同意: its receipt letter is the invitation's.
        Transition(DRAFT, "submit", _APPLICANT, SUBMITTED, (*_OPEN, "form_complete", "carried_over")),
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
        Transition(SUBMITTED, "add_document", _APPLICANT, SUBMITTED, (*_OPEN, "document_room")),
        Transition(SUBMITTED, "remove_document", _APPLICANT, SUBMITTED, (*_OPEN, "documents_remain")),
        Transition(SUBMITTED, "remove_document", _APPLICANT, LACKING, _OPEN),
        *_corrections(LACKING, LACKING),
        *_corrections(SUBMITTED, SUBMITTED, LACKING),
        *_corrections(AWAITING_SECOND, SUBMITTED, LACKING),
        *_corrections(SIGNED_OFF, SUBMITTED, LACKING),
        *(
            Transition(
                state, "reopen", _APPLICANT, SUBMITTED, (*_OPEN, "has_documents"), ("application_reopened",)
            )
            for state in (AWAITING_SECOND, SIGNED_OFF)
        ),
        *(
            Transition(state, "withdraw", _APPLICANT, WITHDRAWN, (*_OPEN, "carried_over"))
            for state in (SUBMITTED, SIGNED_OFF)
        ),
        *(
            Transition(state, "withdraw", _APPLICANT, WITHDRAWN, _OPEN, ("application_withdrawn",))
            for state in (LACKING, SUBMITTED, SUPPLEMENT, AWAITING_SECOND, SIGNED_OFF)
        ),
        Transition(
            WITHDRAWN,
            "restore",
            _APPLICANT,
            SUBMITTED,
            (*_OPEN, "documents_complete", "has_documents"),
            ("application_restored",),
        ),
        Transition(
            WITHDRAWN, "restore", _APPLICANT, LACKING, (*_OPEN, "has_documents"), ("application_restored",)
        ),
        *_SUPPLEMENT,
        *_DECISION,
    ),
)
