"""What other packages' pages show of custody."""

from django.http import HttpRequest

from careward.intake.models import Delivery


def of_delivery(request: HttpRequest | None, subject: object) -> dict[str, object] | None:
    """Beside a receipt: the way to a record without masks."""
    assert isinstance(subject, Delivery)
    return {"delivery": subject}
