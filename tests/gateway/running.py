"""A gateway in a thread of the test, and OpenSSH's own clients as processes."""

import asyncio
import os
import shlex
import subprocess
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from careward.gateway import keys
from careward.gateway.backend import Backend
from careward.gateway.policy import Policy
from careward.gateway.server import serve
from careward.kernel.networks import Network

MB = 1024 * 1024


def policy(**changed: Any) -> Policy:
    facts: dict[str, Any] = {
        "max_file_bytes": 50 * MB,
        "max_connections": 50,
        "max_connections_per_account": 5,
        "max_open_files": 16,
        "max_files_a_day": 100,
        "max_bytes_a_day": 500 * MB,
        "login_time": timedelta(seconds=30),
        "idle_time": timedelta(minutes=30),
        "failures_before_lock": 5,
        "lock_time": timedelta(minutes=15),
        "failure_time": timedelta(milliseconds=50),
        "disk_reserve": 1,
        "welcome_interval": timedelta(milliseconds=50),
        "goodbye_time": timedelta(seconds=5),
    }
    return Policy(**(facts | changed))


class Running:
    """``serve`` in a thread with its own event loop."""

    def __init__(
        self,
        backend: Backend,
        home: Path,
        limits: Policy,
        host: str = "127.0.0.1",
        port: int = 0,
        balancers: Sequence[Network] = (),
    ) -> None:
        self.home, self.host, self.port = home, host, port
        self._balancers = balancers
        self._backend, self._limits = backend, limits
        self._ready, self._failure = threading.Event(), None
        self._thread = threading.Thread(target=self._run, name="gateway")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def __enter__(self) -> "Running":
        self._thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._thread.join(20)
        assert not self._thread.is_alive()

    def stop(self) -> None:
        if self._loop and self._stop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        await serve(
            self._backend,
            self._limits,
            self.host,
            self.port,
            self.home,
            self._stop,
            self._set_ready,
            balancers=self._balancers,
        )

    def _set_ready(self, port: int) -> None:
        self.port = port
        self._ready.set()

    def staged(self) -> list[Path]:
        """Files of uploads that lie in staging, the locks apart."""
        return [
            f
            for f in (self.home / "staging").rglob("*")
            if f.is_file() and f.name not in {".lock", "doors"} and "places" not in f.parts
        ]


@dataclass
class OpenSsh:
    """Runs ssh, sftp and scp against a gateway, host key pinned, password by SSH_ASKPASS."""

    gateway: Running
    folder: Path
    password: str = ""
    username: str = "h115001"
    options: dict[str, str] = field(default_factory=dict)
    write_size: int = 0
    """Bytes of one write of ``sftp``; 0 leaves it to the client, which asks the server."""

    def words(self, program: str, *arguments: str) -> list[str]:
        port = "-p" if program == "ssh" else "-P"
        words = [program, port, str(self.gateway.port), "-F", "none"]
        for name, value in (self._fixed() | self.options).items():
            words += ["-o", f"{name}={value}"]
        return [*words, *arguments]

    def _fixed(self) -> dict[str, str]:
        known_hosts = self.folder / "known_hosts"
        lines = [f"[{self.gateway.host}]:{self.gateway.port} {line}" for line in self._host_keys()]
        known_hosts.write_text("\n".join(lines) + "\n")
        return {
            "BatchMode": "no",  # before sftp's -b, which would turn password prompts off
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": str(known_hosts),
            "GlobalKnownHostsFile": "/dev/null",
            "UpdateHostKeys": "no",
            "NumberOfPasswordPrompts": "1",
            "IdentitiesOnly": "yes",
            "IdentityFile": "none",
            "BindAddress": "127.0.0.1",
            "User": self.username,
            "ConnectTimeout": "15",
        }

    def _host_keys(self) -> Iterable[str]:
        return keys.public_keys(self.gateway.home)

    def environment(self) -> dict[str, str]:
        askpass = self.folder / "askpass"
        askpass.write_text(f"#!/bin/sh\nprintf '%s\\n' {shlex.quote(self.password)}\n")
        askpass.chmod(0o700)
        return os.environ | {"SSH_ASKPASS": str(askpass), "SSH_ASKPASS_REQUIRE": "force", "LC_ALL": "C.UTF-8"}

    def start(self, program: str, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.words(program, *arguments),
            env=self.environment(),
            text=True,
            stdin=options.pop("stdin", subprocess.DEVNULL),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            **options,
        )

    def run(self, program: str, *arguments: str, seconds: float = 60) -> tuple[int, str]:
        with self.start(program, *arguments) as process:
            try:
                output, _ = process.communicate(timeout=seconds)
            except BaseException:
                process.kill()
                raise
        return process.returncode, output

    def sftp(self, *commands: str, seconds: float = 60) -> tuple[int, str]:
        """Run a batch of sftp commands; it stops at the first that fails."""
        batch = self.folder / "batch"
        batch.write_text("\n".join(commands) + "\n")
        size = ("-B", str(self.write_size)) if self.write_size else ()
        return self.run("sftp", *size, "-b", str(batch), self.gateway.host, seconds=seconds)
