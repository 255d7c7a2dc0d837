"""What other packages' pages show of excerpts."""

from django.http import HttpRequest

from careward.excerpts.models import Excerpt
from careward.intake.models import Delivery
from careward.kernel import clock
from careward.registry.models import Institution


def _may_share(request: HttpRequest | None) -> bool:
    seat = getattr(request and request.user, "seat", None)
    return seat is not None and seat.may("share")


def of_delivery(request: HttpRequest | None, subject: object) -> dict[str, object] | None:
    """Beside a receipt in which something was found: the way to share it."""
    assert isinstance(subject, Delivery)
    return {"delivery": subject} if subject.has_findings and _may_share(request) else None


def of_institution(request: HttpRequest | None, subject: object) -> dict[str, object] | None:
    """How many are open now; nothing where none is."""
    assert isinstance(subject, Institution)
    if not _may_share(request):
        return None
    count = Excerpt.objects.filter(delivery__institution=subject).open_at(clock.now()).count()
    return {"count": count} if count else None
