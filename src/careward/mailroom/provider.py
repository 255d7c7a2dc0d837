"""Notifications of a mail provider, through anymail: what it could not deliver."""

from typing import Any, Final

from anymail.signals import AnymailTrackingEvent
from django.conf import settings
from django.urls import URLPattern, get_resolver

from careward.correspondence.bounces import Returned, note, parse_name
from careward.journal import Actor

_UNDELIVERED: Final = ("bounced", "rejected", "failed")


def told(sender: object, event: AnymailTrackingEvent, esp_name: str, **_: Any) -> None:
    """Note a bounce on the letter it names: by our metadata, else by the Message-ID."""
    if event.event_type not in _UNDELIVERED:
        return
    name = (event.metadata or {}).get("letter") or str(event.message_id or "").strip("<>").partition("@")[0]
    found = parse_name(str(name))
    if found and event.recipient:
        code = str(event.mta_response or "")[:12] if _is_status(event.mta_response) else ""
        note([Returned(*found, event.recipient, code)], Actor.system("mail provider"))


def _is_status(answer: object) -> bool:
    parts = str(answer or "").split(".")
    return len(parts) == 3 and all(part.isdigit() for part in parts)


def view() -> Any:
    """The provider's own view; None while no provider or no webhook secret is set: then nobody is listened to."""
    if not (settings.MAIL_PROVIDER and settings.ANYMAIL.get("WEBHOOK_SECRET")):
        return None
    wanted = f"{settings.MAIL_PROVIDER}_tracking_webhook"
    patterns = get_resolver("anymail.urls").url_patterns
    return next((p.callback for p in patterns if isinstance(p, URLPattern) and p.name == wanted), None)
