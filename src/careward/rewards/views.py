"""The page that calculates one institution-year and explains it; it changes nothing and keeps nothing."""

from functools import cache
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from careward.accounts.access import for_roles, user_of
from careward.registry.models import Institution
from careward.rewards.explaining import explain
from careward.rewards.forms import AdminCostForm, FactsForm
from careward.rewards.reckoning import Reckoner
from careward.rewards.taking import answers_from_registry
from careward.rewards.telling import notices, reason_says
from careward.rewards.totals import bonus
from careward.rulebook import current

ROLES: Final = ("officer", "supervisor", "ministry")
PROGRAMME: Final = "excellence"


@cache
def reckoner() -> Reckoner:
    """The programme's rules as this process read them."""
    return Reckoner.of(current(), PROGRAMME)


@require_safe
@for_roles(*ROLES)
def calculate(request: HttpRequest) -> HttpResponse:
    """Facts in, or taken from the registry; amount and explanation out. A GET: nothing is changed by looking."""
    rules = reckoner()
    context: dict[str, Any] = {"programme": rules.programme.programme, "years": list(rules.years)}
    costs = AdminCostForm(rules, request.GET if "admin_cost" in request.GET else None)
    if "take" in request.GET:
        form = _taken(request, context)
    elif "institution_code" in request.GET:
        form = FactsForm(rules, request.GET)
        if form.is_valid() and form.facts:
            context |= _result(form)
    else:
        form = FactsForm(rules)
    return render(request, "rewards/calculate.html", {**context, "form": form, "costs": costs})


def _taken(request: HttpRequest, context: dict[str, Any]) -> FactsForm:
    code, year = request.GET.get("take", "").strip(), request.GET.get("of", "")
    known = list(reckoner().years)
    year = year if year in known else known[-1]
    institution = Institution.objects.visible_to(user_of(request)).with_code(code).first()
    context |= {"take": code, "of": year, "taken": institution, "not_found": institution is None}
    initial = answers_from_registry(institution, year) if institution else {"year": year}
    return FactsForm(reckoner(), initial=initial)


def _result(form: FactsForm) -> dict[str, Any]:
    assert form.facts
    year = form.cleaned_data["year"]
    rules = reckoner().years[year]
    decision = reckoner().decide(form.facts, year)
    planned = form.cleaned_data["bonus"]
    return {
        "decision": decision,
        "tree": explain(decision, rules),
        "reasons": [reason_says(decision, rules, reason) for reason in decision.reasons],
        "notices": list(notices(decision, rules)),
        "type_label": rules.types.institution_types[form.facts.type].label,
        "ownership_label": rules.types.ownerships[form.facts.ownership].label,
        "bonus": bonus(planned, decision, rules.rules.bonus) if planned is not None else None,
    }
