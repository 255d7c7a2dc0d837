"""Makes sure the other people's programs are there for tests and benchmarks, and says loudly what is missing.

SSH clients and servers beside the gateway, the virus scanner and the IMAP server that operators run.
"""

import os
import shutil
import subprocess
import sys

NEEDED = {
    "sftp": "openssh-client",
    "sshd": "openssh-server",
    "lftp": "lftp",
    "clamd": "clamav-daemon",
    "dovecot": "dovecot-imapd",
}
"""Program, and the Debian package it comes from."""
PATH = f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin"


def program(name: str) -> str | None:
    """Where a program lies, or None."""
    return shutil.which(name, path=PATH)


def missing() -> list[str]:
    """Programs that are not there."""
    return [name for name in NEEDED if program(name) is None]


def main() -> None:
    """Install with apt where we may."""
    packages = sorted({NEEDED[name] for name in missing()})
    if packages and os.geteuid() == 0 and shutil.which("apt-get"):
        # Servers would start by themselves: a policy that forbids it stands while we install.
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        subprocess.run(["apt-get", "update", "-qq"], env=environment, check=False)
        words = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
        subprocess.run(words, env=environment, check=False)
    for name in missing():
        sys.stderr.write(f"\n*** {name} is missing: what needs it will be SKIPPED ***\n\n")


if __name__ == "__main__":
    main()
