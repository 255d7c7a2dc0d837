"""Whether somebody has just shown who they are: asked before the ways in to an account are changed.

Staff confirm by their password, as for the recovery codes. Who has none signs in anew: that is the same proof, and
needs no second way to mail a code.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from careward import rulebook
from careward.accounts.access import user_of
from careward.accounts.models import User

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def signed_in_lately(request: HttpRequest, user: User) -> bool:
    """Whether this session showed a mailed code or a passkey within the minutes of rules/policies.yaml.

    By the machine's time, as allauth notes it.
    """
    moments = [record["at"] for record in get_authentication_records(request, user)]
    fresh = rulebook.current().policies.sign_in.fresh
    return bool(moments) and time.time() - max(moments) < fresh.total_seconds()


def freshly(view: View[P]) -> View[P]:
    """Below :func:`careward.accounts.access.for_roles`: ask for a proof first when the last one is too old."""

    @wraps(view)
    def proved(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        user = user_of(request)
        if user.is_staff_member:
            raise_if_reauthentication_required(request, app="allauth.mfa")
        elif not signed_in_lately(request, user):
            query = urlencode({"next": request.get_full_path()})
            return redirect(f"{reverse('accounts:sign_in_again')}?{query}")
        return view(request, *args, **kwargs)

    return proved
