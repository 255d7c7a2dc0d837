"""What must be known before a file is taken in, asked in one question: each costs the sender a wait."""

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from careward.intake.models import Delivery
from careward.intake.rules import new_ticket
from careward.provisioning.models import UploadAccount
from careward.registry.models import Institution
from careward.rulebook.moving import Move
from careward.seasons.moves import held_moves, hold, in_force
from careward.store.by_key import ByKey
from careward.store.planned import ask

_MOST: Final = 4096
_LOOK: Final = """
SELECT
    (SELECT concat_ws(' ', a.xmin, a.ctid, i.xmin, i.ctid) FROM "provisioning_uploadaccount" a
        JOIN "registry_institution" i ON i."id" = a."institution_id" WHERE a."id" = %s),
    (SELECT string_agg(concat_ws(' ', m.xmin, m.ctid), ',' ORDER BY m."id") FROM "seasons_momentmove" m),
    EXISTS (SELECT FROM "intake_delivery" WHERE "account_id" = %s AND "lane" = %s AND "name" = %s
        AND "state" IN ('held', 'received', 'checking')),
    EXISTS (SELECT FROM "intake_delivery" WHERE "sha256" = %s AND "state" IN ('accepted', 'rejected')
        AND "institution_id" = (SELECT "institution_id" FROM "provisioning_uploadaccount" WHERE "id" = %s)),
    EXISTS (SELECT FROM "intake_delivery" WHERE "ticket" = %s)
"""
_NAMED: Final = """
SELECT a."id", concat_ws(' ', a.xmin, a.ctid, i.xmin, i.ctid),
    (SELECT string_agg(concat_ws(' ', m.xmin, m.ctid), ',' ORDER BY m."id") FROM "seasons_momentmove" m)
FROM "provisioning_uploadaccount" a JOIN "registry_institution" i ON i."id" = a."institution_id"
WHERE a."username" = %s AND a."username" <> ''
"""


@dataclass(frozen=True, slots=True)
class Look:
    """The account as it is now, a free ticket, the moves in force, and files of the name that wait, oldest first.

    ``answered``: the institution sent these bytes before, and they were accepted or rejected.
    """

    account: UploadAccount
    ticket: str
    waiting: Sequence[Delivery]
    answered: bool
    moves: Sequence[Move]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Within the block the season's moments are those that were looked at."""
        with held_moves(self.moves):
            yield


_ACCOUNTS: Final = ByKey(UploadAccount)
_INSTITUTIONS: Final = ByKey(Institution)
_accounts: dict[UUID, tuple[str, UploadAccount]] = {}
_moves: dict[str, Sequence[Move]] = {}


def free_ticket() -> str:
    """A ticket no delivery has, for one nobody looked for before."""
    while Delivery.objects.filter(ticket=(ticket := new_ticket())).exists():
        pass
    return ticket


def look(account: UUID, lane: str, name: str, sha256: str) -> Look:
    """Look whether and how a file of this (clean) name and content may be received. Raises UploadAccount.DoesNotExist.

    What PostgreSQL says has not changed since it was read last – by number and place of its rows – is not read
    again.
    """
    while True:
        ticket = new_ticket()
        values = [account, account, lane, name, sha256, account, ticket]
        [(of_account, of_moves, waits, answered, taken)] = ask(_LOOK, values)
        if not taken:
            break
    waiting = Delivery.objects.waiting_named(account, lane, name) if waits else ()
    return Look(account_now(account, of_account or ""), ticket, waiting, answered, moves_now(of_moves or ""))


def account_named(username: str) -> UploadAccount | None:
    """The account of a name with its institution, as :func:`look` gives it; the moves are held where they are."""
    found = ask(_NAMED, [username])
    if not found:
        return None
    [(account, now, of_moves)] = found
    hold(moves_now(of_moves or ""))
    return account_now(account, now)


def account_now(account: UUID, now: str) -> UploadAccount:
    """The account with its institution, read again unless ``now``, number and place of their rows, is as it was.

    A copy, since whoever gets it may change it. Raises UploadAccount.DoesNotExist.
    """
    read = _accounts.get(account)
    if read is None or read[0] != now:
        fresh = account_afresh(account)
        if len(_accounts) >= _MOST:
            _accounts.clear()
        read = _accounts[account] = (now, fresh)
    mine = copy.copy(read[1])
    mine._state = copy.copy(read[1]._state)
    mine._state.fields_cache = dict(read[1]._state.fields_cache)
    return mine


def account_afresh(account: UUID) -> UploadAccount:
    """The account with its institution, read anew. Raises UploadAccount.DoesNotExist."""
    fresh = _ACCOUNTS.get(account)
    institution = _INSTITUTIONS.get(fresh.institution_id) if fresh else None
    if fresh is None or institution is None:
        raise UploadAccount.DoesNotExist(account)
    fresh.institution = institution
    return fresh


def moves_now(now: str) -> Sequence[Move]:
    """The moves in force, read again unless ``now``, number and place of all rows, is as it was."""
    read = _moves.get(now)
    if read is None:
        read = in_force()
        _moves.clear()
        _moves[now] = read
    return read
