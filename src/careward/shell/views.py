"""The style page: how everything looks, for those who build pages; never shown to the public."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from careward.kernel.texts import text
from careward.shell.style import samples


def style(request: HttpRequest) -> HttpResponse:
    """Show every component in every state; 404 outside development and the demo."""
    if not (settings.DEBUG or getattr(settings, "DEMO", False)):
        raise Http404
    if "messages" in request.GET:
        messages.success(request, text("shell:style.messages.success"))
        messages.info(request, text("shell:style.messages.info"))
        messages.error(request, text("shell:style.messages.error"))
    asked = request.GET.get("page", "1")
    return render(request, "shell/style.html", samples(int(asked) if asked.isdecimal() else 1))
