"""Procedures: what may happen to a thing with states, declared once as a table.

The buttons a person sees, what the server allows, the database constraint on the state, the diagram in
docs/reference/procedures.md and the exhaustive tests are all derived from the same :class:`Procedure`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

ROLES: Final = (
    "applicant",
    "officer",
    "supervisor",
    "ministry",
    "vendor",
    "institution",
    "administrator",
    "system",
)
"""Who may act. ``applicant``: holds the draft or a mailed link; ``officer``: 縣市承辦人; ``supervisor``: 縣市主管;
``institution``: its signed-in people and its upload account; ``administrator``: keeps the accounts of staff;
``system``: a job or the start-up of a process. An auditor is no actor."""

READERS: Final = ("auditor",)
"""Who takes part in no procedure; the journal names them only for what they took away."""


class ProcedureBroken(ValueError):
    """A procedure contradicts itself; the message names the procedure and the row."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One row: in ``state``, ``who`` may do ``act``; when every guard holds the thing goes to ``next``.

    ``state`` None means the act brings the thing into being. Several rows may share state and act: the first
    whose guards all hold is taken, so that a submission with and without documents are two rows, not an if.
    ``guards`` and ``letters`` are text ids, bound and registered by later packages.
    """

    state: str | None
    act: str
    who: tuple[str, ...]
    next: str
    guards: tuple[str, ...] = ()
    letters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Procedure:
    """All rows of one thing. Raises :class:`ProcedureBroken` at import when the table contradicts itself."""

    id: str
    states: tuple[str, ...]
    transitions: tuple[Transition, ...] = field(repr=False)

    def __post_init__(self) -> None:
        seen: set[tuple[str | None, str, str, tuple[str, ...]]] = set()
        for row in self.transitions:
            self._refuse_unknown_names(row)
            for who in row.who:
                key = (row.state, row.act, who, row.guards)
                if key in seen:
                    raise ProcedureBroken(f"{self.id}: row {key} stands twice")
                seen.add(key)
        unreachable = set(self.states) - {row.next for row in self.transitions}
        if unreachable:
            raise ProcedureBroken(f"{self.id}: no act leads to {sorted(unreachable)}")

    def _refuse_unknown_names(self, row: Transition) -> None:
        for state in (row.state, row.next):
            if state is not None and state not in self.states:
                raise ProcedureBroken(f"{self.id}.{row.act}: unknown state {state!r}")
        for who in row.who:
            if who not in ROLES:
                raise ProcedureBroken(f"{self.id}.{row.act}: unknown role {who!r}")
        if not row.who:
            raise ProcedureBroken(f"{self.id}.{row.act}: nobody may do it")

    @property
    def acts(self) -> tuple[str, ...]:
        """Every act of the table once, in the order of first mention."""
        return _once(row.act for row in self.transitions)

    @property
    def guards(self) -> tuple[str, ...]:
        """Every guard id of the table once."""
        return _once(guard for row in self.transitions for guard in row.guards)

    @property
    def letters(self) -> tuple[str, ...]:
        """Every letter id of the table once."""
        return _once(letter for row in self.transitions for letter in row.letters)

    def rows(self, state: str | None, act: str, who: str) -> tuple[Transition, ...]:
        """The rows that apply, in table order; empty when ``who`` may not do ``act`` in ``state``."""
        return tuple(
            row for row in self.transitions if row.state == state and row.act == act and who in row.who
        )

    def permitted(self, state: str | None, who: str) -> tuple[str, ...]:
        """Acts ``who`` may try in ``state``, guards aside: the buttons a page offers."""
        return _once(row.act for row in self.transitions if row.state == state and who in row.who)

    def diagram(self) -> str:
        """The table as a Mermaid state diagram."""
        lines = ["stateDiagram-v2"]
        for row in self.transitions:
            start = row.state or "[*]"
            note = f" [{' & '.join(row.guards)}]" if row.guards else ""
            lines.append(f"    {start} --> {row.next}: {row.act} ({', '.join(row.who)}){note}")
        endings = [state for state in self.states if not any(row.state == state for row in self.transitions)]
        lines.extend(f"    {state} --> [*]" for state in endings)
        return "\n".join(lines)


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
