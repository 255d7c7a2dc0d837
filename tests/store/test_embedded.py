"""The embedded PostgreSQL: who may use it, how long it lives, what it survives. Nothing here is simulated."""

import os
import shutil
import signal
import stat
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from careward.store import binaries, embedded, folders, founding
from careward.store.sockets import SOCKET_BYTES
from support.store_processes import User, keeper, make_home, postmaster, running, stopped
from support.waiting import until as within

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")
Start = Callable[[], User]


def until(condition: Callable[[], object]) -> None:
    """Half a minute: the machine may be busy, and waiting ends with the condition."""
    within(condition, 30)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_new_home_becomes_a_database_that_only_secrets_open_and_only_over_a_socket(new_home: Path) -> None:
    with embedded.start(new_home) as cluster:
        with psycopg.connect(cluster.owner_url) as owner:
            shown = owner.execute(
                "SELECT current_setting('listen_addresses'), current_setting('fsync'),"
                " current_setting('max_connections'), current_setting('TimeZone'), current_database()"
            ).fetchone()
            collation = owner.execute(
                "SELECT datlocprovider, datlocale, pg_encoding_to_char(encoding) FROM pg_database"
                " WHERE datname = current_database()"
            ).fetchone()
        assert shown == ("", "on", "200", "Asia/Taipei", "careward")
        assert collation == ("b", "C.UTF-8", "UTF8")
        secret = cluster.app_url.split(":")[2].split("@")[0]
        for wrong in ("", "guess"):
            assert not answers(cluster.app_url.replace(secret, wrong))
        assert not answers(cluster.app_url.replace("careward_app", "postgres"))


@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_secrets_socket_and_data_are_closed_to_others_whatever_the_umask(new_home: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        with embedded.start(new_home) as cluster:
            secrets = list((new_home / "secrets").iterdir())
            assert len(secrets) == 3
            assert {mode(file) for file in secrets} == {0o600}
            closed = [
                new_home / "secrets",
                new_home / "keeper",
                new_home / "database" / "data",
                cluster.socket,
            ]
            assert {mode(folder) for folder in closed} == {0o700}
            until(lambda: list((new_home / "database" / "log").iterdir()))
            assert {mode(file) for file in (new_home / "database" / "log").iterdir()} == {0o600}
    finally:
        os.umask(before)


def test_the_app_role_makes_no_tables_and_enters_no_other_database(home: Path) -> None:
    with embedded.start(home) as cluster, psycopg.connect(cluster.app_url, autocommit=True) as app:
        for statement in (
            "CREATE TABLE mine (id int)",
            "CREATE TEMP TABLE mine (id int)",
            "CREATE SCHEMA mine",
            "CREATE DATABASE mine",
            "CREATE ROLE mine",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(statement)
        for other in ("postgres", "template1"):
            assert not answers(cluster.app_url.replace("@/careward?", f"@/{other}?"))


def test_a_second_user_finds_the_running_server_and_a_later_one_the_kept_data(home: Path) -> None:
    with embedded.start(home) as first:
        pid = postmaster(home)
        with embedded.start(home) as second, psycopg.connect(second.owner_url) as owner:
            owner.execute("CREATE TABLE kept AS SELECT 42 AS value")
        assert postmaster(home) == pid
        assert answers(first.app_url)
    until(lambda: stopped(home))
    with embedded.start(home) as later, psycopg.connect(later.owner_url) as owner:
        assert owner.execute("SELECT value FROM kept").fetchone() == (42,)


def test_the_server_goes_after_the_last_user_even_one_killed(home: Path, user: Start) -> None:
    first, second = user().ready(), user().ready()
    pid = postmaster(home)
    first.kill()
    with embedded.start(home) as third:  # the keeper has had an occasion to notice the first one's death
        assert postmaster(home) == pid
        second.kill()
        assert answers(third.app_url)
    until(lambda: stopped(home))
    until(lambda: not running(pid))
    assert not third.socket.exists()


def test_ctrl_c_at_one_user_leaves_the_server_to_the_others(home: Path, user: Start) -> None:
    starter = user().ready()
    with embedded.start(home) as cluster:
        assert os.getsid(keeper(home)) not in {os.getsid(starter.process.pid), os.getsid(0)}
        starter.kill(signal.SIGINT)
        os.kill(keeper(home), signal.SIGINT)
        os.kill(keeper(home), signal.SIGHUP)
        with psycopg.connect(cluster.app_url) as app:
            app.execute("SELECT pg_sleep(0.5)")  # longer than the keeper looks
        assert running(keeper(home))


def test_a_machine_that_shuts_down_stops_the_server_in_good_order(home: Path, user: Start) -> None:
    user().ready()
    os.kill(keeper(home), signal.SIGTERM)
    until(lambda: stopped(home))
    log = next((home / "database" / "log").iterdir()).read_text()
    assert "database system is shut down" in log


def test_a_killed_keeper_s_server_is_adopted_and_still_goes_after_the_last_user(
    home: Path, user: Start
) -> None:
    first = user().ready()
    pid, killed = postmaster(home), keeper(home)
    os.kill(killed, signal.SIGKILL)
    until(lambda: not running(killed))
    with embedded.start(home) as cluster:
        assert postmaster(home) == pid
        assert keeper(home) != killed
        assert answers(cluster.app_url)
    assert running(pid)  # the first user is still there
    first.kill()
    until(lambda: not running(pid))


def test_an_orphan_nobody_used_any_more_is_stopped_after_the_next_user(home: Path, user: Start) -> None:
    last = user().ready()
    pid, its_keeper = postmaster(home), keeper(home)
    os.kill(its_keeper, signal.SIGKILL)
    last.kill()
    until(lambda: not running(its_keeper))  # one that is still dying would be taken for a living one
    embedded.start(home).release()
    until(lambda: not running(pid))


def test_after_keeper_and_server_are_killed_the_next_start_recovers_what_was_committed(
    home: Path, user: Start
) -> None:
    holder = user().ready()
    with embedded.start(home) as cluster, psycopg.connect(cluster.owner_url, autocommit=True) as owner:
        owner.execute("CREATE TABLE kept AS SELECT 42 AS value")
    os.kill(keeper(home), signal.SIGKILL)
    os.kill(postmaster(home), signal.SIGKILL)
    holder.kill()
    with embedded.start(home) as cluster, psycopg.connect(cluster.owner_url) as owner:
        assert owner.execute("SELECT value FROM kept").fetchone() == (42,)


def test_a_stale_lock_file_with_a_stranger_s_number_neither_blocks_nor_harms_the_stranger(
    home: Path, user: Start
) -> None:
    with embedded.start(home):
        lock = (home / "database" / "data" / "postmaster.pid").read_text()
    until(lambda: stopped(home))
    # Not a user of this home, but as much a living process as a reused number may name.
    with embedded.start(make_home(home.parent)) as other:
        stranger = postmaster(other.home)
        stale = home / "database" / "data" / "postmaster.pid"
        stale.write_text(f"{stranger}\n" + lock.split("\n", 1)[1])
        owner = (home / "database").stat()
        os.chown(stale, owner.st_uid, owner.st_gid)
        stale.chmod(0o600)
        with embedded.start(home) as cluster:
            assert answers(cluster.app_url)
            assert postmaster(home) != stranger
        assert answers(other.app_url)
    until(lambda: stopped(other.home))


def test_a_server_that_dies_is_started_again_for_its_users(home: Path) -> None:
    with embedded.start(home) as cluster:
        pid = postmaster(home)
        os.kill(pid, signal.SIGKILL)
        until(lambda: postmaster(home) not in {0, pid} and answers(cluster.app_url))


def test_users_that_come_at_once_found_one_database_and_start_one_server(new_home: Path, user: Start) -> None:
    together = [user() for _ in range(4)]
    for one in together:
        one.ready()
    assert (new_home / "keeper" / "keeper.log").read_text().count("started server") == 1
    assert not list(new_home.glob("database.new-*"))


def test_a_founding_that_broke_off_leaves_nothing_and_its_secrets_serve_again(
    new_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(founding, "FOUNDING_SQL", "SELECT nonsense;")
    with pytest.raises(founding.FoundingFailed, match="nonsense"):
        embedded.start(new_home)
    assert not (new_home / "database").exists()
    assert list(new_home.glob("database.new-*"))
    secret = (new_home / "secrets" / "database-careward_app").read_text()
    monkeypatch.undo()
    with embedded.start(new_home) as cluster:
        assert secret in cluster.app_url
        assert not list(new_home.glob("database.new-*"))


def test_a_path_too_long_for_a_socket_gets_a_short_private_one_that_stays_over_restarts(home: Path) -> None:
    deep = home / ("深" * 20) / ("x" * 60)
    sockets = []
    for _ in range(2):
        with embedded.start(deep) as cluster:
            assert answers(cluster.app_url)
            assert len(os.fsencode(cluster.socket / ".s.PGSQL.5432")) <= SOCKET_BYTES
            assert mode(cluster.socket) == 0o700
            sockets.append(cluster.socket)
        until(lambda: stopped(deep))
        until(lambda: not sockets[-1].exists())
    assert sockets[0] == sockets[1]


def test_a_short_socket_folder_somebody_else_has_taken_is_given_up(home: Path) -> None:
    deep = home / ("x" * 100)
    with embedded.start(deep) as cluster:
        first = cluster.socket
    until(lambda: not first.exists())
    first.mkdir(0o777)
    first.chmod(0o777)
    try:
        with embedded.start(deep) as cluster:
            assert cluster.socket != first
            assert answers(cluster.app_url)
    finally:
        first.rmdir()
    until(lambda: stopped(deep))


@root_only
def test_as_root_the_server_is_somebody_else_and_a_closed_home_keeps_its_mode(home: Path) -> None:
    closed = home.parent / "closed"
    closed.mkdir(0o700)
    (closed / "home").mkdir(0o700)
    with embedded.start(closed / "home") as cluster:
        assert answers(cluster.app_url)
        for pid in (postmaster(cluster.home), keeper(cluster.home)):
            assert Path(f"/proc/{pid}").stat().st_uid != 0
        assert mode(closed) == 0o700
        assert mode(closed / "home") == 0o700
    until(lambda: stopped(closed / "home"))


@root_only
def test_programs_the_account_cannot_reach_are_copied_beside_the_data(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = home.parent / "closed"
    closed.mkdir(0o700)
    site = binaries.wheel_folder().parents[1]
    for name in (binaries.PACKAGE, f"{binaries.PACKAGE}.libs"):
        shutil.copytree(site / name, closed / name)
    monkeypatch.setattr(binaries, "wheel_folder", lambda: closed / binaries.LAYOUT)
    with embedded.start(home) as cluster:
        assert answers(cluster.app_url)
        program = Path(f"/proc/{postmaster(home)}/exe").readlink()
    assert program.is_relative_to(home / "postgres")
    assert mode(closed) == 0o700
    until(lambda: stopped(home))
    with embedded.start(home) as cluster:
        assert answers(cluster.app_url)


def test_a_database_whose_secret_was_taken_away_says_which_file_to_restore(home: Path) -> None:
    embedded.start(home).release()
    until(lambda: stopped(home))
    (home / "secrets" / "database-careward_app").unlink()
    with pytest.raises(founding.FoundingFailed, match="database-careward_app"):
        embedded.start(home)


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    embedded.start(home).release()
    until(lambda: stopped(home))
    with (home / "database" / "data" / "postgresql.conf").open("a") as configuration:
        configuration.write("max_connections = many\n")
    with pytest.raises(embedded.ClusterFailed, match="max_connections"):
        embedded.start(home)


def test_a_home_that_cannot_be_made_says_what_to_set(new_home: Path) -> None:
    new_home.write_text("a file")
    with pytest.raises(folders.HomeUnusable, match=str(new_home)):
        embedded.start(new_home)
    with pytest.raises(folders.HomeUnusable, match="CAREWARD_HOME"):
        embedded.start(Path("/proc/careward"))
