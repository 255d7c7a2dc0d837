"""asyncssh's SFTP protocol, narrowed to what the gateway offers.

asyncssh hands a file to ``SFTPServer.close`` both when the client closes it and when the connection is cut;
only the request handler knows which, so it is extended here. It also offers copy, sparse ranges and links by
itself, and leaves files open when a client sends a signal in mid-upload. These are asyncssh's inner classes:
tests/gateway/test_gateway_protocol.py holds what we rely on.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, cast

import asyncssh
from asyncssh.channel import SSHServerChannel
from asyncssh.constants import FXP_CLOSE, FXP_OPEN, FXP_OPENDIR, MSG_IGNORE
from asyncssh.packet import SSHPacket, SSHPacketLogger
from asyncssh.sftp import SFTPServerHandler
from asyncssh.stream import SSHServerStreamSession
from typing_extensions import override

from careward.gateway.refusals import answer
from careward.gateway.rooms import Rooms

SFTP_VERSION: Final = 3
_WINDOW: Final = 2 * 1024 * 1024
_PACKET: Final = 32 * 1024
_OFFERED: Final = (
    b"posix-rename@openssh.com",
    b"fsync@openssh.com",
    b"lsetstat@openssh.com",
    b"limits@openssh.com",
)


_Handler = Callable[[SFTPServerHandler, SSHPacket], Awaitable[object]]


class Requests(SFTPServerHandler):
    """Handles one SFTP session's requests, one after the other."""

    _extensions = [(name, b"1") for name in _OFFERED]

    def __init__(
        self,
        rooms: Rooms,
        reader: asyncssh.SSHReader[bytes],
        writer: asyncssh.SSHWriter[bytes],
        max_open: int,
    ) -> None:
        super().__init__(rooms, reader, writer, SFTP_VERSION)
        self._rooms = rooms
        self._max_open = max_open

    async def _process_packet(self, pkttype: int, pktid: int, packet: SSHPacket) -> None:
        self._rooms.visit.seen()
        await super()._process_packet(pkttype, pktid, packet)
        if self._writer:
            await self._writer.drain()

    async def _process_close(self, packet: SSHPacket) -> None:
        with self._rooms.client_closes():
            await super()._process_close(packet)

    async def _process_open(self, packet: SSHPacket) -> bytes:
        self._require_handle()
        return await super()._process_open(packet)

    async def _process_opendir(self, packet: SSHPacket) -> bytes:
        self._require_handle()
        return await super()._process_opendir(packet)

    def _require_handle(self) -> None:
        if len(self._file_handles) + len(self._dir_handles) >= self._max_open:
            raise answer("too_many_open")

    async def run(self) -> None:
        """Serve until the client leaves, however it leaves; nothing stays open."""
        try:
            await super().run()
        finally:
            await self._rooms.exit()

    # asyncssh looks handlers up in a table of functions, not by name: overriding alone would do nothing.
    _packet_handlers = {
        **{
            kind: handler
            for kind, handler in SFTPServerHandler._packet_handlers.items()  # noqa: SLF001
            if isinstance(kind, int) or kind in _OFFERED
        },
        FXP_CLOSE: cast("_Handler", _process_close),
        FXP_OPEN: cast("_Handler", _process_open),
        FXP_OPENDIR: cast("_Handler", _process_opendir),
    }


class Wire(asyncssh.SSHServerConnection):
    """An SSH connection that sends what there is to say, and no more.

    asyncssh puts an empty packet before each of its own, written and sent for itself: it protects ciphers in CBC
    mode, of which we offer none (:data:`careward.gateway.keys.CIPHERS`).
    """

    def send_packet(self, pkttype: int, *args: bytes, handler: SSHPacketLogger | None = None) -> None:
        """Send a packet unless it is one to be ignored."""
        if pkttype != MSG_IGNORE:
            super().send_packet(pkttype, *args, handler=handler)


class Channel(SSHServerChannel[bytes]):
    """A session channel without terminal, editor, environment or forwarding."""

    def __init__(self, connection: asyncssh.SSHServerConnection) -> None:
        super().__init__(
            connection,
            asyncio.get_running_loop(),
            allow_pty=False,
            line_editor=False,
            line_echo=False,
            line_history=0,
            max_line_length=0,
            encoding=None,
            errors="strict",
            window=_WINDOW,
            max_pktsize=_PACKET,
        )

    def _process_env_request(self, packet: SSHPacket) -> bool:
        return False

    def _process_x11_req_request(self, packet: SSHPacket) -> bool:
        return False

    def _process_auth_agent_req_at_openssh_dot_com_request(self, packet: SSHPacket) -> None:
        self._report_response(result=False)


class Session(SSHServerStreamSession[bytes]):
    """A session in which only the subsystem ``sftp`` can be started."""

    def __init__(self, rooms_of: Callable[[Channel], Rooms], max_open: int) -> None:
        super().__init__(None)
        self._rooms_of = rooms_of
        self._max_open = max_open

    @override
    def subsystem_requested(self, subsystem: str) -> bool:
        return subsystem == "sftp"

    @override
    def shell_requested(self) -> bool:
        return False

    @override
    def exec_requested(self, command: str) -> bool:
        return False

    @override
    def session_started(self) -> None:
        channel, connection = self._chan, self._conn
        if not isinstance(channel, Channel) or connection is None:
            raise TypeError("a session was started without our channel")
        reader, writer = asyncssh.SSHReader(self, channel), asyncssh.SSHWriter(self, channel)
        requests = Requests(self._rooms_of(channel), reader, writer, self._max_open)
        connection.create_task(requests.run(), reader.logger)

    # A signal, break or new window size would otherwise reach the reader as an exception and end the session.

    @override
    def break_received(self, msec: int) -> bool:
        return False

    @override
    def signal_received(self, signal: str) -> None:
        return None

    @override
    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        return None

    @override
    def soft_eof_received(self) -> None:
        return None
