"""The files of ``/spec`` are there when somebody looks: made once, in the background, as soon as a gateway starts."""

import asyncio
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from careward.gateway import main
from careward.intake import publishing
from careward.kernel import clock
from support.delivering import OPEN
from support.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_gateway_makes_them_as_it_starts_and_does_not_wait_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serving, made = threading.Event(), threading.Event()

    def files() -> dict[str, bytes]:
        assert serving.wait(20)
        made.set()
        return {}

    async def serve(*_: object, **__: object) -> None:
        serving.set()
        assert await asyncio.to_thread(made.wait, 20)

    monkeypatch.setattr(publishing, "files", files)
    monkeypatch.setattr(main, "serve", serve)
    main.main()
    assert made.is_set()


def test_once_made_nothing_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with clock.frozen(OPEN):
        first = publishing.files()

        def started(*_: object, **__: object) -> None:
            raise AssertionError("a process was started for files that are there")

        monkeypatch.setattr(subprocess, "Popen", started)
        began = time.process_time()
        assert publishing.files() == first
        assert time.process_time() - began < 0.2
    assert "1.0/datasets/staff.yaml" in first


def test_who_asked_may_end_before_they_are_made_and_leaves_nobody_behind(tmp_path: Path) -> None:
    """A gateway stopped right after its start."""
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\necho $$ > fresh\nmv fresh pid\nexec sleep 600\n")
    slow.chmod(0o700)
    script = f"""
import pathlib, sys, threading, time
import django
django.setup()
from careward.intake import publishing
sys.executable = {str(slow)!r}
making = threading.Thread(target=publishing._files, args=(pathlib.Path("."), "1.0", "11501", ()), daemon=True)
making.start()
while not pathlib.Path("pid").exists():
    time.sleep(0.01)
making.join(0.2)
"""
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, timeout=60)
    pid = (tmp_path / "pid").read_text().strip()
    until(lambda: not _runs(pid), 60, "the process that made files is gone")


def _runs(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
