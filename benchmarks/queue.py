"""The desk's queue with 2,000 cases beside the same page without any, both asked in one process."""

import os
from collections.abc import Callable, Iterator
from typing import Final

from benchmarks.figures import Figure, in_turn

CASES: Final = 2000
ADDRESSES: Final = ("/review/", "/review/?shown=all", "/review/?q=T-0019&findings=without")


def run() -> Iterator[Figure]:
    """Seconds of the page with the cases ÷ seconds of the page of a desk that has none; medians of 15 turns."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "careward.settings.testing")
    import django

    django.setup()
    from support import database

    name = database.create()
    database.point_django_at(name, "app")
    try:
        full, empty = _desks()
        for address in ADDRESSES:
            nothing, cases = in_turn([lambda a=address: empty(a), lambda a=address: full(a)], rounds=15)  # type: ignore[misc]
            print(f"queue {address}: {CASES} cases {cases * 1000:.1f} ms, none {nothing * 1000:.1f} ms")
            yield Figure(f"queue-{ADDRESSES.index(address) + 1}", cases / nothing, "<", 3)
    finally:
        database.drop(name)


def _desks() -> tuple[Callable[[str], None], Callable[[str], None]]:
    """Two officers' browsers: a county with all the cases, and one with none."""
    from django.test import Client

    from careward.journal import Actor, acting
    from careward.kernel.clock import frozen
    from review.deciding import REVIEW, officer
    from support.crowd import rows
    from support.signing_in import sign_in

    with acting(Actor.system("benchmark"), "prepare"):
        rows(CASES)
    with frozen(REVIEW):
        full = sign_in(Client(), officer())
        empty = sign_in(Client(), officer("far@county.example", county="63000"))

    def ask(client: Client, address: str) -> None:
        with frozen(REVIEW):
            assert client.get(address).status_code == 200

    return (lambda address: ask(full, address)), (lambda address: ask(empty, address))
