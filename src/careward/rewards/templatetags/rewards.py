"""How amounts are written."""

from django import template

from careward.kernel.text import thousands

register = template.Library()


@register.filter
def money(amount: int) -> str:
    """Whole NT$ with commas every three digits, as accounts are written."""
    return thousands(amount)
