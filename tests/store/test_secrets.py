"""Secrets: made once for a demo, demanded in production, changed without losing what is old."""

import base64
import hmac
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careward.store import folders
from careward.store.objects import FolderStore, StoredBroken
from careward.store.sealing import is_sealed_now, open_text, seal_text
from careward.store.secrets import VARIABLES, SecretMissing, keyed_hash, secret, secrets

OLD, NEW = (base64.b64encode(bytes(range(start, start + 32))).decode() for start in (0, 100))


@pytest.fixture(autouse=True)
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CAREWARD_HOME", str(tmp_path / "home"))
    for name in (*VARIABLES.values(), "CAREWARD_DATABASE_URL", "CAREWARD_DEMO"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


@pytest.mark.parametrize("name", VARIABLES)
def test_a_demo_makes_each_secret_once_closed_to_others_and_unlike_any_other(demo: Path, name: str) -> None:
    first = secret(name)
    assert len(first) == 32
    file = demo / "secrets" / name
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert base64.b64decode(file.read_text()) == first
    assert secret(name, dict(os.environ)) == first
    assert len({secret(other) for other in VARIABLES}) == len(VARIABLES)


@pytest.mark.parametrize("name", VARIABLES)
def test_production_without_a_secret_does_not_start_and_says_which(name: str) -> None:
    with pytest.raises(SecretMissing, match=VARIABLES[name]):
        secret(name, {"CAREWARD_DATABASE_URL": "postgresql://a@b/c"})


def test_a_demo_on_a_database_server_of_its_own_may_make_secrets(demo: Path) -> None:
    environ = {"CAREWARD_DATABASE_URL": "x", "CAREWARD_DEMO": "1", "CAREWARD_HOME": str(demo)}
    assert len(secret("data-keys", environ)) == 32


@pytest.mark.parametrize(
    "value",
    [
        "changeme",
        "not base64!",
        base64.b64encode(bytes(32)).decode(),
        OLD[:-8],
        f"{OLD},",
        f"{OLD},{OLD}",
        f"{OLD} {NEW}",
    ],
)
def test_a_sample_short_or_doubled_key_is_refused_without_being_quoted(value: str) -> None:
    with pytest.raises(SecretMissing) as refused:
        secrets("data-keys", {"CAREWARD_DATA_KEYS": value})
    assert "CAREWARD_DATA_KEYS" in str(refused.value)
    assert value[:8] not in str(refused.value)


def test_a_secret_file_others_can_read_is_not_used(demo: Path) -> None:
    (demo / "secrets").mkdir(parents=True)
    file = demo / "secrets" / "link-keys"
    file.write_text(NEW)
    file.chmod(0o644)
    with pytest.raises(SecretMissing, match="link-keys"):
        secret("link-keys")


def test_the_first_key_seals_and_every_listed_one_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FolderStore(tmp_path / "objects")
    monkeypatch.setenv("CAREWARD_DATA_KEYS", OLD)
    text = seal_text("王小明")
    store.put("x", b"old")
    monkeypatch.setenv("CAREWARD_DATA_KEYS", f"{NEW},{OLD}")
    assert open_text(text) == "王小明"
    assert store.open("x").read() == b"old"
    assert not is_sealed_now(text)
    assert is_sealed_now(seal_text("王小明"))
    monkeypatch.setenv("CAREWARD_DATA_KEYS", NEW)
    with pytest.raises(StoredBroken, match="CAREWARD_DATA_KEYS"):
        open_text(text)
    with pytest.raises(StoredBroken, match="x: "):
        store.open("x")


@given(st.text())
def test_any_text_comes_back_and_is_not_to_be_seen(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    sealed = seal_text(text)
    assert open_text(sealed) == text
    assert sealed.isascii()
    assert seal_text(text) != sealed


@given(st.data())
def test_a_sealed_text_changed_in_any_character_is_noticed(data: st.DataObject) -> None:
    sealed = seal_text("A123456789 王小明!")
    place = data.draw(st.integers(0, len(sealed) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda c: c != sealed[place]))
    with pytest.raises(StoredBroken):
        open_text(sealed[:place] + other + sealed[place + 1 :])


def test_a_sealed_text_written_otherwise_but_decoding_alike_is_noticed() -> None:
    sealed = next(text for text in map(seal_text, ("a", "ab", "abc")) if text.endswith("=="))
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    spare_bit_set = alphabet[alphabet.index(sealed[-3]) + 1]
    respelt = f"{sealed[:-3]}{spare_bit_set}=="
    assert base64.b64decode(respelt.split(":")[2]) == base64.b64decode(sealed.split(":")[2])
    with pytest.raises(StoredBroken):
        open_text(respelt)
    version, name, body = sealed.split(":")
    with pytest.raises(StoredBroken):
        open_text(f"{version}:{name.upper() if name != name.upper() else name + ' '}:{body}")


@given(st.text())
def test_text_that_is_not_sealed_is_refused(text: str) -> None:
    with pytest.raises(StoredBroken):
        open_text(text)


def test_hashes_are_equal_for_equal_texts_of_one_domain_only() -> None:
    assert keyed_hash("A123456789") == keyed_hash("A123456789")
    assert len(keyed_hash("A123456789")) == 64
    different = {keyed_hash("A123456789"), keyed_hash("A123456780"), keyed_hash("A123456789", "mailbox")}
    assert len(different) == 3


def test_a_hash_is_the_plain_hmac_so_that_what_was_kept_compares_with_what_comes() -> None:
    plain = hmac.new(secret("hash-key"), b"careward\0identifier\0A123456789", "sha256")
    assert keyed_hash("A123456789") == plain.hexdigest()


def test_hashes_of_two_installations_cannot_be_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = keyed_hash("A123456789")
    monkeypatch.setenv("CAREWARD_HOME", str(tmp_path / "elsewhere"))
    assert keyed_hash("A123456789") != here


def test_a_folder_that_was_there_keeps_its_mode_and_one_made_has_the_mode_asked_for(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    before = os.umask(0o077)
    try:
        made = folders.make_folder(tmp_path / "a" / "b", 0o755)
    finally:
        os.umask(before)
    folders.make_folder(tmp_path, 0o700)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path, made.parent, made)]
    assert modes == [0o750, 0o711, 0o755]


@pytest.mark.parametrize("variable", sorted(VARIABLES.values()))
def test_outside_a_demo_no_process_starts_without_any_one_of_the_secrets(variable: str) -> None:
    given = {
        name: base64.b64encode(os.urandom(32)).decode() for name in VARIABLES.values() if name != variable
    }
    settings = {
        "CAREWARD_DATABASE_URL": "postgresql://a@127.0.0.1:1/x",
        "DJANGO_SETTINGS_MODULE": "careward.settings.running",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CAREWARD_")}
    told = subprocess.run(
        [sys.executable, "-c", "import careward.settings.running"],
        env={**kept, **given, **settings}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode != 0
    assert f"{variable} is not set" in told.stderr
