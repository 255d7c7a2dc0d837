"""Files spoilt at random, checked in a process of their own: ``python -m support.fuzzing FORM SEED COUNT FOLDER``.

Each file is written to FOLDER before it is checked, so that whatever stops the process – a crash, an alarm after
SECONDS, a file that takes too much memory – leaves it there. Prints the peak of memory in MB, last.
"""

import io
import random
import resource
import signal
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from careward.intake import offline, sample_forms, samples
from careward.intake.sample_forms import Form
from careward.kernel.roc import RocMonth
from careward.rulebook import current

SECONDS = 30
"""No file of this size may take so long, however the machine is busy."""
MONTH = RocMonth.parse("11501")
DATASETS = ("staff", "institution_month", "events")
NASTY = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n" * 50, b'"', b'"' * 3, b"," * 300, b"\t", b";", b"{" * 5_000,
    b"[" * 5_000, b"]", b"1e999", b"-0", b"\\u0000", b"\\ud800", b"<!ENTITY a 'b'>", b"=1+1", b"\xa1\x40" * 20,
    "１２３".encode(), "〇年".encode(), b"9" * 5_000, b"\x80", b"PK\x03\x04", b"\x1f\x8b", b"%PDF",
)  # fmt: skip


def main(form: Form, seed: int, count: int, folder: Path) -> None:
    """Spoil and check ``count`` files of a form."""
    chance = random.Random(seed)
    spec = current().interchange("1.0")
    for number in range(count):
        dataset = spec.dataset(chance.choice(DATASETS))
        rows = samples.good_rows(
            spec,
            dataset,
            institution_code="1131000009",
            period=MONTH,
            n=chance.choice([0, 1, 3, 40]),
            seed=seed,
        )
        content = spoilt(sample_forms.in_form(dataset, rows, form), form, chance)
        path = folder / f"{dataset.id}-{MONTH}.{chance.choice(['csv', 'xlsx', 'ods', 'json', 'txt', 'zip'])}"
        path.write_bytes(content)
        signal.alarm(SECONDS)
        answer = offline.run([path], dataset=dataset.id, period=str(MONTH), out=io.StringIO())
        signal.alarm(0)
        assert answer in (offline.CLEAN, offline.ERRORS, offline.UNREADABLE), number
        path.unlink()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)  # noqa: T201


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
    return content[:end] + content[at:end] * chance.choice([1, 2, 200]) + content[end:]


def _taken_out(content: bytes, chance: random.Random) -> bytes:
    at, end = sorted((chance.randrange(len(content) + 1), chance.randrange(len(content) + 1)))
    return content[:at] + content[end:]


def _put_in(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content) + 1)
    return content[:at] + chance.choice(NASTY) * chance.choice([1, 1, 30]) + content[at:]


WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (_flipped, _cut, _doubled, _taken_out, _put_in)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))  # type: ignore[arg-type]
