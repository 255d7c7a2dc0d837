"""Rules files into plain mappings and typed objects; every fault becomes a Problem with file and place.

YAML is read by the narrow rules a person expects: only ``true``, ``false`` and whole numbers are not text, so
``no``, ``09020`` and instants stay as written; a key said twice is refused instead of the last one winning.
"""

import re
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from careward.kernel.texts import SafeReader, text
from careward.rulebook.errors import Problem, RulebookBroken

Model = TypeVar("Model", bound=BaseModel)


class _Reader(SafeReader):
    """PyYAML without its surprises; sequences become tuples so that what is read stays frozen."""

    yaml_implicit_resolvers: Any = {}

    def build_mapping(self, node: yaml.MappingNode) -> Iterator[dict[Hashable, Any]]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                said = text("rulebook:syntax.key_not_text")
            elif key.value in seen:
                said = text("rulebook:syntax.key_twice", key=key.value)
            else:
                seen.add(key.value)
                continue
            raise yaml.constructor.ConstructorError(None, None, said, key.start_mark)
        made: dict[Hashable, Any] = {}
        yield made
        made.update({key.value: self.construct_object(value, deep=True) for key, value in node.value})

    def build_sequence(self, node: yaml.SequenceNode) -> tuple[Any, ...]:
        return tuple(self.construct_object(child, deep=True) for child in node.value)


_Reader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Reader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^(?:0|-?[1-9]\d*)$"), list("-0123456789"))
_Reader.add_constructor("tag:yaml.org,2002:map", _Reader.build_mapping)
_Reader.add_constructor("tag:yaml.org,2002:seq", _Reader.build_sequence)


@dataclass
class Desk:
    """Reads the files below one rules folder and gathers what is wrong with them."""

    folder: Path
    problems: list[Problem] = field(default_factory=list)

    def name(self, path: Path) -> str:
        """Say the file as a person finds it: ``rules/seasons/115.yaml``."""
        return path.relative_to(self.folder.parent).as_posix()

    def complain(self, path: Path, place: str, code: str, **values: object) -> None:
        """Note a contradiction; reason and expectation are the texts under ``contradictions.<code>``."""
        reason = text(f"rulebook:contradictions.{code}.reason", **values)
        expected = text(f"rulebook:contradictions.{code}.expected", **values)
        self.problems.append(Problem(self.name(path), place, reason, expected))

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Note the problems of what is found broken within, and go on behind it."""
        try:
            yield
        except RulebookBroken as broken:
            self.problems.extend(broken.problems)

    def refuse(self) -> None:
        """Raise RulebookBroken when there is any problem."""
        if self.problems:
            raise RulebookBroken(self.problems)

    def typed(self, path: Path, model: type[Model]) -> Model | None:
        """Read one file as `model`; None, and problems noted, when it cannot be."""
        try:
            raw = read_yaml(path.read_bytes())
        except OSError:
            self._syntax(path, "", "unreadable")
            return None
        except UnicodeDecodeError:
            self._syntax(path, "", "not_utf8")
            return None
        except (yaml.YAMLError, ValueError) as error:
            self._broken_yaml(path, error)
            return None
        try:
            return model.model_validate(raw)
        except ValidationError as error:
            self.problems.extend(
                _told(self.name(path), details) for details in error.errors(include_url=False)
            )
            return None

    def _syntax(self, path: Path, place: str, code: str, **values: object) -> None:
        reason = text(f"rulebook:syntax.{code}", **values)
        self.problems.append(Problem(self.name(path), place, reason, text("rulebook:syntax.expected")))

    def _broken_yaml(self, path: Path, error: Exception) -> None:
        mark, said = getattr(error, "problem_mark", None), getattr(error, "problem", None) or str(error)
        place = text("rulebook:syntax.line", line=mark.line + 1) if mark else ""
        self._syntax(path, place, "not_yaml", said=said)


def read_yaml(content: bytes) -> Any:
    """Return one document as mappings, tuples, text, int and bool.

    Raises UnicodeDecodeError, yaml.YAMLError (with line) or ValueError (a tag that does not fit).
    """
    return yaml.load(content.decode("utf-8-sig"), Loader=_Reader)  # noqa: S506 – a SafeLoader  # nosec B506


def _told(file: str, details: ErrorDetails) -> Problem:
    place = ".".join(str(step) for step in details["loc"])
    values = {"found": _short(details.get("input")), **_readable(details.get("ctx", {}))}
    try:
        reason = text(f"rulebook:schema.{details['type']}.reason", **values)
        expected = text(f"rulebook:schema.{details['type']}.expected", **values)
    except KeyError:
        return Problem(file, place, text("rulebook:schema.other", said=details["msg"]))
    return Problem(file, place, reason, expected)


def _readable(context: dict[str, Any]) -> dict[str, str]:
    return {key: str(value).replace(" or ", ", ") for key, value in context.items()}


def _short(found: object) -> str:
    said = found if isinstance(found, str) else repr(found)
    return said if len(said) <= 60 else f"{said[:60]}…"
