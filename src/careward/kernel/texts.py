"""Sentences for people, kept beside the package that says them, outside Python.

``text("applications:errors.closed")`` reads ``careward/applications/texts.yaml`` → ``errors`` → ``closed``.
Every scalar is taken as text as written, so that keys like ``no`` or ``115`` stay what they look like.
"""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from yaml import SafeLoader

    SafeReader = SafeLoader
else:
    # libyaml reads ten times faster; a PyYAML built without it has only the Python reader
    SafeReader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class TextsBroken(ValueError):
    """A texts.yaml is not a tree of texts, or says one key twice; the message names file and line."""


def text(key: str, /, **values: object) -> str:
    """Return the text under ``"<package>:dotted.key"`` with its ``{placeholders}`` filled (``str.format``).

    Raises KeyError, naming file and key, when the file, the key or a placeholder's value is missing.
    """
    package, _, path = key.partition(":")
    found = _texts(package).get(path)
    if found is None:
        raise KeyError(f"{_file_name(package)}: no text {path!r}")
    try:
        return found.format_map(values)
    except KeyError as missing:
        raise KeyError(f"{_file_name(package)}: text {path!r} needs a value for {missing}") from missing


def known(key: str) -> bool:
    """Whether there is a text under ``key``; raises KeyError when the package has no texts at all."""
    package, _, path = key.partition(":")
    return path in _texts(package)


def _file_name(package: str) -> str:
    return f"careward/{package}/texts.yaml"


@cache
def _texts(package: str) -> dict[str, str]:
    place = files("careward").joinpath(package, "texts.yaml")
    if not package.isidentifier() or not place.is_file():
        raise KeyError(f"{_file_name(package)}: no such file")
    return read(place.read_text(encoding="utf-8"), _file_name(package))


def read(source: str, name: str) -> dict[str, str]:
    """Flatten one YAML document to ``{"errors.closed": "…"}``; ``name`` is used in complaints only.

    Raises :class:`TextsBroken` for anything but nested mappings of texts, and for a key said twice: PyYAML
    would silently let the last one win.
    """
    try:
        root = yaml.compose(source, Loader=SafeReader)
    except yaml.YAMLError as error:
        raise TextsBroken(f"{name}: {error}") from error
    found: dict[str, str] = {}
    for key, value, line in _leaves(root, "", name) if root else ():
        if key in found:
            raise TextsBroken(f"{name}:{line}: {key!r} stands twice")
        found[key] = value
    return found


def _leaves(node: yaml.Node, prefix: str, name: str) -> Iterator[tuple[str, str, int]]:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode) and prefix:
        yield prefix, node.value, line
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _leaves(value, f"{prefix}.{key.value}" if prefix else str(key.value), name)
    else:
        raise TextsBroken(f"{name}:{line}: {prefix or 'the file'} is neither a text nor a group of texts")
