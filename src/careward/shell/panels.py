"""Named places in a page that later packages fill: the page that offers one knows nothing of who comes.

Source: design.md §1 (an earlier package that must show something of a later one offers a named panel).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

Context = Callable[[HttpRequest | None, object], Mapping[str, object] | None]
"""Asked with the request and the subject of the page; None keeps the panel away."""


@dataclass(frozen=True)
class Panel:
    """One template that fills a slot."""

    slot: str
    template: str
    context: Context
    order: int


_panels: list[Panel] = []


def register_panel(slot: str, template: str, context: Context, order: int = 50) -> None:
    """Fill ``slot`` with ``template``, lower ``order`` first; the same template again replaces itself.

    Slots of the frame: ``banner`` above the masthead, ``account`` inside it, and ``help`` under the content of a page
    that names nobody to call itself (as ``contact`` or ``windows``), error pages included. All others belong to the
    page that offers them by ``{% panel "case.account" subject %}``.
    """
    _panels[:] = [known for known in _panels if (known.slot, known.template) != (slot, template)]
    _panels.append(Panel(slot, template, context, order))
    _panels.sort(key=lambda panel: panel.order)


def render_slot(slot: str, request: HttpRequest | None, subject: object = None) -> SafeString:
    """Draw every panel of ``slot``; each template sees its own context, ``subject`` and ``request``."""
    drawn = []
    for panel in _panels:
        if panel.slot != slot:
            continue
        context = panel.context(request, subject)
        if context is not None:
            drawn.append(render_to_string(panel.template, {"subject": subject, **context}, request=request))
    return mark_safe("".join(drawn))  # noqa: S308 - each part comes escaped from its template  # nosec B703 B308
