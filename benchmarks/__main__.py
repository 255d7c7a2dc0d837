"""``python -m benchmarks [part…]``: runs the named parts, or all; prints the figures last; exits 0 either way."""

import sys
from collections.abc import Callable, Iterable
from typing import Final

from benchmarks import deadline, intake_rows, intake_small, queue, rewards, sftp, web_form
from benchmarks.figures import Figure

PARTS: Final[dict[str, Callable[[], Iterable[Figure]]]] = {
    "intake-60": intake_small.run,
    "intake-rows": intake_rows.run,
    "web-form": web_form.run,
    "deadline": deadline.run,
    "sftp": sftp.run,
    "rewards": rewards.run,
    "queue": queue.run,
}


def main(wanted: list[str]) -> int:
    """Run and print; 2 for a part that does not exist."""
    if unknown := [name for name in wanted if name not in PARTS]:
        print(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    figures: list[Figure] = []
    for name in wanted or PARTS:
        print(f"– {name}", flush=True)
        figures += PARTS[name]()
    print(*figures, sep="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
