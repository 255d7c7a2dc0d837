"""What an act of the worker must know beside its delivery, asked in one question: asking costs more than answering."""

from collections.abc import Mapping, Sequence
from typing import Final

from careward.intake.looking import account_now, moves_now
from careward.intake.models import Delivery
from careward.seasons.moves import hold
from careward.store.planned import ask

_BEGIN: Final = """
SELECT
    (SELECT concat_ws(' ', a.xmin, a.ctid, i.xmin, i.ctid) FROM "provisioning_uploadaccount" a
        JOIN "registry_institution" i ON i."id" = a."institution_id" WHERE a."id" = %(account)s),
    (SELECT string_agg(concat_ws(' ', m.xmin, m.ctid), ',' ORDER BY m."id") FROM "seasons_momentmove" m),
    ARRAY(SELECT "id" FROM "intake_acceptedfile" WHERE "superseded_at" IS NULL
        AND "institution_id" = %(institution)s AND "lane" = %(lane)s AND "period" <= %(period)s
        AND NOT ("dataset" = %(dataset)s AND "period" = %(period)s) ORDER BY "id")
"""
_END: Final = """
SELECT
    EXISTS (SELECT FROM "intake_receiptkey" WHERE "key" = %(key)s),
    EXISTS (SELECT FROM "intake_acceptedfile" WHERE "superseded_at" IS NULL
        AND "institution_id" = %(institution)s AND "dataset" = %(dataset)s AND "period" = %(period)s
        AND "lane" = %(lane)s),
    EXISTS (SELECT FROM "intake_delivery" WHERE "untold" AND "account_id" = %(account)s)
"""
_ALONE: Final = 'SELECT FROM "registry_institution" WHERE "id" = %s FOR NO KEY UPDATE'


def at_its_beginning(delivery: Delivery) -> Sequence[int]:
    """The ids of accepted files in force that a check may look into: other datasets, earlier months.

    The delivery is given its account and its institution as they are now, and the season's moments are those of now
    until the next question, where they are held (:func:`careward.seasons.moves.held_moves`).
    """
    [(account, moves, ids)] = ask(_BEGIN, _facts(delivery))
    now = account_now(delivery.account_id, account)
    delivery.account = now
    if now.institution_id == delivery.institution_id:
        delivery.institution = now.institution
    hold(moves_now(moves or ""))
    return list(ids)


def at_its_end(delivery: Delivery, *, key: str) -> tuple[bool, bool, bool]:
    """Whether the receipt's ``key`` is noted already, a file of the same month in force, another answer untold.

    No other delivery of the institution ends before the transaction does.
    """
    alone(delivery.institution_id)
    [(noted, beside, untold)] = ask(_END, {**_facts(delivery), "key": key})
    return noted, beside, untold


def alone(institution: int) -> None:
    """One delivery at a time per institution is answered, or told, until the transaction ends.

    Otherwise two files of one month could both look and both stay in force, and one could trust to be told with another
    whose letter is just being written. Who takes in a file meanwhile does not wait for it.
    """
    ask(_ALONE, [institution])


def _facts(delivery: Delivery) -> Mapping[str, object]:
    return {
        "account": delivery.account_id,
        "institution": delivery.institution_id,
        "lane": delivery.lane,
        "dataset": delivery.dataset,
        "period": delivery.period,
    }
