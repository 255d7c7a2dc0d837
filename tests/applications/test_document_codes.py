"""The code on a document: read back from paper, and what it says about the scan."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from careward.applications import acts, codes, documents, inspecting, receiving
from careward.applications.models import Application
from careward.applications.rules import ALPHABET, new_reference
from careward.kernel.identifiers import make_national_id
from support.applying import APPLICANT, DURING, draft, lacking, pdf_scan
from support.scanning import as_file, photographed, printed, slanted

pytestmark = pytest.mark.django_db

SCANS = Path(__file__).with_name("scans")
KINDS = {
    "institution_commitment": "own",
    "mandate": "rented",
    "vendor_commitment": "rented",
    "intent": "nursing_home_system",
}


def _application(kind: str, **changes: Any) -> Application:
    return lacking(mode=KINDS[kind], **changes)


def _code(application: Application, kind: str) -> str:
    return str(documents.code_of(application, application.rules.document(kind)))


def _read(content: bytes, folder: Path) -> tuple[str, ...]:
    path = folder / "scan"
    path.write_bytes(content)
    return inspecting.inspect(path, most_pages=20).codes


def _hand_in(application: Application, kind: str, content: bytes) -> Application:
    scan = receiving.receive(application, SimpleUploadedFile("掃描.pdf", content))
    return acts.add_document(application, APPLICANT, kind=kind, scan=scan, arrived_at=DURING)


def _found(application: Application) -> list[str]:
    of_codes = application.findings.in_force().filter(kind__contains=":code_")
    return [finding.kind.partition(":code_")[2] for finding in of_codes]


@pytest.mark.parametrize("dpi", [150, 200])
@pytest.mark.parametrize("kind", KINDS)
def test_the_code_of_every_document_is_read_back_from_paper(kind: str, dpi: int, tmp_path: Path) -> None:
    application = _application(kind)
    paper = printed(application, kind, dpi)
    for form in ("PDF", "JPEG"):
        assert _read(as_file(paper, form, dpi), tmp_path) == (_code(application, kind),)


HANDLED: dict[str, Callable[[Image.Image], Image.Image]] = {
    "on its head": lambda paper: paper.rotate(180),
    "on its side": lambda paper: paper.rotate(90, expand=True),
    "a little askew": lambda paper: slanted(paper, 4),
    "much askew": lambda paper: slanted(paper, -23),
    "photographed": photographed,
    "photographed askew": lambda paper: photographed(slanted(paper, 9), seed=2),
    "photographed on its side": lambda paper: photographed(paper.rotate(270, expand=True), seed=3),
    "in black and white": lambda paper: paper.convert("1", dither=Image.Dither.NONE).convert("L"),
    "pale": lambda paper: paper.point(lambda value: 150 + value * 90 // 255),
}


@pytest.mark.parametrize("dpi", [150, pytest.param(200, marks=pytest.mark.slow)])
@pytest.mark.parametrize("way", HANDLED)
def test_the_code_is_read_however_the_paper_was_held(way: str, dpi: int, tmp_path: Path) -> None:
    application = _application("institution_commitment")
    paper = HANDLED[way](printed(application, dpi=dpi))
    assert _read(as_file(paper, "JPEG"), tmp_path) == (_code(application, "institution_commitment"),)


def test_the_code_is_read_from_any_page_of_a_scan(tmp_path: Path) -> None:
    application = _application("institution_commitment")
    target = tmp_path / "pages.pdf"
    blank = Image.new("RGB", (1240, 1754), "white")
    blank.save(target, "PDF", save_all=True, append_images=[blank, printed(application)])
    assert _read(target.read_bytes(), tmp_path) == (_code(application, "institution_commitment"),)


def test_the_code_is_read_from_a_heic_photograph(tmp_path: Path) -> None:
    read = _read((SCANS / "commitment.heic").read_bytes(), tmp_path)
    assert read == ((SCANS / "commitment.txt").read_text(encoding="ascii").strip(),)
    assert codes.parse(read[0]) is not None


@pytest.mark.parametrize("kind", KINDS)
def test_a_document_with_its_code_gives_nothing_to_look_at(kind: str) -> None:
    application = _application(kind)
    _hand_in(application, kind, as_file(printed(application, kind), "JPEG"))
    assert _found(application) == []


def test_the_other_document_of_the_same_application_is_noticed_and_taken() -> None:
    application = _application("mandate")
    _hand_in(application, "mandate", as_file(printed(application, "vendor_commitment"), "JPEG"))
    [finding] = application.findings.in_force()
    assert finding.kind == "applications:code_other_document"
    assert "廠商介接承諾書" in finding.told
    assert "委託書" in finding.told
    assert application.documents.in_force().count() == 1


def test_another_institutions_document_is_noticed_without_naming_it() -> None:
    mine = _application("intent")
    theirs = _application("intent", institution_code="1131000010", institution_name="別家護理之家")
    _hand_in(mine, "intent", as_file(printed(theirs), "JPEG"))
    [finding] = mine.findings.in_force()
    assert finding.kind == "applications:code_other_institution"
    assert theirs.reference in finding.says
    assert "別家" not in finding.told
    assert theirs.reference not in finding.told


def test_a_document_of_the_institutions_other_application_is_noticed() -> None:
    mine, other = _application("intent"), _application("intent")
    _hand_in(mine, "intent", as_file(printed(other), "JPEG"))
    assert _found(mine) == ["other_application"]


def _changed_since_printed(*, handed_in_before: bool = False, **changes: Any) -> Application:
    """An application whose answers were corrected after its document was printed."""
    application = _application("institution_commitment")
    paper = as_file(printed(application), "JPEG")
    if handed_in_before:
        application = _hand_in(application, "institution_commitment", paper)
    application = acts.correct(application, APPLICANT, changes=changes, arrived_at=DURING)
    return application if handed_in_before else _hand_in(application, "institution_commitment", paper)


def test_a_correction_makes_what_was_handed_in_before_an_older_version() -> None:
    application = _changed_since_printed(handed_in_before=True, sources=["168.95.1.9/32"])
    assert _found(application) == ["outdated"]


@pytest.mark.parametrize(
    "changes",
    [
        {"sources": ["168.95.1.9/32"]},
        {"institution_name": "範例護理之家二館"},
        {"person_name": "王大同"},
        {"person_id": make_national_id(7)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_document_printed_before_what_it_says_changed_is_an_older_version(changes: dict[str, Any]) -> None:
    application = _changed_since_printed(**changes)
    [finding] = application.findings.in_force()
    assert finding.kind == "applications:code_outdated"
    assert finding.values["printed"] + 1 == finding.values["current"] == application.data_version


def test_a_change_that_is_not_on_the_paper_leaves_it_current() -> None:
    assert _found(_changed_since_printed(contact_phone="04-7654321", contact_name="陳美麗")) == []


def test_an_own_form_without_a_code_is_taken_and_only_noted() -> None:
    application = _application("institution_commitment")
    _hand_in(application, "institution_commitment", pdf_scan())
    [finding] = application.findings.in_force()
    assert finding.kind == "applications:code_unread"
    assert "自己的格式" in finding.told
    assert not application.missing_documents
    acts.complete(application, APPLICANT, arrived_at=DURING)


def test_a_strangers_qr_code_is_no_code_of_ours(tmp_path: Path) -> None:
    import segno

    target = tmp_path / "code.png"
    segno.make("https://example.org/").save(target, scale=8)
    application = _application("institution_commitment")
    _hand_in(application, "institution_commitment", target.read_bytes())
    assert _found(application) == ["unread"]


@pytest.mark.parametrize("changed", ["digest", "version", "reference"])
def test_a_code_that_fits_nothing_is_doubtful(changed: str, tmp_path: Path) -> None:
    import segno

    application = _application("institution_commitment")
    parts = _code(application, "institution_commitment").split(":")
    place, other = {"digest": (4, "0" * 16), "version": (3, "999"), "reference": (1, new_reference("115"))}[
        changed
    ]
    parts[place] = other
    target = tmp_path / "code.png"
    segno.make(":".join(parts)).save(target, scale=8)
    _hand_in(application, "institution_commitment", target.read_bytes())
    assert _found(application) == ["doubtful"]


def test_pages_without_a_code_need_no_word_beside_the_one_that_has_it() -> None:
    application = _application("institution_commitment")
    _hand_in(application, "institution_commitment", pdf_scan())
    assert _found(application) == ["unread"]
    application = _hand_in(application, "institution_commitment", as_file(printed(application), "JPEG"))
    assert _found(application) == []
    coded = application.documents.in_force().exclude(code="").get()
    acts.remove_document(application, APPLICANT, document=coded.pk, arrived_at=DURING)
    assert _found(application) == ["unread"]


def test_what_was_noticed_about_a_file_goes_with_it() -> None:
    application = _application("mandate")
    _hand_in(application, "mandate", as_file(printed(application, "vendor_commitment"), "JPEG"))
    file = application.documents.get()
    acts.remove_document(application, APPLICANT, document=file.pk, arrived_at=DURING)
    assert _found(application) == []
    assert application.findings.count() == 1


def test_a_file_with_both_documents_is_right_for_either(tmp_path: Path) -> None:
    application = _application("mandate")
    target = tmp_path / "both.pdf"
    both = [printed(application, kind) for kind in ("mandate", "vendor_commitment")]
    both[0].save(target, "PDF", save_all=True, append_images=both[1:], resolution=150)
    for kind in ("mandate", "vendor_commitment"):
        _hand_in(application, kind, target.read_bytes())
    assert _found(application) == []


def test_pages_too_hard_to_read_cost_only_the_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tired = tmp_path / "tired.py"
    source = inspecting.INSPECTOR.read_text()
    tired.write_text(source.replace("    import zxingcpp\n", "    bytearray(4 << 30)\n"))
    monkeypatch.setattr(inspecting, "INSPECTOR", tired)
    path = tmp_path / "scan.pdf"
    path.write_bytes(pdf_scan(2))
    assert inspecting.inspect(path, most_pages=20) == inspecting.Inspected("application/pdf", 2, ())


def test_nobody_can_make_a_code_that_fits_without_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    application = _application("institution_commitment")
    code = _code(application, "institution_commitment")
    monkeypatch.setattr(codes, "_DOMAIN", "another-key")
    assert _code(application, "institution_commitment") != code


references = st.builds(lambda season: new_reference(f"{season:03d}"), st.integers(100, 999))
kinds = st.from_regex(r"[a-z][a-z0-9]{0,10}(_[a-z0-9]{1,10}){0,3}", fullmatch=True)
digests = st.text("0123456789ABCDEF", min_size=16, max_size=16)


@given(references, kinds, st.integers(1, 999_999), digests)
def test_what_is_written_is_read_back(reference: str, kind: str, version: int, digest: str) -> None:
    code = codes.Code(reference, kind, version, digest)
    assert codes.parse(str(code)) == code
    assert set(str(code)) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ:-")


@given(st.text() | st.from_regex(r"CW1:[0-9A-Z:-]*", fullmatch=True))
def test_whatever_stands_in_a_code_is_read_or_refused_but_never_fails(written: str) -> None:
    code = codes.parse(written)
    assert code is None or str(code) == written


@given(references, st.integers(0, 7), st.sampled_from(ALPHABET))
def test_one_wrong_sign_in_the_reference_is_noticed(reference: str, place: int, sign: str) -> None:
    season, drawn, check = reference.split("-")
    signs = [*drawn, check]
    place %= len(signs)
    if signs[place] == sign:
        return
    signs[place] = sign
    wrong = f"{season}-{''.join(signs[:4])}-{signs[4]}"
    assert codes.parse(str(codes.Code(wrong, "intent", 1, "0" * 16))) is None


def test_the_limited_process_answers_in_lines(tmp_path: Path) -> None:
    import sys

    path = tmp_path / "scan.pdf"
    path.write_bytes(pdf_scan())
    done = subprocess.run(
        [sys.executable, "-I", str(inspecting.INSPECTOR), "inspect", str(path), "20"],
        capture_output=True, check=True, env={},
    )  # fmt: skip
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert first == {"media_type": "application/pdf", "pages": 1}
    assert second == {"codes": []}


def test_a_draft_has_nothing_to_look_at() -> None:
    assert not draft().findings.exists()
