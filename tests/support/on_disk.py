"""What of uploads lies on the disk of a platform under test."""

from pathlib import Path

from support.platform import Platform


def staged(platform: Platform) -> set[Path]:
    """Bytes of uploads that lie in staging, the locks apart."""
    found = (platform.home / "staging").rglob("*")
    return {
        file
        for file in found
        if file.is_file() and file.name not in {".lock", "name", "doors"} and "places" not in file.parts
    }


def nothing_staged(platform: Platform) -> bool:
    """Whether staging is empty."""
    return staged(platform) == set()


def arriving(platform: Platform) -> set[Path]:
    """Staged bytes, and what is sealed while it comes: no object before it is whole.

    What a gateway killed with -9 left is among it until the store is swept, a minute later and more.
    """
    return staged(platform) | set((platform.home / "objects" / "raw").glob(".part-*"))


def arrived_bytes(platform: Platform, left: set[Path]) -> int:
    """Size of the largest upload on its way but for those in ``left``."""
    sizes = []
    for file in arriving(platform) - left:
        try:
            sizes.append(file.stat().st_size)
        except FileNotFoundError:
            continue
    return max(sizes, default=0)


def raw_objects(platform: Platform) -> set[str]:
    """Names of the received files in the object store."""
    return {file.name for file in (platform.home / "objects" / "raw").glob("[!.]*")}
