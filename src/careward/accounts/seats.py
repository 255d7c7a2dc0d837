"""Seats: at which institution somebody works now, and in which position (rules/roles.yaml ``positions``).

A mailbox may serve several institutions, or a company to which several delegate. Where one sits is chosen after
signing in and holds for the session; what a seat opens is asked of the database at every request, so that a seat
that was taken away opens nothing from that moment.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from careward import rulebook

if TYPE_CHECKING:
    from django.http import HttpRequest

    from careward.accounts.models import User

SESSION: Final = "seat"


@dataclass(frozen=True, slots=True)
class Seat:
    """A place to sit: ``institution_code`` is empty for a company's own, ``company`` for an institution's own.

    ``name`` is what people call the place. ``id`` stays the same as long as the seat exists.
    """

    id: str
    position: str
    institution_code: str = ""
    company: str = ""
    name: str = ""

    @property
    def rights(self) -> tuple[str, ...]:
        """What its position may do."""
        return rulebook.current().position(self.position).may

    def may(self, right: str) -> bool:
        """Whether its position has a right."""
        return right in self.rights

    @property
    def position_label(self) -> str:
        """The position in words."""
        return rulebook.current().position(self.position).label


Finder = Callable[["User"], Iterable[Seat]]
Watcher = Callable[["HttpRequest", "User", Seat], None]

_finders: list[Finder] = []
_watchers: list[Watcher] = []


def find_seats(finder: Finder) -> Finder:
    """Let a later package say where somebody may sit now."""
    _finders.append(finder)
    return finder


def watch_looks(watcher: Watcher) -> Watcher:
    """Let a later package take note of every page that is opened from a seat."""
    _watchers.append(watcher)
    return watcher


def seats_of(user: "User") -> tuple[Seat, ...]:
    """Every seat somebody may take now; none for staff, and none once the account is closed."""
    if user.is_staff_member or not user.is_active:
        return ()
    return tuple(seat for finder in _finders for seat in finder(user))


def take(request: "HttpRequest", user: "User", seat: Seat) -> None:
    """Sit down for this session."""
    request.session[SESSION] = seat.id
    user.sit(seat)


def seat_in(request: "HttpRequest", user: "User") -> Seat | None:
    """The seat of this session while it lasts; at first the only one there is, without being asked; else none.

    Who loses the seat is asked anew, even when one other is left: what was begun at one place is never done at
    another.
    """
    seats = seats_of(user)
    if SESSION not in request.session and len(seats) == 1:
        request.session[SESSION] = seats[0].id
    return next((seat for seat in seats if seat.id == request.session.get(SESSION)), None)


def looked(request: "HttpRequest", user: "User", seat: Seat) -> None:
    """Tell whoever takes note that a page was opened."""
    for watcher in _watchers:
        watcher(request, user, seat)
