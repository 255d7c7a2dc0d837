"""Where somebody may sit: at the places they work for, and at institutions that delegated to their company."""

from collections.abc import Iterator
from uuid import UUID

from django.http import HttpRequest

from careward.accounts.models import User
from careward.accounts.seats import Seat, find_seats, watch_looks
from careward.kernel import clock
from careward.members import acts
from careward.members.models import Delegation, Member

DELEGATE = "delegate"
_DELEGATED = "delegation:"


@find_seats
def seats_of(user: User) -> Iterator[Seat]:
    """The own places first, then what was delegated to the own companies, by the institutions' names."""
    mine = list(Member.objects.active().filter(user=user).select_related("institution", "company"))
    yield from (_own(one) for one in mine)
    companies = [one.company_id for one in mine if one.company_id]
    if not companies:
        return
    held = Delegation.objects.in_force(clock.now().date())
    held = held.filter(company__in=companies).select_related("institution")
    for one in held.order_by("institution__name", "institution__code"):
        code, name = one.institution.code, one.institution.name
        yield Seat(f"{_DELEGATED}{one.pk}", DELEGATE, code, str(one.company_id), name)


def _own(member: Member) -> Seat:
    code = member.institution.code if member.institution else ""
    return Seat(f"member:{member.pk}", member.position, code, str(member.company_id or ""), member.place.name)


@watch_looks
def note_look(request: HttpRequest, user: User, seat: Seat) -> None:
    """Write down what is looked at by a delegation, with who looked; what the own people do is not."""
    if seat.position != DELEGATE or request.resolver_match is None:
        return
    delegation = Delegation.objects.get(pk=UUID(seat.id.removeprefix(_DELEGATED)))
    named = (value for name, value in request.resolver_match.kwargs.items() if name != "form")
    thing = "/".join(str(value) for value in named)
    acts.note_look(delegation, user, request.resolver_match.view_name, thing)
