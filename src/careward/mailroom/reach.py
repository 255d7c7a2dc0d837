"""Whose letters somebody sees: those about the institutions within reach; administrators, those about accounts."""

from django.db.models import Q, QuerySet

from careward.correspondence.models import Letter
from careward.registry.rules import reach


def visible_to(viewer: object) -> QuerySet[Letter]:
    """The letters a person may see; their words are shown to nobody, since a code may stand in them."""
    mine = reach(viewer, code="institution_code", kind="institution_type", county="county", unit="unit")
    about_accounts = Q(institution_code="")
    if getattr(viewer, "role", "") == "administrator":
        return Letter.objects.filter(mine | about_accounts)
    return Letter.objects.filter(mine).exclude(about_accounts)
