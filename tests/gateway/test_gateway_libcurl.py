"""curl with libssh2 1.11, as pycurl brings it: what it sends arrives, and what it makes of a close that failed."""

from pathlib import Path
from urllib.parse import quote

import pycurl
import pytest

from gateway.memory_backend import PASSWORD, MemoryBackend
from gateway.running import MB, Running
from gateway.test_gateway_interoperability import CHINESE, key, register


def put(gateway: Running, name: str, content: bytes, **options: object) -> int:
    """Upload as ``curl -k --upload-file`` does; 0 or curl's exit code."""
    left = memoryview(content)

    def read(most: int) -> bytes:
        nonlocal left
        piece, left = left[:most], left[most:]
        return bytes(piece)

    curl = pycurl.Curl()
    try:
        curl.setopt(pycurl.URL, f"sftp://127.0.0.1:{gateway.port}/inbox/{name}")
        curl.setopt(pycurl.UPLOAD, 1)
        curl.setopt(pycurl.READFUNCTION, read)
        curl.setopt(pycurl.INFILESIZE_LARGE, len(content))
        curl.setopt(pycurl.USERNAME, "h115001")
        curl.setopt(pycurl.TIMEOUT, 60)
        for option, value in options.items():
            curl.setopt(getattr(pycurl, option), value)
        curl.perform()
    except pycurl.error as fault:
        return int(fault.args[0])
    finally:
        curl.close()
    return 0


def test_its_libssh2_is_new_enough_to_agree_with_us() -> None:
    libssh2 = next(word for word in pycurl.version.split() if word.startswith("libssh2/"))
    assert tuple(map(int, libssh2.partition("/")[2].split(".")[:2])) >= (1, 11)


@pytest.mark.parametrize("size", [4, 3 * MB + 17])
def test_curl_uploads_with_a_password(backend: MemoryBackend, gateway: Running, size: int) -> None:
    content = bytes(size)
    assert put(gateway, "a.csv", content, PASSWORD=PASSWORD) == 0
    assert [(d.name, d.content == content) for d in backend.deliveries] == [("a.csv", True)]


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_curl_uploads_with_a_key_and_a_name_in_chinese(
    backend: MemoryBackend, gateway: Running, tmp_path: Path, kind: str
) -> None:
    words = ("-b", "3072", "-m", "PEM") if kind == "rsa" else ()
    private = key(tmp_path, kind, *words)
    register(backend, private)
    options = {
        "SSH_AUTH_TYPES": pycurl.SSH_AUTH_PUBLICKEY,
        "SSH_PRIVATE_KEYFILE": str(private),
        "SSH_PUBLIC_KEYFILE": str(private.with_suffix(".pub")),
    }
    assert put(gateway, quote(CHINESE), b"1,2\n", **options) == 0
    assert [(d.name, d.content) for d in backend.deliveries] == [(CHINESE, b"1,2\n")]


def test_curl_does_not_tell_that_a_file_was_refused_at_its_close(
    backend: MemoryBackend, gateway: Running
) -> None:
    """The guide says so: the receipt is the proof, and a file that is not listed was not received."""
    assert put(gateway, "refused.csv", b"1,2\n", PASSWORD=PASSWORD) == 0
    assert backend.deliveries == []


def test_curl_tells_that_nobody_comes_in(backend: MemoryBackend, gateway: Running) -> None:
    assert put(gateway, "a.csv", b"1", PASSWORD="wrong") == pycurl.E_LOGIN_DENIED
    assert backend.deliveries == []
