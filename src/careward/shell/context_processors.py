"""What every page's frame is drawn from."""

from dataclasses import dataclass
from datetime import date
from functools import partial

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from careward.shell import navigation


@dataclass(frozen=True)
class Frame:
    """The frame of one page for one reader."""

    home_url: str
    nav: list[navigation.Link]
    footer: list[navigation.Link]
    source_url: str
    updated: date | None


def frame(request: HttpRequest) -> dict[str, object]:
    """Give templates ``frame``, made only when a page draws it: a fragment asks no badge for its count."""
    return {"frame": SimpleLazyObject(partial(_frame, request))}


def _frame(request: HttpRequest) -> Frame:
    return Frame(
        home_url=navigation.home_url(),
        nav=navigation.masthead(request),
        footer=navigation.footer(request),
        source_url=getattr(settings, "SOURCE_URL", ""),
        updated=getattr(settings, "RELEASED", None),
    )
