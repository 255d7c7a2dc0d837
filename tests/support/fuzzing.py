"""Files spoilt at random, checked in a process of their own: ``python -m support.fuzzing FORM SEED COUNT FOLDER``.

Each file is written to FOLDER before it is checked, so that whatever stops the process – a crash, an alarm after
SECONDS, a file that takes too much memory – leaves it there. Prints the peak of resident memory in MB, last, that of
the processes it starts included.

More than MEMORY_BYTES the system refuses. It counts addresses, not memory in use: glibc reserves 64 MB of them for the
arena of each thread that allocates, 1.3 GB for polars' dozen of threads, of which 150 MB are ever used. So whoever
starts this sets :data:`ONE_ARENA`, with which addresses stay below 650 MB.
"""

import io
import random
import resource
import signal
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from careward.checking import offline, sample_forms, samples
from careward.checking.sample_forms import Form
from careward.kernel.roc import RocMonth
from careward.rulebook import current

MEMORY_BYTES = 1 << 30
ONE_ARENA = {"MALLOC_ARENA_MAX": "1"}
LONGEST = 4 << 20
"""So many bytes, more or less: doubled again and again one file had 3 GB; of 24 MB the findings take half a minute."""
SECONDS = 30
"""No file of this size may take so long, however the machine is busy."""
MONTH = RocMonth.parse("11501")
MANY_ROWS = 4_000
"""So many are checked by whole columns."""
FORMS: tuple[Form, ...] = ("csv", "xlsx", "ods", "json", "jsonl")
DATASETS = ("staff", "institution_month", "events")
NASTY = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n" * 50, b'"', b'"' * 3, b"," * 300, b"\t", b";", b"{" * 5_000,
    b"[" * 5_000, b"]", b"1e999", b"-0", b"\\u0000", b"\\ud800", b"<!ENTITY a 'b'>", b"=1+1", b"\xa1\x40" * 20,
    "１２３".encode(), "〇年".encode(), b"9" * 5_000, b"\x80", b"PK\x03\x04", b"\x1f\x8b", b"%PDF",
)  # fmt: skip


def main(form: Form | Literal["zip"], seed: int, count: int, folder: Path) -> None:
    """Spoil and check ``count`` files of a form; a ZIP holds files of the other forms, some of them spoilt."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    chance = random.Random(seed)
    for number in range(count):
        many = MANY_ROWS if form in ("csv", "jsonl") and number % 25 == 0 else None
        name, content = _zipped(chance, seed) if form == "zip" else _made(form, chance, seed, many)
        path = folder / name
        path.write_bytes(content)
        told = {} if form == "zip" else {"dataset": name.partition("-")[0], "period": str(MONTH)}
        signal.alarm(SECONDS)
        answer = offline.run([path], **told, out=io.StringIO())
        signal.alarm(0)
        assert answer in (offline.CLEAN, offline.ERRORS, offline.UNREADABLE), number
        path.unlink()
    print(max(_own_peak(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) // 1024)  # noqa: T201


def _own_peak() -> int:
    """In kB; getrusage would tell that of the process this one was started from, where it was larger."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


def _made(form: Form, chance: random.Random, seed: int, many: int | None = None) -> tuple[str, bytes]:
    """A spoilt file, under a name that may lie about its form."""
    spec = current().interchange("1.0")
    dataset = spec.dataset(chance.choice(DATASETS))
    count = many or chance.choice([0, 1, 3, 40])
    rows = samples.good_rows(spec, dataset, institution_code="1131000009", period=MONTH, n=count, seed=seed)
    ending = chance.choice(["csv", "xlsx", "ods", "json", "txt", "zip"])
    return f"{dataset.id}-{MONTH}.{ending}", spoilt(sample_forms.in_form(dataset, rows, form), form, chance)


def _zipped(chance: random.Random, seed: int) -> tuple[str, bytes]:
    """A ZIP of some files; spoilt in its bytes as often as only within."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", chance.choice([zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])) as packed:
        for _ in range(chance.randint(0, 4)):
            name, content = _made(chance.choice(FORMS), chance, seed)
            packed.writestr(chance.choice(["", "", "一月/", "../", "/", "C:\\"]) + name, content)
    content = made.getvalue()
    if chance.random() < 0.5:
        content = chance.choice(WAYS)(content, chance)
    return "資料.zip", content


def spoilt(content: bytes, form: str, chance: random.Random) -> bytes:
    """A file changed in one to four places; a workbook in its members as often as in its bytes."""
    if form in ("xlsx", "ods") and chance.random() < 0.7:
        return _members_spoilt(content, chance)
    for _ in range(chance.randint(1, 4)):
        content = chance.choice(WAYS)(content, chance)
    return content


def _members_spoilt(content: bytes, chance: random.Random) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        chosen = chance.choice(old.namelist())
        for name in old.namelist():
            member = old.read(name)
            new.writestr(name, chance.choice(WAYS)(member, chance) if name == chosen else member)
    return made.getvalue()


def _flipped(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randint(1, 12)):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _doubled(content: bytes, chance: random.Random) -> bytes:
    at, end = sorted((chance.randrange(len(content) + 1), chance.randrange(len(content) + 1)))
    times = min(chance.choice([1, 2, 200]), LONGEST // max(1, end - at))
    return content[:end] + content[at:end] * times + content[end:]


def _taken_out(content: bytes, chance: random.Random) -> bytes:
    at, end = sorted((chance.randrange(len(content) + 1), chance.randrange(len(content) + 1)))
    return content[:at] + content[end:]


def _put_in(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content) + 1)
    return content[:at] + chance.choice(NASTY) * chance.choice([1, 1, 30]) + content[at:]


WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (_flipped, _cut, _doubled, _taken_out, _put_in)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))  # type: ignore[arg-type]
