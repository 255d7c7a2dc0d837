"""Virus scanners that find only EICAR: one of the tests' own, which speaks clamd's INSTREAM, and ClamAV itself."""

import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.programs_setup import program
from support.waiting import until

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def _whole(connection: socket.socket, count: int) -> bytes:
    got = b""
    while len(got) < count:
        piece = connection.recv(count - len(got))
        if not piece:
            raise EOFError
        got += piece
    return got


def _serve(connection: socket.socket, answer: bytes | None) -> None:
    command = b""
    while not command.endswith(b"\0"):
        command += _whole(connection, 1)
    assert command == b"zINSTREAM\0"
    content = b""
    while size := struct.unpack(">I", _whole(connection, 4))[0]:
        content += _whole(connection, size)
    said = b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"
    connection.sendall(said if answer is None else answer)


@contextmanager
def clamd(folder: Path, answer: bytes | None = None) -> Iterator[str]:
    """Run it; gives its address. ``answer`` makes it say something else than the truth."""
    address = str(folder / "clamd.ctl")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        thread = threading.Thread(target=_accept, args=(listener, answer), daemon=True)
        thread.start()
        try:
            yield address
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def _accept(listener: socket.socket, answer: bytes | None) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            _serve(connection, answer)


CONFIGURATION = """
Foreground yes
LocalSocket {folder}/clamd.ctl
DatabaseDirectory {folder}
TemporaryDirectory {folder}
StreamMaxLength {limit}
MaxThreads 2
SelfCheck 0
"""


@contextmanager
def clamav(folder: Path, limit: str = "25M") -> Iterator[str]:
    """Run ClamAV's own clamd with one signature; gives its address. Skips the test where it is not installed.

    ``limit`` is the largest stream it takes.
    """
    place = program("clamd")
    if place is None:
        pytest.skip("*** clamd is not installed: `make programs` does it where it may ***")
    (folder / "eicar.ndb").write_text(f"Eicar-Test-Signature:0:*:{EICAR.hex()}\n")
    (folder / "clamd.conf").write_text(CONFIGURATION.format(folder=folder, limit=limit))
    address = folder / "clamd.ctl"
    with (folder / "clamd.log").open("w") as said:
        process = subprocess.Popen(
            [place, "-c", str(folder / "clamd.conf")], stdout=said, stderr=subprocess.STDOUT
        )
    try:
        until(lambda: _listens(address), 60, "clamd listens")
        yield str(address)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _listens(address: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(address))
        except OSError:
            return False
        return True
