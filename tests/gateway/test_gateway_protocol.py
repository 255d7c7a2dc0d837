"""What OpenSSH's clients never send, with a client that does; and what we rely on in asyncssh."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import asyncssh
import pytest
from asyncssh.constants import FXP_CLOSE, FXP_OPEN, FXP_OPENDIR
from asyncssh.sftp import SFTPServerHandler

from careward.gateway.backend import Outcome
from careward.gateway.not_offered import NotOffered
from careward.gateway.protocol import Requests
from careward.gateway.rooms import Rooms
from gateway.memory_backend import PASSWORD, MemoryBackend
from gateway.running import MB, Running
from support.waiting import until

Act = Callable[[asyncssh.SFTPClient], Awaitable[Any]]


def connected(gateway: Running, **options: Any) -> Any:
    return asyncssh.connect(
        "127.0.0.1",
        gateway.port,
        known_hosts=None,
        username="h115001",
        password=PASSWORD,
        client_keys=None,
        config=None,
        agent_path=None,
        **options,
    )


def visit(gateway: Running, act: Act) -> Any:
    async def do() -> Any:
        async with connected(gateway) as connection, connection.start_sftp_client() as sftp:
            return await act(sftp)

    return asyncio.run(do())


async def refusal(request: Awaitable[Any]) -> str:
    with pytest.raises(asyncssh.SFTPError) as error:
        await request
    return error.value.reason


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (b"/inbox/a\0b.csv", "name_bad_character"),
        (b"/inbox/\xff\xfe.csv", "name_not_utf8"),
        (b"/inbox/\xb8\xea\xae\xc6.csv", "name_not_utf8"),
        (b"/inbox/" + b"n" * 256, "name_too_long"),
        (b"/inbox/..\\..\\x", "name_bad_character"),
        (b"/inbox/../../../etc/cron.d/x", "not_found"),
        (b"/proc/self/environ", "not_found"),
        (b"/inbox", "is_folder"),
        (b"", "is_folder"),
        (b"/receipts/../spec/x", "read_only"),
    ],
)
def test_paths_that_are_no_place_to_write_are_refused_with_a_code(
    backend: MemoryBackend, gateway: Running, path: bytes, code: str
) -> None:
    reason = visit(gateway, lambda sftp: refusal(sftp.open(path, "wb")))
    assert reason.endswith(f"[{code}]")
    assert backend.deliveries == []


def test_links_locks_copies_and_owners_are_refused(backend: MemoryBackend, gateway: Running) -> None:
    async def act(sftp: asyncssh.SFTPClient) -> None:
        async with sftp.open("/inbox/a.csv", "wb") as file:
            await file.write(b"abc")
            assert "owner_refused" in await refusal(file.setstat(asyncssh.SFTPAttrs(uid=0, gid=0)))
        assert "links_refused" in await refusal(sftp.symlink("/etc/passwd", "/inbox/l"))
        assert "links_refused" in await refusal(sftp.readlink("/inbox/a.csv"))
        await refusal(sftp.link("/inbox/a.csv", "/inbox/l"))
        await refusal(sftp.statvfs("/"))
        assert "owner_refused" in await refusal(sftp.chown("/inbox/a.csv", 0, 0))
        assert "size_refused" in await refusal(sftp.truncate("/inbox/a.csv", 0))
        assert not sftp.supports_remote_copy
        await sftp.utime("/inbox/a.csv", (1, 1))
        await sftp.chmod("/inbox/a.csv", 0o777)

    visit(gateway, act)
    assert [d.content for d in backend.deliveries] == [b"abc"]


def test_the_size_of_an_own_open_upload_can_be_set(backend: MemoryBackend, gateway: Running) -> None:
    async def act(sftp: asyncssh.SFTPClient) -> None:
        async with sftp.open("/inbox/a.csv", "wb") as file:
            await file.write(b"abcdef")
            await file.truncate(3)
            assert "too_large" in await refusal(file.truncate(60 * MB))
            await file.fsync()

    visit(gateway, act)
    assert [d.content for d in backend.deliveries] == [b"abc"]


def test_the_limit_is_heard_at_the_write_that_passes_it(backend: MemoryBackend, gateway: Running) -> None:
    async def act(sftp: asyncssh.SFTPClient) -> str:
        file = await sftp.open("/inbox/a.csv", "wb")
        await file.write(b"x", 50 * MB - 1)
        heard = await refusal(file.write(b"x", 50 * MB))
        assert "too_large" in await refusal(file.close())
        return heard

    assert visit(gateway, act) == "檔案太大，一份檔案最多 50 MB，這份檔案沒有收件。 [too_large]"
    assert backend.deliveries == []
    assert gateway.staged() == []


def test_a_session_that_ends_without_closing_its_file_delivers_nothing(
    backend: MemoryBackend, gateway: Running
) -> None:
    async def act(sftp: asyncssh.SFTPClient) -> None:
        file = await sftp.open("/inbox/a.csv", "wb")
        await file.write(b"half")
        # the connection ends in good order, the file is never closed

    visit(gateway, act)
    until(lambda: Outcome.FILE_CUT in backend.outcomes())
    assert backend.deliveries == []
    assert gateway.staged() == []


def test_signals_and_breaks_in_mid_upload_change_nothing(backend: MemoryBackend, gateway: Running) -> None:
    async def act(sftp: asyncssh.SFTPClient) -> None:
        async with sftp.open("/inbox/a.csv", "wb") as file:
            await file.write(b"one,")
            channel: Any = sftp._handler._writer.channel  # type: ignore[union-attr]
            channel.send_signal("INT")
            channel.send_break(100)
            channel.change_terminal_size(80, 24)
            await file.write(b"two")

    visit(gateway, act)
    assert [d.content for d in backend.deliveries] == [b"one,two"]


def test_agent_x11_and_environment_are_not_forwarded(
    gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[Any, Any]] = []

    class Seen(Rooms):
        def __init__(self, channel: Any, *words: Any) -> None:
            super().__init__(channel, *words)
            begun.append((dict(channel.get_environment_bytes()), channel.get_agent_path()))

    monkeypatch.setattr("careward.gateway.connection.Rooms", Seen)

    async def act() -> None:
        async with connected(gateway, agent_forwarding="/run/agent") as connection:
            await connection.open_session(subsystem="sftp", env={"LD_PRELOAD": "/x"}, encoding=None)
            with pytest.raises(asyncssh.ChannelOpenError, match="X11 forwarding request failed"):
                await connection.open_session(
                    subsystem="sftp", x11_forwarding=True, x11_display="h:9", encoding=None
                )

    asyncio.run(act())
    assert begun == [({}, None)]


def test_a_session_has_only_so_many_handles(gateway: Running) -> None:
    async def act(sftp: asyncssh.SFTPClient) -> str:
        for n in range(16):
            await sftp.open(f"/inbox/{n}.csv", "wb")
        await refusal(sftp._handler.opendir(b"/"))
        return await refusal(sftp.open("/inbox/17.csv", "wb"))

    assert "too_many_open" in visit(gateway, act)


def test_an_exclusive_open_of_a_waiting_name_is_refused(backend: MemoryBackend, gateway: Running) -> None:
    async def act(sftp: asyncssh.SFTPClient) -> str:
        async with sftp.open("/inbox/a.csv", "xb") as file:
            await file.write(b"1")
        return await refusal(sftp.open("/inbox/a.csv", "xb"))

    assert "exists" in visit(gateway, act)
    assert len(backend.deliveries) == 1


def test_a_delivery_can_still_be_looked_at_after_it_was_processed(
    backend: MemoryBackend, gateway: Running
) -> None:
    async def act(sftp: asyncssh.SFTPClient) -> tuple[int | None, list[str]]:
        async with sftp.open("/inbox/a.csv", "wb") as file:
            await file.write(b"123")
        backend.deliveries[0].waiting = False
        return (await sftp.stat("/inbox/a.csv")).size, [str(n) for n in await sftp.listdir("/inbox")]

    assert visit(gateway, act) == (3, [])


def test_appending_writes_at_the_end(backend: MemoryBackend, gateway: Running) -> None:
    async def act(sftp: asyncssh.SFTPClient) -> None:
        for part in (b"one,", b"two"):
            async with sftp.open("/inbox/a.csv", "ab") as file:
                await file.write(part)

    visit(gateway, act)
    assert [d.content for d in backend.deliveries] == [b"one,", b"one,two"]


def test_a_part_file_is_renamed_within_its_lane_only(backend: MemoryBackend, gateway: Running) -> None:
    async def act(sftp: asyncssh.SFTPClient) -> None:
        async with sftp.open("/inbox/a.part", "wb") as file:
            await file.write(b"1")
        assert "rename_other_lane" in await refusal(sftp.rename("/inbox/a.part", "/test/inbox/a.csv"))
        assert "read_only" in await refusal(sftp.rename("/inbox/a.part", "/receipts/a.csv"))
        await sftp.rename("/inbox/a.part", "/inbox/b.tmp")
        assert "not_found" in await refusal(sftp.rename("/inbox/a.part", "/inbox/a.csv"))
        await sftp.posix_rename("/inbox/b.tmp", "/inbox/refused.csv.part")
        assert "not_your_dataset" in await refusal(
            sftp.rename("/inbox/refused.csv.part", "/inbox/refused.csv")
        )
        assert [str(n) for n in await sftp.listdir("/inbox")] == ["refused.csv.part"]
        await sftp.rename("/inbox/refused.csv.part", "/inbox/good.csv")

    visit(gateway, act)
    assert [d.name for d in backend.deliveries] == ["good.csv"]


def test_no_request_reaches_asyncssh_s_own_file_system_methods() -> None:
    harmless = {"convert_attrs", "format_user", "format_group", "format_longname", "reverse_map_path"}
    methods = {n for n, m in inspect.getmembers(asyncssh.SFTPServer, inspect.isfunction) if n[0] != "_"}
    assert methods - harmless - vars(Rooms).keys() - vars(NotOffered).keys() == set()


def test_the_table_of_requests_is_ours() -> None:
    table = Requests._packet_handlers
    assert {name for name in table if isinstance(name, bytes)} == {
        b"posix-rename@openssh.com",
        b"fsync@openssh.com",
        b"lsetstat@openssh.com",
        b"limits@openssh.com",
    }
    for kind in (FXP_CLOSE, FXP_OPEN, FXP_OPENDIR):
        assert table[kind] is not SFTPServerHandler._packet_handlers[kind]


def test_looking_for_names_before_sending_asks_once_and_a_file_of_another_session_is_seen_a_moment_later(
    backend: MemoryBackend, gateway: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    names, one = backend.names_waiting, backend.waiting_file
    monkeypatch.setattr(backend, "names_waiting", lambda *who: asked.append("names") or names(*who))
    monkeypatch.setattr(backend, "waiting_file", lambda *who: asked.append("one") or one(*who))

    async def look(client: asyncssh.SFTPClient) -> None:
        for number in range(20):
            assert not await client.exists(f"/inbox/staff-{number}.csv")
        assert asked == ["names"]
        async with client.open("/inbox/staff-1.csv", "wb") as file:
            await file.write(b"a,b")
        assert await client.getsize("/inbox/staff-1.csv") == 3
        assert asked == ["names"]
        other = backend.deliveries[0]
        backend.deliveries.append(replace(other, name="住民-11501.csv"))
        async with asyncio.timeout(10):
            while not await client.exists("/inbox/住民-11501.csv"):  # noqa: ASYNC110 - seen from the outside only
                await asyncio.sleep(0.05)

    visit(gateway, look)
    assert set(asked) == {"names", "one"}
