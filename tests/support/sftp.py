"""OpenSSH's own ``sftp`` and ``ssh`` as an institution would run them."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Client:
    """An account's client: host key known beforehand, password given by an askpass script in ``folder``."""

    folder: Path
    port: int
    username: str
    password: str
    known_hosts: Path
    source: str = "127.0.0.1"

    def sftp(self, *lines: str) -> subprocess.CompletedProcess[str]:
        """Run a batch of sftp commands."""
        batch = "\n".join(lines) + "\n"
        words = ["sftp", "-P", str(self.port), *self._options(), "-b", "-", f"{self.username}@127.0.0.1"]
        return self._run(words, batch)

    def ssh(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Try ``ssh`` with further words, such as a command or ``-N -L …``."""
        return self._run(
            ["ssh", "-p", str(self.port), *self._options(), f"{self.username}@127.0.0.1", *words], ""
        )

    def _options(self) -> list[str]:
        return [
            "-oStrictHostKeyChecking=yes", f"-oUserKnownHostsFile={self.known_hosts}",
            "-oGlobalKnownHostsFile=/dev/null",
            "-oPreferredAuthentications=password", "-oNumberOfPasswordPrompts=1", "-oPubkeyAuthentication=no",
            f"-oBindAddress={self.source}", "-oConnectTimeout=20", "-oBatchMode=no", "-F", "none",
        ]  # fmt: skip

    def _run(self, words: list[str], given: str) -> subprocess.CompletedProcess[str]:
        askpass = self.folder / "askpass"
        askpass.write_text('#!/bin/sh\nprintf "%s\\n" "$CW_PASSWORD"\n')
        askpass.chmod(0o700)
        environment = {
            "PATH": "/usr/bin:/bin", "HOME": str(self.folder), "SSH_ASKPASS": str(askpass),
            "SSH_ASKPASS_REQUIRE": "force", "CW_PASSWORD": self.password, "LC_ALL": "C.UTF-8",
        }  # fmt: skip
        return subprocess.run(
            words, input=given, env=environment, capture_output=True, text=True, timeout=120, check=False
        )


def known_hosts(file: Path, port: int, home: Path) -> Path:
    """Write the platform's public host keys for a client that checks them strictly."""
    keys = [key.read_text(encoding="ascii") for key in sorted((home / "secrets" / "ssh").glob("*.pub"))]
    file.write_text(
        "".join(f"[127.0.0.1]:{port} {' '.join(key.split()[:2])}\n" for key in keys), encoding="ascii"
    )
    return file
