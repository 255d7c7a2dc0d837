"""System check: every row of every procedure is bound, exactly once, and every letter exists."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core import checks

from careward.flow.models import Subject
from careward.flow.outbox import letter_exists
from careward.flow.performing import bound_acts, bound_guards
from careward.kernel.procedure import Procedure


def procedures() -> dict[str, Procedure]:
    """All procedures in force, by id, from the models that have one."""
    return {m.procedure.id: m.procedure for m in apps.get_models() if issubclass(m, Subject)}


@checks.register("procedures")
def everything_is_bound(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Name each act or guard without a function, each function without a row, each letter without a text."""
    known = procedures()
    problems = list(_unmatched("act", {(p.id, a) for p in known.values() for a in p.acts}, bound_acts))
    problems += _unmatched("guard", {(p.id, g) for p in known.values() for g in p.guards}, bound_guards)
    problems += [
        f"letter {letter!r} of procedure {p.id!r} has no class"
        for p in known.values()
        for letter in p.letters
        if not letter_exists(letter)
    ]
    return [checks.Error(problem, id="flow.E001") for problem in problems]


def _unmatched(kind: str, wanted: set[tuple[str, str]], bound: Iterable[tuple[str, str]]) -> Iterable[str]:
    found = set(bound)
    for procedure, name in sorted(wanted - found):
        yield f"{kind} {name!r} of procedure {procedure!r} is bound to nothing"
    for procedure, name in sorted(found - wanted):
        yield f"{kind} {name!r} is bound to procedure {procedure!r}, which has no such row"
