"""Reads ``mutmut results --all true`` and prints, last, the figure ``make mutation`` is run for; lists survivors."""

import re
import sys
from collections import Counter

AIM = 90


def main(lines: list[str]) -> int:
    """Print the survivors and the share of killed mutants; 0 either way, as the benchmarks."""
    states = dict(found.groups() for line in lines if (found := re.match(r"\s*(\S+): (.+)$", line)))
    counts = Counter(states.values())
    survivors = sorted(name for name, state in states.items() if state not in {"killed", "timeout"})
    sys.stdout.write("".join(f"{states[name]}: {name}\n" for name in survivors))
    killed = counts["killed"] + counts["timeout"]
    share = 100 * killed / max(len(states), 1)
    sys.stdout.write(f"{killed} of {len(states)} mutants killed\n")
    verdict = "ok" if share >= AIM else "SHORT"
    sys.stdout.write(f"ratio rewards-mutants-killed {share:.1f} aim >= {AIM} {verdict}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.stdin.readlines()))
