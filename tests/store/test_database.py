"""Which database and role a process gets, and where its data lie."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from careward.store.database import NOTICED, DatabaseMisnamed, app_role, database_settings
from careward.store.folders import default_home
from support.store_processes import SOURCE, make_home

URL = "postgresql://worker:s%40crt@db.example.tw:5433/careward"


def test_a_production_url_is_read_whole() -> None:
    found = database_settings({"CAREWARD_DATABASE_URL": f"{URL}?sslmode=verify-ca&sslrootcert=/etc/ca.pem"})
    named = {name: found[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
    assert named == {
        "NAME": "careward",
        "USER": "worker",
        "PASSWORD": "s@crt",
        "HOST": "db.example.tw",
        "PORT": "5433",
    }
    assert found["OPTIONS"] == {"sslmode": "verify-ca", "sslrootcert": "/etc/ca.pem", **NOTICED}


def test_a_server_across_the_network_is_never_spoken_to_in_clear_unless_one_says_so() -> None:
    assert database_settings({"CAREWARD_DATABASE_URL": URL})["OPTIONS"] == {
        "sslmode": "verify-full",
        "sslrootcert": "system",
        **NOTICED,
    }


def test_a_machine_that_vanishes_is_noticed_and_the_url_may_say_how_soon() -> None:
    for role in (
        {},
        {"CAREWARD_DB_ROLE": "owner", "CAREWARD_OWNER_DATABASE_URL": f"{URL}?connect_timeout=3"},
    ):
        found = database_settings({"CAREWARD_DATABASE_URL": f"{URL}?connect_timeout=3", **role})["OPTIONS"]
        assert found["connect_timeout"] == "3"
        assert found["tcp_user_timeout"] == 60_000


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "%2Frun%2Fpostgresql"])
def test_a_server_on_this_machine_needs_no_certificate(host: str) -> None:
    assert database_settings({"CAREWARD_DATABASE_URL": f"postgresql://a:b@{host}/c"})["OPTIONS"] == {}


def test_migrating_uses_the_owner_s_url_and_is_refused_without_one() -> None:
    environ = {"CAREWARD_DATABASE_URL": URL, "CAREWARD_DB_ROLE": "owner"}
    with pytest.raises(DatabaseMisnamed, match="CAREWARD_OWNER_DATABASE_URL"):
        database_settings(environ)
    owner = {**environ, "CAREWARD_OWNER_DATABASE_URL": URL.replace("worker", "boss")}
    assert database_settings(owner)["USER"] == "boss"
    assert app_role(owner) == "worker"


@pytest.mark.parametrize(
    "environ",
    [
        {"CAREWARD_DATABASE_URL": ""},
        {"CAREWARD_DATABASE_URL": "postgresql://db.example.tw/careward"},
        {"CAREWARD_DATABASE_URL": "postgresql://worker@db.example.tw"},
        {"CAREWARD_DATABASE_URL": URL, "CAREWARD_DB_ROLE": "root"},
    ],
)
def test_an_address_that_names_no_database_or_no_role_is_refused(environ: dict[str, str]) -> None:
    with pytest.raises(DatabaseMisnamed):
        database_settings(environ)


SETTLE = """
import os
from careward.store.database import database_settings
found = database_settings(os.environ)
import psycopg
with psycopg.connect(host=found["HOST"], port=found["PORT"], user=found["USER"],
                     password=found["PASSWORD"], dbname=found["NAME"]) as connection:
    print(connection.execute("SELECT current_user").fetchone()[0])
"""


@pytest.mark.parametrize(("role", "user"), [("", "careward_app"), ("owner", "careward_owner")])
def test_without_an_address_the_embedded_database_is_started_for_the_role(
    home: Path, role: str, user: str
) -> None:
    environ = {"CAREWARD_HOME": str(home), "CAREWARD_DB_ROLE": role, "PYTHONPATH": str(SOURCE)}
    done = subprocess.run(
        [sys.executable, "-c", SETTLE], env=environ, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == user


def test_a_named_home_is_used_as_it_is() -> None:
    assert default_home({"CAREWARD_HOME": "/srv/care"}) == Path("/srv/care")
    assert default_home({"CAREWARD_HOME": "here"}) == Path.cwd() / "here"


HOME = "import os; from careward.store.folders import default_home; print(default_home({}))"


@pytest.mark.parametrize(
    ("mode", "project", "expected"),
    [
        (0o755, True, "{top}/checkout/.careward"),
        pytest.param(
            0o700,
            True,
            "/var/lib/careward",
            marks=pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account"),
        ),
        (0o755, False, "/var/lib/careward"),
    ],
)
def test_data_lie_in_the_checkout_where_the_server_reaches_it_else_in_the_system_s_place(
    mode: int, project: bool, expected: str
) -> None:
    top = make_home(Path("/tmp"))
    try:
        checkout = top / "checkout"
        shutil.copytree(SOURCE / "careward" / "store", checkout / "src" / "careward" / "store")
        (checkout / "src" / "careward" / "__init__.py").touch()
        if project:
            (checkout / "pyproject.toml").touch()
        top.chmod(mode)
        done = subprocess.run(
            [sys.executable, "-c", HOME],
            env={"PYTHONPATH": str(checkout / "src")},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == expected.format(top=top)
    finally:
        shutil.rmtree(top)
