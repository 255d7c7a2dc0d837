"""A virus scanner of the tests' own: speaks clamd's INSTREAM on a Unix socket, finds only EICAR."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
