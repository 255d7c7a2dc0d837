"""Sealing at rest: AES-256-GCM for short texts and, in chunks, for files (security baseline, item 71).

A file is a header (magic, version, key id, salt) and chunks of 1 MiB. Each file has a key of its own, derived
from the data key and the salt; a chunk's nonce is its number and whether it is the last, and header and name
are authenticated with every chunk. So a chunk changed, moved, left out, cut off or from another file is
noticed.
"""

import base64
import hashlib
import io
import os
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from careward.store.secrets import secrets

CHUNK_BYTES = 1 << 20
TAG_BYTES = 16
NONCE_BYTES = 12
SALT_BYTES = 32
KEY_ID_BYTES = 8
MAGIC = b"careward\x01"
HEADER_BYTES = len(MAGIC) + KEY_ID_BYTES + SALT_BYTES
TEXT_VERSION = "v1"


class StoredBroken(Exception):
    """What lies in the store is not what was put there: changed, cut off, or its key is gone."""


def key_id(key: bytes) -> bytes:
    """Name a data key in public, 8 bytes that say nothing about it."""
    return hashlib.sha256(b"careward key id\0" + key).digest()[:KEY_ID_BYTES]


def seal_text(text: str) -> str:
    """Seal a short text as ``v1:<key id>:<base64>``; the same text never looks the same twice."""
    key = secrets("data-keys")[0]
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(_derived(key, b"", b"careward text")).encrypt(nonce, text.encode(), None)
    return _text_form(key_id(key), nonce + sealed)


def open_text(sealed: str) -> str:
    """Open what ``seal_text`` gave. Raises StoredBroken."""
    try:
        _, name, body = sealed.split(":")
        identifier, raw = bytes.fromhex(name), base64.b64decode(body, validate=True)
    except ValueError as error:
        raise StoredBroken("the stored text has not the form of a sealed one") from error
    if _text_form(identifier, raw) != sealed or len(raw) < NONCE_BYTES + TAG_BYTES:
        raise StoredBroken("the stored text has not the form of a sealed one")
    cipher = AESGCM(_derived(_key_named(identifier), b"", b"careward text"))
    try:
        return cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], None).decode()
    except InvalidTag as error:
        raise StoredBroken("the stored text was changed") from error


def is_sealed_now(sealed: str) -> bool:
    """Whether the text is sealed with the key now in use, not with an older one."""
    return sealed.startswith(f"{TEXT_VERSION}:{key_id(secrets('data-keys')[0]).hex()}:")


class Sealer:
    """Seals one file chunk by chunk, in order: ``header`` first, then what :meth:`seal` gives."""

    def __init__(self, name: str) -> None:
        key = secrets("data-keys")[0]
        self.header = MAGIC + key_id(key) + os.urandom(SALT_BYTES)
        self._aad = self.header + name.encode()
        self._cipher = _file_cipher(self.header, key)
        self._number = 0

    def seal(self, chunk: "bytes | bytearray | memoryview", *, last: bool) -> bytes:
        """Seal the next chunk: :data:`CHUNK_BYTES` of it, and fewer only in the last one."""
        nonce = _nonce(self._number, last=last)
        self._number += 1
        return self._cipher.encrypt(nonce, chunk, self._aad)


def plain_size(sealed_size: int) -> int:
    """Tell the content's length from a sealed file's, in bytes. Raises StoredBroken for an impossible one."""
    body = sealed_size - HEADER_BYTES
    chunks = -(-body // (CHUNK_BYTES + TAG_BYTES))
    size = body - chunks * TAG_BYTES
    if chunks < 1 or size < 0:
        raise StoredBroken("the stored file is too short")
    return size


class SealedReader(io.RawIOBase):
    """Content of a sealed file, from any place; a read raises StoredBroken before it gives a byte not genuine.

    That nothing is missing at the end is known only when the end was read. ``unfinished``: a file whose last
    chunk is still to come; it is read in order.
    """

    def __init__(self, file: BinaryIO, name: str, *, unfinished: bool = False) -> None:
        self._file = file
        self._unfinished = unfinished
        header = file.read(HEADER_BYTES)
        if len(header) != HEADER_BYTES or not header.startswith(MAGIC):
            raise StoredBroken("the stored file has no header of ours")
        self._aad = header + name.encode()
        self._cipher = _file_cipher(header, _key_named(header[len(MAGIC) : len(MAGIC) + KEY_ID_BYTES]))
        self._at(0)

    def _at(self, number: int) -> None:
        """Be ready to give the chunk of that number, at whose beginning the file stands."""
        self._number, self._given = number, number * CHUNK_BYTES
        self._ahead = _full(self._file, CHUNK_BYTES + TAG_BYTES)
        self._chunk = self._plain = memoryview(b"")
        self._ended = number > 0 and not self._ahead

    def readable(self) -> bool:
        """See io.RawIOBase."""
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """See io.RawIOBase; raises StoredBroken."""
        while not self._plain and not self._ended:
            self._chunk = self._plain = memoryview(self._next())
        count = min(len(buffer), len(self._plain))
        buffer[:count] = self._plain[:count]
        self._plain = self._plain[count:]
        self._given += count
        return count

    def seekable(self) -> bool:
        """See io.RawIOBase."""
        return not self._unfinished and self._file.seekable()

    def tell(self) -> int:
        """See io.RawIOBase."""
        return self._given

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """See io.RawIOBase; behind the end nothing is read. Raises StoredBroken."""
        if not self.seekable():
            raise io.UnsupportedOperation("seek")
        if whence == os.SEEK_CUR:
            offset += self._given
        elif whence == os.SEEK_END:
            offset += plain_size(self._file.seek(0, os.SEEK_END))
        number, rest = divmod(offset, CHUNK_BYTES)
        if number != self._number - 1 or not self._chunk:
            self._file.seek(HEADER_BYTES + number * (CHUNK_BYTES + TAG_BYTES))
            self._at(number)
            if rest and not self._ended:
                self._chunk = memoryview(self._next())
        self._plain, self._given = self._chunk[rest:], offset
        return offset

    def _next(self) -> bytes:
        chunk, self._ahead = self._ahead, _full(self._file, CHUNK_BYTES + TAG_BYTES)
        self._ended = not self._ahead
        try:
            last = self._ended and not self._unfinished
            plain = self._cipher.decrypt(_nonce(self._number, last=last), chunk, self._aad)
        except InvalidTag as error:
            raise StoredBroken(f"the stored file is not genuine from chunk {self._number} on") from error
        self._number += 1
        return plain

    def close(self) -> None:
        """Close the file below too."""
        self._file.close()
        super().close()


def _full(source: BinaryIO, count: int = CHUNK_BYTES) -> bytes:
    """Read up to ``count`` bytes, fewer only at the end: raw streams may give less at a time."""
    parts: list[bytes] = []
    while count > 0 and (part := source.read(count)):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _text_form(identifier: bytes, raw: bytes) -> str:
    """One form only for the same bytes: what decodes alike but is written otherwise was tampered with."""
    return f"{TEXT_VERSION}:{identifier.hex()}:{base64.b64encode(raw).decode()}"


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(NONCE_BYTES - 1, "big") + (b"\x01" if last else b"\x00")


def _file_cipher(header: bytes, key: bytes) -> AESGCM:
    return AESGCM(_derived(key, header[-SALT_BYTES:], b"careward file"))


def _derived(key: bytes, salt: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt or None, info=purpose).derive(key)


def _key_named(identifier: bytes) -> bytes:
    for key in secrets("data-keys"):
        if key_id(key) == identifier:
            return key
    raise StoredBroken(f"sealed with data key {identifier.hex()}, which is not among CAREWARD_DATA_KEYS")
