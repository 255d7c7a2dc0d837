"""Makes sure Debian's chromium is there for the browser tests, and says loudly when it cannot be."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")


def browser() -> str | None:
    """Path of a browser, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def main() -> None:
    """Install it with apt where we may."""
    if browser():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], env=environment, check=False)
        words = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
        subprocess.run(words, env=environment, check=False)
    if not browser():
        sys.stderr.write("\n*** chromium is missing: every browser test will be SKIPPED ***\n\n")


if __name__ == "__main__":
    main()
