"""The two servers of the SFTP benchmark: ours with its database and store, and OpenSSH's sshd beside it."""

import getpass
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from careward.gateway.health import probe
from careward.kernel.clock import taipei
from support.platform import environment_of, free_port
from support.waiting import until
from support.wide_rules import wide_rules

CIPHER: Final = "aes128-gcm@openssh.com"
SSHD: Final = "/usr/sbin/sshd"
_REGISTER = """
from argon2 import PasswordHasher
from careward.journal import Actor, acting
from careward.kernel import clock
from careward.provisioning.models import AccountKey, UploadAccount
with acting(Actor.system("demo"), "prepare"):
    account = UploadAccount.objects.get(username="{username}")
    AccountKey.objects.create(account=account, line="{line}", valid_from=clock.now())
    account.password_hash = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("{password}")
    account.save()
"""
"""A key opens the account, too, and its password costs no hashing to speak of."""


@dataclass(frozen=True)
class Side:
    """A server as OpenSSH's ``sftp`` reaches it, by key or with a password; ``into`` is where it may write."""

    name: str
    port: int
    user: str
    into: str
    folder: Path
    identity: Path
    password: str = ""

    def command(self, batch: str, *, by_password: bool = False) -> list[str]:
        """The client's words; ``batch`` is a file of commands, or ``-``."""
        words = ["sftp", "-P", str(self.port), "-F", "none", "-q", "-c", CIPHER]
        options = [
            "StrictHostKeyChecking=no",
            "UserKnownHostsFile=/dev/null",
            "GlobalKnownHostsFile=/dev/null",
        ]
        options += ["IdentitiesOnly=yes", "BindAddress=127.0.0.1", "LogLevel=ERROR", "BatchMode=no"]
        if by_password:
            options += ["PreferredAuthentications=password", "NumberOfPasswordPrompts=1"]
        else:
            options += [f"IdentityFile={self.identity}", "PreferredAuthentications=publickey"]
        for option in options:
            words += ["-o", option]
        return [*words, "-b", batch, f"{self.user}@127.0.0.1"]

    def environment(self) -> dict[str, str]:
        """With the answer to a password prompt."""
        askpass = self.folder / f"askpass-{self.name}"
        if not askpass.exists():
            askpass.write_text(f"#!/bin/sh\necho '{self.password}'\n")
            askpass.chmod(0o700)
        return os.environ | {"SSH_ASKPASS": str(askpass), "SSH_ASKPASS_REQUIRE": "force"}


def key(folder: Path, name: str) -> Path:
    """Make a key pair."""
    path = folder / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


@contextmanager
def sshd(folder: Path) -> Iterator[Side]:
    """OpenSSH's server with a configuration of its own, loopback only, for the user who runs this."""
    port, identity, into = free_port(), key(folder, "sshd_client"), folder / "sshd_into"
    into.mkdir()
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    settings = folder / "sshd_config"
    settings.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {key(folder, 'sshd_host')}\nUsePAM no\n"
        f"AuthorizedKeysFile {identity}.pub\nStrictModes no\nPidFile none\nPermitRootLogin yes\n"
        f"Subsystem sftp internal-sftp\nMaxStartups 200\nPerSourceMaxStartups none\nLogLevel ERROR\n"
    )
    process = subprocess.Popen([SSHD, "-D", "-e", "-f", str(settings)])
    try:
        until(lambda: probe("127.0.0.1", port), 20, "sshd greets")
        yield Side("sshd", port, getpass.getuser(), str(into), folder, identity)
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def alone(folder: Path) -> Iterator[Side]:
    """The library our gateway is made with and nothing of ours, one process: what of a ratio is the library's."""
    port, identity, into = free_port(), key(folder, "alone_client"), folder / "alone_into"
    into.mkdir()
    words = [sys.executable, "-m", "benchmarks.bare_sftp", str(port), CIPHER, f"{identity}.pub"]
    process = subprocess.Popen(words)
    try:
        until(lambda: probe("127.0.0.1", port), 20, "the library's server greets")
        yield Side("asyncssh", port, "anybody", str(into), folder, identity)
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def house(folder: Path) -> Iterator[dict[str, str]]:
    """The environment of a platform of its own with database and store as in production, limits apart."""
    home = Path(tempfile.mkdtemp(prefix="careward-bench-"))
    home.chmod(0o711)
    environment = environment_of(home / "home", free_port(), free_port()) | {
        "CAREWARD_RULES": str(wide_rules(folder))
    }
    try:
        _careward(environment | {"CAREWARD_DB_ROLE": "owner"}, "migrate")
        _careward(environment, "demo", "prepare")
        _set_clock(home / "home")
        yield environment
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def gateway(folder: Path, *, processes: int) -> Iterator[tuple[Side, list[int], Path]]:
    """Our gateway; gives its processes' ids and the platform's home, too."""
    with ExitStack() as stack:
        environment = stack.enter_context(house(folder))
        port = int(environment["CAREWARD_SFTP_PORT"])
        demo = Path(environment["CAREWARD_HOME"]) / "demo"
        [uploader, *_] = json.loads((demo / "uploaders.json").read_text())
        identity = key(folder, "careward_client")
        line = " ".join(identity.with_suffix(".pub").read_text().split()[:2])
        facts = {"username": uploader["username"], "password": uploader["password"], "line": line}
        _careward(environment, "manage", "shell", "-c", _REGISTER.format(**facts))
        pids = [stack.enter_context(part(environment, "sftp")) for _ in range(processes)]
        until(lambda: probe("127.0.0.1", port), 60, "the gateway greets")
        yield (
            Side("careward", port, uploader["username"], "/inbox", folder, identity, uploader["password"]),
            pids,
            Path(environment["CAREWARD_HOME"]),
        )


@contextmanager
def part(environment: dict[str, str], name: str) -> Iterator[int]:
    """A process of the platform, by the word that starts it; gives its id."""
    log = Path(environment["CAREWARD_HOME"]) / f"{name}.log"
    with log.open("a") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "careward", name], env=environment, stdout=output, stderr=output
        )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(40)


def _careward(environment: dict[str, str], *words: str) -> None:
    subprocess.run([sys.executable, "-m", "careward", *words], env=environment, check=True)


def _set_clock(home: Path) -> None:
    from careward.ops.demo.clock import write

    write(home, taipei(2026, 2, 5, 10))
