"""Behind a balancer: PROXY protocol version 2 from those the operator named, and from nobody else."""

import asyncio
import itertools
import socket
import struct
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

import asyncssh
import pytest
from hypothesis import given
from hypothesis import strategies as st

from careward.gateway import proxy
from careward.gateway.backend import Outcome
from careward.gateway.proxy import SIGNATURE, BadHeader, Preamble, announced_source, length_after, source_of
from gateway.memory_backend import PASSWORD, MemoryBackend, guest
from gateway.running import Running, policy

BALANCER = "127.0.0.2"


def header(source: IPv4Address | IPv6Address, more: bytes = b"", command: int = 0x21) -> bytes:
    family = 0x11 if source.version == 4 else 0x21
    rest = source.packed + source.packed + struct.pack("!HH", 40000, 22) + more
    return SIGNATURE + bytes([command, family]) + struct.pack("!H", len(rest)) + rest


@given(source=st.ip_addresses(), more=st.binary(max_size=100))
def test_the_source_in_a_header_is_read_whatever_follows_it(
    source: IPv4Address | IPv6Address, more: bytes
) -> None:
    written = header(source, more)
    assert length_after(written[:16]) == len(written) - 16
    assert source_of(written[:16], written[16:]) == str(source)


@given(fixed=st.binary(max_size=20) | st.binary(max_size=8).map(lambda b: SIGNATURE + b), rest=st.binary())
def test_no_bytes_break_the_reader(fixed: bytes, rest: bytes) -> None:
    try:
        found = source_of(fixed, rest)
    except BadHeader:
        return
    assert found is None or ip_address(found)


@pytest.fixture
def balanced(backend: MemoryBackend, home: Path) -> Iterator[Running]:
    backend.add(guest(networks=(ip_network("203.0.113.7/32"),)))
    with Running(backend, home, policy(), balancers=[ip_network(f"{BALANCER}/32")]) as running:
        yield running


def visit(port: int, first: bytes, from_: str = BALANCER) -> list[str]:
    """Connect from an address, send these bytes first, sign in and list the top folder."""

    async def do() -> list[str]:
        with socket.create_connection(("127.0.0.1", port), source_address=(from_, 0)) as opened:
            opened.sendall(first)
            opened.setblocking(False)
            async with (
                asyncssh.connect(
                    sock=opened,
                    known_hosts=None,
                    username="h115001",
                    password=PASSWORD,
                    client_keys=None,
                    config=None,
                    agent_path=None,
                ) as connection,
                connection.start_sftp_client() as sftp,
            ):
                return sorted(str(name) for name in await sftp.listdir("/"))

    return asyncio.run(asyncio.wait_for(do(), 20))


def test_the_address_list_is_held_against_the_source_the_balancer_names(
    backend: MemoryBackend, balanced: Running
) -> None:
    assert "inbox" in visit(balanced.port, header(ip_address("203.0.113.7")))
    assert [a.source for a in backend.attempts] == ["203.0.113.7"]
    with pytest.raises(asyncssh.PermissionDenied):
        visit(balanced.port, header(ip_address("203.0.113.8")))
    assert backend.outcomes()[-1] is Outcome.ADDRESS_NOT_LISTED


def test_an_ipv4_source_named_as_ipv6_is_the_same(backend: MemoryBackend, balanced: Running) -> None:
    assert "inbox" in visit(balanced.port, header(ip_address("::ffff:203.0.113.7")))


def test_a_header_from_anybody_else_is_no_ssh(backend: MemoryBackend, balanced: Running) -> None:
    with pytest.raises((asyncssh.Error, ConnectionError)):
        visit(balanced.port, header(ip_address("203.0.113.7")), from_="127.0.0.1")
    assert backend.attempts == []


@pytest.mark.parametrize(
    "first", [b"", SIGNATURE + b"\x11\x11\0\0", b"PROXY TCP4 203.0.113.7 1.1.1.1 1 2\r\n"]
)
def test_a_balancer_that_sends_no_such_header_gets_no_further(
    backend: MemoryBackend, balanced: Running, first: bytes
) -> None:
    with pytest.raises(
        (asyncssh.Error, ConnectionError)
    ):  # no TimeoutError: it is told to leave, not left waiting
        visit(balanced.port, first)
    assert backend.attempts == []


def test_the_balancers_own_look_is_its_own(backend: MemoryBackend, balanced: Running) -> None:
    with pytest.raises(asyncssh.PermissionDenied):
        visit(balanced.port, header(ip_address("203.0.113.7"), command=0x20))
    assert [a.source for a in backend.attempts] == [BALANCER]


class Wire(asyncio.Transport):
    """The connection of a balancer, as far as a preamble uses it."""

    def __init__(self) -> None:
        super().__init__({"peername": (BALANCER, 40000)})
        self.aborted = asyncio.Event()

    def abort(self) -> None:
        self.aborted.set()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """It is the next one's."""


class Next(asyncio.Protocol):
    """What takes over."""

    source: str | None = None
    heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.source = announced_source()

    def data_received(self, data: bytes) -> None:
        self.heard += data


@given(source=st.ip_addresses(), cuts=st.sets(st.integers(1, 60)))
def test_a_header_may_come_in_pieces_with_the_first_words_of_ssh_behind_it(
    source: IPv4Address | IPv6Address, cuts: set[int]
) -> None:
    said = header(source) + b"SSH-2.0-x\r\n"
    edges = [0, *sorted(cut for cut in cuts if cut < len(said)), len(said)]

    async def act() -> Next:
        taken_over = Next()
        preamble: asyncio.Protocol = Preamble([ip_network(f"{BALANCER}/32")], lambda: taken_over)
        preamble.connection_made(Wire())
        for start, end in itertools.pairwise(edges):
            (taken_over if taken_over.source else preamble).data_received(said[start:end])
        preamble.connection_lost(None)
        return taken_over

    then = asyncio.run(act())
    assert (then.source, then.heard) == (str(source), b"SSH-2.0-x\r\n")


def test_a_balancer_that_says_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy, "_SECONDS", 0.01)

    async def act() -> None:
        wire = Wire()
        Preamble([ip_network(f"{BALANCER}/32")], Next).connection_made(wire)
        await asyncio.wait_for(wire.aborted.wait(), 10)

    asyncio.run(act())


def test_a_wrong_header_ends_the_connection_at_once() -> None:
    async def act() -> bool:
        wire = Wire()
        preamble = Preamble([ip_network(f"{BALANCER}/32")], Next)
        preamble.connection_made(wire)
        preamble.data_received(b"SSH-2.0-x\r\n")
        preamble.connection_lost(None)
        return wire.aborted.is_set()

    assert asyncio.run(act())
