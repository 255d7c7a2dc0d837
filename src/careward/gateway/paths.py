"""From the bytes a client sends to the one place they can mean in the virtual tree; pure.

There is no real directory behind a path: what is not one of the places below does not exist, whatever ``..``,
links or encodings are tried. Source: security-baseline.md "SSH/SFTP" (path tests), issue "SFTP gateway".
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from unicodedata import normalize

from careward.gateway.backend import Lane
from careward.kernel.text import is_unseen

MAX_NAME_BYTES: Final = 255
MAX_PATH_BYTES: Final = 4096
PARTIAL_SUFFIXES: Final = (".part", ".tmp", ".filepart")
"""Names clients give to a file they have not finished (WinSCP, lftp, browsers)."""


class Area(StrEnum):
    """The kinds of places that exist."""

    ROOT = "root"
    README = "README.txt"
    SPEC = "spec"
    TEST = "test"
    INBOX = "inbox"
    RECEIPTS = "receipts"


class BadPath(ValueError):
    """A path that can not be. ``code``: not_found, name_too_long, name_not_utf8, name_bad_character."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the tree; ``inner`` are the names below the area, ``lane`` is set for inbox and receipts."""

    area: Area
    lane: Lane | None = None
    inner: tuple[str, ...] = ()

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder by its position; below ``/spec`` only the specification itself knows."""
        return not self.inner and self.area is not Area.README


def is_partial(name: str) -> bool:
    """Whether the name says that the file is not finished; its rename to a final name closes it."""
    return name.lower().endswith(PARTIAL_SUFFIXES)


def components(raw: bytes) -> tuple[str, ...]:
    """Normalise a path lexically to its names in Unicode NFC; ``..`` above the root stays at the root.

    Relative paths start at the root. Raises :class:`BadPath`.
    """
    if len(raw) > MAX_PATH_BYTES:
        raise BadPath("name_too_long")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise BadPath("name_not_utf8") from None
    names: list[str] = []
    for piece in text.split("/"):
        if piece == "..":
            del names[-1:]
        elif piece not in {"", "."}:
            names.append(_checked(normalize("NFC", piece)))
    return tuple(names)


def _checked(name: str) -> str:
    if len(name.encode("utf-8")) > MAX_NAME_BYTES:
        raise BadPath("name_too_long")
    if name != name.strip() or "\\" in name or any(map(is_unseen, name)):
        raise BadPath("name_bad_character")
    return name


def last_name(raw: bytes) -> str:
    """Say what a client calls a file, however wrong the path is."""
    return raw.rsplit(b"/", 1)[-1].decode("utf-8", "replace")


def final_name(name: str) -> str:
    """Give a name as it will be once the file is finished."""
    return name[: name.rindex(".")] if is_partial(name) else name


def resolve(raw: bytes, lanes: Collection[Lane]) -> Place:
    """Find the place a path means for someone with these lanes. Raises :class:`BadPath`."""
    names = components(raw)
    if not names:
        return Place(Area.ROOT)
    head, rest = names[0], names[1:]
    if head == Area.README and not rest:
        return Place(Area.README)
    if head == Area.SPEC:
        return Place(Area.SPEC, inner=rest)
    if head == Area.TEST and "test" in lanes:
        return _room("test", rest) if rest else Place(Area.TEST)
    if "live" in lanes:
        return _room("live", names)
    raise BadPath("not_found")


def _room(lane: Lane, names: tuple[str, ...]) -> Place:
    head, inner = names[0], names[1:]
    if head not in {Area.INBOX, Area.RECEIPTS} or len(inner) > 1:
        raise BadPath("not_found")
    return Place(Area(head), lane, inner)
