"""PROXY protocol version 2: a trusted balancer says whose connection it passes on.

Source: the HAProxy project's PROXY protocol specification, section 2.2 (binary header). Only from addresses
the operator named (``CAREWARD_SFTP_BALANCERS``), and there it is demanded: who could leave it out could pass for
the balancer.
"""

import asyncio
import logging
import struct
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from ipaddress import ip_address
from typing import Final, cast

from typing_extensions import override

from careward.kernel.networks import Network, contains

log = logging.getLogger(__name__)

SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"
_FIXED: Final = 16
_LONGEST: Final = 536
"""Bytes after the fixed part: addresses and a few additions; more is no header of a sane balancer."""
_SECONDS: Final = 5.0
_LOCAL: Final = 0x20
_PROXY: Final = 0x21

_announced: ContextVar[str | None] = ContextVar("announced", default=None)


class BadHeader(ValueError):
    """What came first is no PROXY header of version 2 for TCP."""


def length_after(fixed: bytes) -> int:
    """How many bytes follow the first sixteen. Raises :class:`BadHeader`."""
    if len(fixed) != _FIXED or not fixed.startswith(SIGNATURE) or fixed[12] not in {_LOCAL, _PROXY}:
        raise BadHeader("no PROXY header of version 2")
    (length,) = struct.unpack("!H", fixed[14:16])
    if length > _LONGEST:
        raise BadHeader("the header is too long")
    return int(length)


def source_of(fixed: bytes, rest: bytes) -> str | None:
    """Say whose connection it is; None for the balancer's own (LOCAL, its look at our health).

    Raises :class:`BadHeader`.
    """
    if len(rest) != length_after(fixed):
        raise BadHeader("the header is cut")
    if fixed[12] == _LOCAL:
        return None
    match fixed[13]:
        case 0x11 if len(rest) >= 12:  # TCP over IPv4
            return str(ip_address(rest[:4]))
        case 0x21 if len(rest) >= 36:  # TCP over IPv6
            return str(ip_address(rest[:16]))
    raise BadHeader("neither TCP over IPv4 nor over IPv6")


class Preamble(asyncio.Protocol):
    """What a listening gateway behind balancers speaks first: a header from them, then SSH.

    ``begin`` makes the connection that takes over; while it begins, :func:`announced_source` says whose it is.
    """

    def __init__(self, trusted: Sequence[Network], begin: Callable[[], asyncio.Protocol]) -> None:
        self._trusted = trusted
        self._begin = begin
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None
        self._late: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        if peer and contains(self._trusted, peer[0]):
            self._late = asyncio.get_running_loop().call_later(_SECONDS, self._transport.abort)
        else:
            self._hand_over(None)

    @override
    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._received += data
        try:
            source, end = self._header()
        except BadHeader as fault:
            log.warning("a balancer's connection was refused: %s", fault)
            self._transport.abort()
            return
        if end:
            self._hand_over(source, bytes(self._received[end:]))

    def _header(self) -> tuple[str | None, int]:
        """Read what has come: the source and where the header ends, 0 while it is not all there."""
        fixed = bytes(self._received[:_FIXED])
        if not fixed.startswith(SIGNATURE[: len(fixed)]):
            raise BadHeader("a trusted balancer sent no PROXY header")
        if len(fixed) < _FIXED or len(self._received) < (end := _FIXED + length_after(fixed)):
            return None, 0
        return source_of(fixed, bytes(self._received[_FIXED:end])), end

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._late is not None:
            self._late.cancel()

    def _hand_over(self, source: str | None, rest: bytes = b"") -> None:
        assert self._transport is not None
        if self._late is not None:
            self._late.cancel()
        connection = self._begin()
        self._transport.set_protocol(connection)
        token = _announced.set(source)
        try:
            connection.connection_made(self._transport)
        finally:
            _announced.reset(token)
        if rest:
            connection.data_received(rest)


def announced_source() -> str | None:
    """Give the source a balancer named for the connection that begins now; None for a direct one."""
    return _announced.get()
