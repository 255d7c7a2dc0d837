"""Processor time by process, from /proc: what each side of a measure costs, whatever else the machine does."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PARENT, _SPENT = 1, slice(11, 15)


def spent(pid: int) -> float:
    """Seconds of a process and all below it, those it has waited for included; 0 of one that is gone."""
    known = {int(entry.name): fields for entry in Path("/proc").glob("[0-9]*") if (fields := _fields(entry))}
    ticks, below = 0, [pid]
    while below:
        one = below.pop()
        ticks += sum(map(int, known[one][_SPENT])) if one in known else 0
        below += [child for child, fields in known.items() if int(fields[_PARENT]) == one]
    return ticks / _TICKS


def per_file(before: Mapping[str, float], after: Mapping[str, float], files: int) -> str:
    """``gateway 9.1 ms, worker 8.2 ms``: milliseconds of each side for one file, and all of them together."""
    each = {name: (after[name] - before[name]) / files * 1e3 for name in after}
    return ", ".join(f"{name} {ms:.1f} ms" for name, ms in (*each.items(), ("together", sum(each.values()))))


def _fields(process: Path) -> list[str]:
    """The numbers of ``stat`` after the name, which may hold blanks."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
