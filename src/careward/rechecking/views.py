"""Ordering a recheck, and the difference it found."""

import uuid
from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from careward import rulebook
from careward.accounts.access import for_roles, user_of
from careward.kernel import clock
from careward.kernel.texts import text
from careward.rechecking import acts, jobs
from careward.rechecking.forms import RecheckForm
from careward.rechecking.models import Recheck, kept

READERS: Final = ("ministry", "vendor")
PAGE_SIZE: Final = 50


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(*READERS)
def rechecks(request: HttpRequest) -> HttpResponse:
    """Every recheck, the newest first; POST orders one by the rules in force."""
    season = rulebook.current().season_at(clock.now(), county=rulebook.NATIONWIDE)
    form = RecheckForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            ordered = acts.order(season.code, form.cleaned_data["spec"], user_of(request))
            jobs.run.defer(recheck_id=str(ordered.pk))
        return redirect("rechecking:recheck", recheck_id=ordered.pk)
    runs = Recheck.objects.select_related("by").annotate(
        files=Count("answers"), refused=Count("answers", filter=Q(answers__errors__gt=0))
    )
    context = {
        "form": form,
        "season": season,
        "count": kept(season.code).count(),
        "page": Paginator(runs.order_by("-ordered_at", "-pk"), PAGE_SIZE).get_page(request.GET.get("page")),
        "may": user_of(request).may_act,
    }
    return render(request, "rechecking/rechecks.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_roles(*READERS)
def recheck(request: HttpRequest, recheck_id: uuid.UUID) -> HttpResponse:
    """Which files would be refused, by which check; POST tells the institutions."""
    run = get_object_or_404(Recheck, pk=recheck_id)
    if request.method == "POST":
        told = acts.tell_affected(run, user_of(request))
        messages.success(request, text("rechecking:told" if told else "rechecking:nobody", count=told))
        return redirect("rechecking:recheck", recheck_id=run.pk)
    checks = run.checks_in_words
    refused = run.answers.filter(errors__gt=0).select_related("delivery__institution")
    context = {
        "run": run,
        "done": run.answers.count(),
        "left": 0 if run.done_at else run.waiting.count(),
        "rules": [(rule, checks.get(rule, ""), *counts) for rule, *counts in acts.refused_by(run)],
        "page": Paginator(refused, PAGE_SIZE).get_page(request.GET.get("page")),
        "untold": refused.filter(told_at=None).values("delivery__institution").distinct().count(),
        "switched": rulebook.current().season(run.season, county=rulebook.NATIONWIDE).season.interchange
        == run.spec,
        "may": user_of(request).may_act,
    }
    return render(request, "rechecking/recheck.html", context)
