"""The house rules that no linter knows: imports inside a package, Chinese out of Python, facts out of code."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from careward.flow.checks import everything_is_bound
from careward.flow.models import Subject

PROJECT = Path(__file__).parents[2]
SOURCE = PROJECT / "src" / "careward"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)
CJK = re.compile(r"[㐀-鿿豈-﫿⺀-⿟]")
MAY_SPELL_CHINESE = ("kernel/",)
"""Parsing tables: what people write is matched there, nothing is shown from there."""


def _name(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_text_for_people_does_not_stand_in_python(path: Path) -> None:
    if _name(path).startswith(MAY_SPELL_CHINESE):
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    } | {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    strings = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
    ]
    assert [s for s in strings if CJK.search(s)] == []


@pytest.mark.parametrize(
    "path", [p for p in MODULES if p.stem in {"acts", "rules", "models", "procedure"}], ids=_name
)
def test_acts_and_rules_hold_no_http(path: Path) -> None:
    found = set(_imports(ast.parse(path.read_text(encoding="utf-8"))))
    assert {m for m in found if m.startswith(("django.http", "django.shortcuts", "django.forms"))} == set()


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_state_is_written_by_the_flow_alone(path: Path) -> None:
    if _name(path) == "flow/performing.py":
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        targets = node.targets if isinstance(node, ast.Assign) else []
        assert not [t for t in targets if isinstance(t, ast.Attribute) and t.attr == "state"], node.lineno


def test_nobody_but_the_rulebook_takes_a_season_as_it_is_written() -> None:
    """A season asked for by county carries the moved moments; the file's would forget them."""
    found = [
        _name(path)
        for path in MODULES
        if not _name(path).startswith("rulebook/")
        and re.search(
            r"written_seasons|as_written\(row|current\(\)\.as_written", path.read_text(encoding="utf-8")
        )
    ]
    assert found == ["ops/health.py", "seasons/acts.py"]


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_files_and_functions_stay_readable(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= 400
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno < 40, f"{node.name} at line {node.lineno}"


def _ranks() -> dict[str, int]:
    configuration = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    (layers,) = [
        c["layers"] for c in configuration["tool"]["importlinter"]["contracts"] if c["type"] == "layers"
    ]
    names = [[part.strip(" ()") for part in layer.split("|")] for layer in reversed(layers)]
    return {name: rank for rank, row in enumerate(names) for name in row}


def _own_models() -> list[type[models.Model]]:
    return [m for m in apps.get_models(include_auto_created=True) if m.__module__.startswith("careward.")]


def test_relations_of_models_point_downward_too() -> None:
    ranks = _ranks()
    own = {config.label for config in apps.get_app_configs() if config.name.startswith("careward.")}
    for model in _own_models():
        for field in model._meta.get_fields():
            target = getattr(field, "related_model", None)
            if not getattr(field, "concrete", False) or target is None or target._meta.app_label not in own:
                continue
            assert ranks[target._meta.app_label] <= ranks[model._meta.app_label], field


def test_every_table_of_ours_is_under_the_journals_triggers() -> None:
    from pghistory.models import Event

    untracked = [
        model._meta.label
        for model in _own_models()
        if not issubclass(model, Event)
        and not hasattr(model, "pgh_event_models")
        # What seals the history has no history: it is append-only, and the chain holds its every row.
        and not model.__module__.startswith("careward.journal.")
        # A log of what strangers try, which must be let go (decision 0030).
        and model._meta.label != "gateway.Stranger"
        # Counters of attempts, forgotten after minutes (decision 0031).
        and model._meta.label != "accounts.Attempts"
    ]
    assert untracked == []


def test_every_row_of_every_procedure_is_bound() -> None:
    assert everything_is_bound(None) == []


def test_every_model_with_a_state_has_its_constraint_and_trigger() -> None:
    for model in apps.get_models():
        if not issubclass(model, Subject):
            continue
        names = {constraint.name for constraint in model._meta.constraints}
        triggers = {trigger.name for trigger in model._meta.triggers}
        assert f"{model.procedure.id}_state_is_known" in names
        assert f"{model.procedure.id}_state_follows" in triggers


def test_no_committed_file_names_a_registry() -> None:
    lines = [
        line
        for name in ("requirements/run.txt", "requirements/dev.txt", "package-lock.json", ".npmrc")
        for line in (PROJECT / name).read_text(encoding="utf-8").splitlines()
        if re.search(r"https?://(pypi|files\.pythonhosted|registry)", line)
    ]
    assert lines == []
