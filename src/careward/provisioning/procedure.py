"""The procedure of an upload account.

Whether an account that was handed over may upload now, and to which lane, is no state: it is computed from the
season's moments by :mod:`careward.provisioning.rules`. ``held``: the sign-off behind it is void; the next one
releases it into the vendor's queue again (domain.md §2).
"""

from careward.kernel.procedure import Procedure, Transition

_SIGNING = ("officer", "supervisor", "system")

PROCEDURE = Procedure(
    id="account",
    states=("requested", "created", "notified", "suspended", "closed", "held"),
    transitions=(
        Transition(
            None,
            "request",
            ("officer", "supervisor", "system"),
            "requested",
            guards=("institution_has_none",),
        ),
        Transition(None, "connect", _SIGNING, "notified", guards=("institution_has_none",)),
        Transition("held", "reconnect", _SIGNING, "notified", guards=("institution_has_none",)),
        Transition(
            "requested", "create", ("vendor",), "created", letters=("account_created", "account_secret")
        ),
        Transition("created", "notify", ("system",), "notified"),
        Transition("created", "reveal", ("institution",), "created", guards=("secret_is_waiting",)),
        Transition("notified", "reveal", ("institution",), "notified", guards=("secret_is_waiting",)),
        Transition("created", "reissue", ("vendor",), "created", ("signs_in_itself",), ("account_secret",)),
        Transition("notified", "reissue", ("vendor",), "notified", ("signs_in_itself",), ("account_secret",)),
        *(
            Transition(state, "register_key", ("institution",), state, guards=("key_may_be_registered",))
            for state in ("created", "notified")
        ),
        *(
            Transition(
                state,
                "register_vendor_key",
                ("vendor", "institution"),
                state,
                guards=("vendor_has_key", "key_may_be_registered"),
            )
            for state in ("created", "notified")
        ),
        *(
            Transition(state, "end_key", ("institution",), state, guards=("key_is_valid",))
            for state in ("created", "notified", "suspended")
        ),
        *(
            Transition(state, "revoke_key", ("vendor", "ministry"), state, ("key_is_valid", "reason_given"))
            for state in ("created", "notified", "suspended")
        ),
        *(
            Transition(
                state, "record_indicator", ("ministry",), state, guards=("is_testing",), letters=letters
            )
            for state, letters in (
                ("requested", ()),
                ("created", ("account_live",)),
                ("notified", ("account_live",)),
                ("suspended", ("account_live",)),
            )
        ),
        *(
            Transition(state, "change_sources", ("vendor",), state)
            for state in ("requested", "created", "notified", "suspended")
        ),
        *(
            Transition(
                state,
                "suspend",
                ("vendor", "ministry"),
                "suspended",
                guards=("reason_given",),
                letters=("account_suspended",),
            )
            for state in ("created", "notified")
        ),
        Transition("suspended", "resume", ("vendor", "ministry"), "notified", letters=("account_resumed",)),
        *(
            Transition(state, "close", ("vendor", "ministry"), "closed", letters=("account_closed",))
            for state in ("created", "notified", "suspended")
        ),
        *(
            Transition(state, "hold", ("applicant", "officer", "supervisor", "ministry", "system"), "held")
            for state in ("requested", "created", "notified", "suspended")
        ),
        Transition(
            "held",
            "release",
            ("officer", "supervisor", "system"),
            "requested",
            guards=("institution_has_none",),
        ),
    ),
)
