"""The HTML part of a letter, made from its text: nothing is written twice, and the text stays the authority.

One layout for all (``correspondence/letter.html``), no picture, no script, nothing fetched from anywhere.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from django.template.loader import render_to_string

RULE: Final = "―" * 10
"""The line above the footer."""

_NUMBERED: Final = re.compile(r"\s*\d+\. (.*)")
_FACT: Final = re.compile(r"\s+([^：\s][^：]{0,20})：(\S.*)")
_LINK: Final = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a letter: ``lines`` are texts, of ``facts`` pairs of name and value."""

    kind: Literal["paragraph", "list", "facts", "link", "code", "footer"]
    lines: tuple[object, ...]


def as_html(subject: str, body: str) -> str:
    """The letter as one HTML document; every sign of ``body`` that a reader sees in the text is in it."""
    return render_to_string("correspondence/letter.html", {"subject": subject, "blocks": blocks(body)})


def blocks(body: str) -> list[Block]:
    """Tell paragraphs, numbered lists, facts (``name：value``), links and the footer apart."""
    text, _, footer = body.partition(RULE)
    found = [block for part in re.split(r"\n[ \t]*\n", text) for block in _part(part)]
    if footer.strip():
        found.append(Block("footer", tuple(line.strip() for line in footer.strip().splitlines())))
    return found


def _part(part: str) -> list[Block]:
    """Neighbouring lines of one kind become one block."""
    found: list[tuple[str, list[object]]] = []
    for line in part.splitlines():
        if not line.strip():
            continue
        kind, value = _line(line)
        if found and found[-1][0] == kind:
            found[-1][1].append(value)
        else:
            found.append((kind, [value]))
    return [Block(kind, tuple(lines)) for kind, lines in found]  # type: ignore[arg-type]


def _line(line: str) -> tuple[str, object]:
    bare = line.strip()
    if _LINK.fullmatch(bare):
        return "link", bare
    numbered = _NUMBERED.fullmatch(line)
    if numbered:
        return "list", numbered[1]
    fact = _FACT.fullmatch(line)
    if fact:
        return "facts", (fact[1], fact[2])
    return ("code" if line[0].isspace() else "paragraph"), bare
