"""Makes sure the other people's SSH programs are there for tests and benchmark, and says loudly what is missing."""

import os
import shutil
import subprocess
import sys

NEEDED = {"sftp": "openssh-client", "sshd": "openssh-server", "lftp": "lftp"}
"""Program, and the Debian package it comes from."""
PATH = f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin"


def missing() -> list[str]:
    """Programs that are not there."""
    return [program for program in NEEDED if shutil.which(program, path=PATH) is None]


def main() -> None:
    """Install with apt where we may."""
    packages = sorted({NEEDED[program] for program in missing()})
    if packages and os.geteuid() == 0 and shutil.which("apt-get"):
        # openssh-server would start a server by itself: a policy that forbids it stands while we install.
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
        subprocess.run(["apt-get", "update", "-qq"], env=environment, check=False)
        words = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
        subprocess.run(words, env=environment, check=False)
    for program in missing():
        sys.stderr.write(f"\n*** {program} is missing: what needs it will be SKIPPED ***\n\n")


if __name__ == "__main__":
    main()
