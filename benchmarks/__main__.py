"""``python -m benchmarks [part…]``: runs the named parts, or all; prints the figures last; exits 0 either way."""

import subprocess
import sys
from collections.abc import Callable, Iterable
from typing import Final

from benchmarks import (
    deadline,
    desk,
    intake_books,
    intake_million,
    intake_rows,
    intake_small,
    month_end,
    queue,
    rewards,
    sftp,
    web_form,
)
from benchmarks.figures import Figure

PARTS: Final[dict[str, Callable[[], Iterable[Figure]]]] = {
    "intake-60": intake_small.run,
    "intake-rows": intake_rows.run,
    "intake-million": intake_million.run,
    "intake-books": intake_books.run,
    "month-end": month_end.run,
    "web-form": web_form.run,
    "deadline": deadline.run,
    "sftp": sftp.run,
    "rewards": rewards.run,
    "queue": queue.run,
    "desk": desk.run,
}


def main(wanted: list[str]) -> int:
    """Run and print; 2 for a part that does not exist."""
    if unknown := [name for name in wanted if name not in PARTS]:
        print(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    if len(wanted) == 1:
        print(f"– {wanted[0]}", flush=True)
        print(*PARTS[wanted[0]](), sep="\n")
        return 0
    print(*[line for name in wanted or PARTS for line in _apart(name)], sep="\n")
    return 0


def _apart(name: str) -> list[str]:
    """Run one part in a process of its own: settings and databases differ. Gives its figures, prints the rest."""
    command = [sys.executable, "-m", "benchmarks", name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as part:
        assert part.stdout is not None
        figures = []
        for line in part.stdout:
            if line.startswith("ratio "):
                figures.append(line.rstrip("\n"))
            else:
                print(line, end="", flush=True)
    if part.returncode:
        raise subprocess.CalledProcessError(part.returncode, command)
    return figures


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
