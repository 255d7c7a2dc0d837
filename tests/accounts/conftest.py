"""What the tests of signing in share."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection

from careward.accounts import links


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 as in production, but not its cost: these tests hash some two hundred times."""
    monkeypatch.setattr(Argon2PasswordHasher, "time_cost", 1)
    monkeypatch.setattr(Argon2PasswordHasher, "memory_cost", 64)
    monkeypatch.setattr(Argon2PasswordHasher, "parallelism", 1)


@pytest.fixture
def purpose() -> Iterator[str]:
    """A purpose whose links open with the code 1101010012 and lead to /opened/<subject>/."""
    links.purpose(
        "test",
        challenge=lambda subject: "1101010012",
        opens=lambda subject: f"/opened/{subject}/",
        anew="vendors:link_anew",
        anew_at="vendors:link",
    )
    yield "test"
    del links._purposes["test"]


@pytest.fixture
def everything(db: None) -> Callable[[], dict[str, str]]:
    """A picture of every row of every table but the counters of attempts, to see that nothing changed."""

    def picture() -> dict[str, str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            tables = [
                name for (name,) in cursor.fetchall() if name not in ("cache_entries", "accounts_attempts")
            ]
            found = {}
            for name in tables:
                cursor.execute(
                    f"SELECT coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '') FROM \"{name}\" t"
                )
                found[name] = cursor.fetchone()[0]
        return found

    return picture
