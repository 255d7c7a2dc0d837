"""The files of a case: the original, pictures of the pages, and one page enlarged or turned, without any script."""

import uuid
from dataclasses import dataclass, replace
from typing import Final

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from careward.accounts.access import COUNTY, for_roles
from careward.applications import serving
from careward.applications.models import Document
from careward.review.reaching import document_of

TURNS: Final = (0, 90, 180, 270)
SIZES: Final = (100, 150, 200, 300)
"""Per cent of the page's width."""


@never_cache
@require_safe
@for_roles(*COUNTY)
def document(request: HttpRequest, document_id: uuid.UUID) -> FileResponse:
    """The original file, always as a download."""
    return serving.original(document_of(request, document_id))


@never_cache
@require_safe
@for_roles(*COUNTY)
def document_page(request: HttpRequest, document_id: uuid.UUID, page: int) -> HttpResponseBase:
    """A picture of one page, drawn on the server; ``?turn=90`` turns it clockwise."""
    found = document_of(request, document_id)
    turn = _chosen(request, "turn", TURNS)
    return serving.turned_picture(found, page, turn) if turn else serving.page_picture(found, page)


@never_cache
@require_safe
@for_roles(*COUNTY)
def look(request: HttpRequest, document_id: uuid.UUID, page: int) -> HttpResponse:
    """One page by itself: larger, smaller, turned, the next – all of it links."""
    found = document_of(request, document_id)
    if not 1 <= page <= len(found.page_keys):
        raise Http404
    turn, size = _chosen(request, "turn", TURNS), _chosen(request, "size", SIZES)
    place = SIZES.index(size)
    context = {
        "document": found,
        "application": found.application,
        "contact": found.application.rules.contact_window(found.application.institution_type),
        "number": page,
        "total": len(found.page_keys),
        "turn": turn,
        "size": size,
        "picture": f"{reverse('review:document_page', args=[found.pk, page])}?turn={turn}",
        "left": _address(found, page, (turn - 90) % 360, size),
        "right": _address(found, page, (turn + 90) % 360, size),
        "smaller": _address(found, page, turn, SIZES[place - 1]) if place else "",
        "larger": _address(found, page, turn, SIZES[place + 1]) if place + 1 < len(SIZES) else "",
        "before": _address(found, page - 1, 0, size) if page > 1 else "",
        "after": _address(found, page + 1, 0, size) if page < len(found.page_keys) else "",
    }
    return render(request, "review/look.html", context)


@never_cache
@require_safe
@for_roles(*COUNTY)
def beside(request: HttpRequest, document_id: uuid.UUID, former_id: uuid.UUID, page: int) -> HttpResponse:
    """The same page of two versions of a document, the earlier one first: turned and enlarged together.

    ``?aside=90`` turns the earlier one by that much more, since a photograph may lie on its side.
    """
    new, old = document_of(request, document_id), document_of(request, former_id)
    last = max(len(new.page_keys), len(old.page_keys), 1)
    if (
        (new.application_id, new.kind) != (old.application_id, old.kind)
        or new == old
        or not 1 <= page <= last
    ):
        raise Http404
    look = _Look(new, old, page, *(_chosen(request, name, known) for name, known in _CHOICES))
    place = SIZES.index(look.size)
    others = new.application.documents.of_kind(new.kind).exclude(pk__in=(new.pk, old.pk))
    context = {
        "application": new.application,
        "contact": new.application.rules.contact_window(new.application.institution_type),
        "look": look,
        "last": last,
        "sides": [
            _side("old", old, page, (look.turn + look.aside) % 360),
            _side("new", new, page, look.turn),
        ],
        "left": look.address(turn=(look.turn - 90) % 360),
        "right": look.address(turn=(look.turn + 90) % 360),
        "old_alone": look.address(aside=(look.aside + 90) % 360),
        "smaller": look.address(size=SIZES[place - 1]) if place else "",
        "larger": look.address(size=SIZES[place + 1]) if place + 1 < len(SIZES) else "",
        "before": look.address(page=page - 1) if page > 1 else "",
        "after": look.address(page=page + 1) if page < last else "",
        "others": [
            (other, replace(look, old=other, page=1).address())
            for other in others.exclude(removed_at=None).order_by("-removed_at", "-pk")
        ],
    }
    return render(request, "review/beside.html", context)


_CHOICES: Final = (("turn", TURNS), ("size", SIZES), ("aside", TURNS))


@dataclass(frozen=True, slots=True)
class _Look:
    """Two versions looked at: which page, how far turned, how large."""

    new: Document
    old: Document
    page: int
    turn: int = TURNS[0]
    size: int = SIZES[0]
    aside: int = TURNS[0]

    def address(self, **changes: int) -> str:
        """The same look with something changed."""
        other = replace(self, **changes)  # type: ignore[arg-type]
        path = reverse("review:beside", args=[other.new.pk, other.page, other.old.pk])
        return f"{path}?turn={other.turn}&size={other.size}&aside={other.aside}"


def _side(which: str, document: Document, page: int, turn: int) -> dict[str, object]:
    shown = page <= len(document.page_keys)
    return {
        "which": which,
        "document": document,
        "total": len(document.page_keys),
        "picture": f"{reverse('review:document_page', args=[document.pk, page])}?turn={turn}"
        if shown
        else "",
    }


def _address(document: Document, page: int, turn: int, size: int) -> str:
    return f"{reverse('review:look', args=[document.pk, page])}?turn={turn}&size={size}"


def _chosen(request: HttpRequest, name: str, known: tuple[int, ...]) -> int:
    given = request.GET.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and int(given) in known else known[0]
