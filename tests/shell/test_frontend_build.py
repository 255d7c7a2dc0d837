"""What pages are made of: built once, from pinned sources, small, and complete."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings

from careward.shell import build

LARGEST_SHEET = 120_000


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    build.build()


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the sources inside the checkout, where tools find node_modules, built beside."""
    place = build.ROOT / ".cache" / f"build-test-{time.monotonic_ns()}"
    shutil.copytree(build.SOURCES, place / "frontend")
    monkeypatch.setattr(build, "SOURCES", place / "frontend")
    monkeypatch.setattr(build, "BUILT", place / "static" / "built")
    yield place
    shutil.rmtree(place)


def test_a_second_build_does_nothing_and_takes_no_time() -> None:
    before = (build.BUILT / "careward.css").stat().st_mtime_ns
    start = time.perf_counter()
    assert build.build() is False
    assert time.perf_counter() - start < 1
    assert (build.BUILT / "careward.css").stat().st_mtime_ns == before


@pytest.mark.slow
def test_a_changed_source_is_built_and_a_broken_one_leaves_the_last_good_result(elsewhere: Path) -> None:
    sheet = elsewhere / "frontend" / "scss" / "_parts.scss"
    assert build.build() is True
    with sheet.open("a", encoding="utf-8") as source:
        source.write("\n.cw-new { color: red; }\n")
    assert build.build() is True
    assert ".cw-new" in (build.BUILT / "careward.css").read_text(encoding="utf-8")
    sheet.write_text("{ broken", encoding="utf-8")
    with pytest.raises(build.BuildFailed, match=r"_parts\.scss"):
        build.build()
    assert ".cw-new" in (build.BUILT / "careward.css").read_text(encoding="utf-8")
    assert [path.name for path in build.BUILT.parent.iterdir()] == ["built"]


def test_without_sources_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(build, "SOURCES", tmp_path / "none")
    with pytest.raises(build.BuildFailed, match="checkout"):
        build.build()


def test_the_style_sheet_stays_small() -> None:
    assert (build.BUILT / "careward.css").stat().st_size <= LARGEST_SHEET


@pytest.mark.parametrize("sheet", ["careward.css", "fonts.css"])
def test_every_address_in_a_sheet_is_a_file_of_ours(sheet: str) -> None:
    source = (build.BUILT / sheet).read_text(encoding="utf-8")
    for address in re.findall(r"url\(([^)]+)\)", source):
        assert (build.BUILT / address.strip("'\"")).is_file()
    assert "@import" not in source


def test_the_font_of_another_government_is_nowhere() -> None:
    assert not re.search("GDS Transport", (build.BUILT / "careward.css").read_text(encoding="utf-8"))


def test_documents_have_both_weights_of_their_font() -> None:
    for name in ("Regular", "Bold"):
        assert (build.PDF_FONTS / f"NotoSansTC-{name}.ttf").read_bytes()[:4] == b"\x00\x01\x00\x00"


ASKED = {"location.href", "form.dataset.from", '"POST", form.action'}
"""What our scripts ask: the page itself, and addresses our own templates wrote. The policy holds them to ourselves."""
CALL = re.compile(r"fetch\(([^,)]+)|request\.open\(([^)]+)\)")
"""Only an XMLHttpRequest tells how much of a file was sent."""


def test_scripts_ask_nobody_else() -> None:
    own = [script.read_text(encoding="utf-8") for script in (build.SOURCES / "js").glob("*.js")]
    asked = ["".join(words) for source in own for words in CALL.findall(source)]
    assert set(asked) == ASKED
    built = [script.read_text(encoding="utf-8") for script in build.BUILT.glob("*.js")]
    begun = [source.count("fetch(") + source.count("new XMLHttpRequest") for source in built]
    assert sum(begun) == len(asked)
    assert not any(re.search(r"eval\(|new Function|import\(|WebSocket", source) for source in built)


def test_packages_are_pinned_exactly_and_by_hash_and_name_no_registry() -> None:
    wanted = json.loads((build.ROOT / "package.json").read_text(encoding="utf-8"))
    for version in (wanted["dependencies"] | wanted["devDependencies"]).values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    lock = json.loads((build.ROOT / "package-lock.json").read_text(encoding="utf-8"))
    installed = {name: entry for name, entry in lock["packages"].items() if name}
    assert all(entry["integrity"].startswith("sha512-") for entry in installed.values())
    assert not any("resolved" in entry for entry in installed.values())


def test_names_with_fingerprints_resolve_for_every_address(tmp_path: Path) -> None:
    stores = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}}
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=stores):
        call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["pdf-fonts"])
    sheet = next((tmp_path / "built").glob("careward.*.css")).read_text(encoding="utf-8")
    for address in re.findall(r"url\(([^)]+)\)", sheet):
        assert (tmp_path / "built" / address.strip("'\"")).is_file()
