"""The pages of an import: choose a file, see what would change, then import it.

The package that offers one puts :func:`import_page` behind its own address and rights. Between the pages the
file lies sealed in the cache, for this session only, and is gone after the idle time; nothing is changed
before the last button. Source: design.md (bad input: what, where, what was expected).
"""

import base64
from collections.abc import Callable, Sequence
from typing import Final

from django import forms
from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from careward import rulebook
from careward.flow.importing import HasChanged, Importer, Plan, carry_out, plan
from careward.journal import Actor
from careward.kernel.texts import text
from careward.shell.errors import too_large
from careward.shell.forms import PlainForm
from careward.store.sealing import StoredBroken, open_text, seal_text
from careward.store.spreadsheets import FORMATS, Cell, write_table
from careward.store.tables import Unreadable

_HOPELESS: Final = 2
"""So many times the limit is not even looked at."""
MOST_SHOWN: Final = 200
"""Lines of one kind on the preview; the rest is counted."""


class TableForm(PlainForm):
    """The file with the table."""

    texts = "shell:importing"

    file = forms.FileField()


def import_page(request: HttpRequest, importer: Importer, by: Callable[[], Actor]) -> HttpResponse:
    """Answer every request of an import's one address.

    ``by`` is asked who acts when something is to be changed. ``?preview`` is the second page, ``?empty=ods``
    (xlsx, csv) an empty table with the right headings.
    """
    if int(request.META.get("CONTENT_LENGTH") or 0) > _HOPELESS * _most_bytes():
        return too_large(request)
    if request.GET.get("empty") in FORMATS:
        return table_download(request.GET["empty"], importer.say("title"), _headings(importer), [])
    if "preview" in request.GET:
        return _preview(request, importer, by)
    return _choose(request, importer)


def table_download(kind: str, title: str, heading: list[str], rows: Sequence[Sequence[Cell]]) -> HttpResponse:
    """A table as a file to keep, in one of :data:`careward.store.spreadsheets.FORMATS`."""
    written = FORMATS[kind]
    answer = HttpResponse(write_table(kind, title, heading, rows), content_type=written.media_type)
    answer.headers["Content-Disposition"] = _attachment(f"{title}.{written.extension}")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _attachment(name: str) -> str:
    from django.utils.http import content_disposition_header

    return content_disposition_header(as_attachment=True, filename=name) or "attachment"


def _choose(request: HttpRequest, importer: Importer) -> HttpResponse:
    form = TableForm(request.POST, request.FILES) if request.method == "POST" else TableForm()
    if request.method == "POST" and form.is_valid():
        content = form.cleaned_data["file"].read()
        try:
            plan(importer, content)
        except Unreadable as refused:
            form.fail("file", "unreadable", says=str(refused))
        else:
            sealed = seal_text(base64.b64encode(content).decode())
            cache.set(_place(request, importer), sealed, rulebook.current().policies.sign_in.idle.seconds)
            return redirect(f"{request.path}?preview")
    context = {
        "importer": importer,
        "title": importer.say("title"),
        "lead": importer.say("lead"),
        "form": form,
        "columns": importer.columns(),
        "formats": FORMATS,
        "most_bytes": _most_bytes() >> 20,
    }
    return render(request, "shell/importing/choose.html", context)


def _preview(request: HttpRequest, importer: Importer, by: Callable[[], Actor]) -> HttpResponse:
    content = _kept(request, importer)
    if content is None:
        messages.error(request, text("shell:importing.gone"))
        return redirect(request.path)
    shown = plan(importer, content)
    if request.method == "POST" and not shown.faults:
        try:
            done = carry_out(importer, content, by(), shown=request.POST.get("shown", ""))
        except HasChanged:
            messages.error(request, text("shell:importing.has_changed"))
        else:
            cache.delete(_place(request, importer))
            messages.success(request, text("shell:importing.done", **done.counts))
            return redirect(request.path)
    return render(request, "shell/importing/preview.html", _shown(importer, shown))


def _shown(importer: Importer, made: Plan) -> dict[str, object]:
    groups = [
        {"title": text(f"shell:importing.changes.{name}"), "lines": lines[:MOST_SHOWN], "count": len(lines)}
        for name in ("new", "changed")
        if (lines := [line for line in made.lines if line.change == name])
    ]
    return {"title": importer.say("title"), "plan": made, "groups": groups, "most": MOST_SHOWN}


def _place(request: HttpRequest, importer: Importer) -> str:
    if request.session.session_key is None:
        request.session.create()
    return f"import:{importer.id}:{request.session.session_key}"


def _kept(request: HttpRequest, importer: Importer) -> bytes | None:
    sealed = cache.get(_place(request, importer))
    if sealed is None:
        return None
    try:
        return base64.b64decode(open_text(sealed))
    except StoredBroken:
        return None


def _headings(importer: Importer) -> list[str]:
    return [column.label for column in importer.columns()]


def _most_bytes() -> int:
    return rulebook.current().policies.tables.max_bytes.value
