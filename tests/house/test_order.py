"""Rows of one moment come in a settled order too: else a page shows one twice and a test fails by chance."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.db import models

PROJECT = Path(__file__).parents[2]
MODULES = sorted(
    path
    for folder in ("src", "tests", "benchmarks")
    for path in (PROJECT / folder).rglob("*.py")
    if "migrations" not in path.parts
)
MODELS = [model for model in apps.get_models() if model.__module__.startswith("careward.")]
MOMENTS = {
    field.name
    for model in MODELS
    for field in model._meta.get_fields()
    if isinstance(field, models.DateField)
}


def _of_a_moment(key: object) -> bool:
    return isinstance(key, str) and key.lstrip("-").rpartition("__")[2] in MOMENTS


def _orders(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            yield from [node] if node.func.attr in ("order_by", "latest", "earliest") else []


def test_no_question_orders_by_a_moment_alone() -> None:
    last = [(f"{path}:{node.lineno}", node.args[-1]) for path in MODULES for node in _orders(path)]
    assert len(last) > 100
    assert [where for where, key in last if isinstance(key, ast.Constant) and _of_a_moment(key.value)] == []


def test_no_table_is_ordered_by_a_moment_alone() -> None:
    assert [model for model in MODELS if any(_of_a_moment(key) for key in model._meta.ordering[-1:])] == []
