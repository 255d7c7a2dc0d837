"""A real IMAP server on loopback: Debian's dovecot over TLS, one user, one maildir."""

import mailbox
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from support.platform import free_port
from support.programs_setup import program
from support.waiting import until

USER, PASSWORD = "bounce", "a-password-of-the-tests"

CONFIGURATION = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
default_login_user = nobody
default_internal_user = nobody
default_internal_group = {group}
ssl = required
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:{folder}/box
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=nobody gid={group} home={folder}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service stats {{
  chroot =
}}
service anvil {{
  chroot =
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """A running server and the mailbox behind it."""

    port: int
    certificate: Path
    folder: Path

    def environment(self) -> dict[str, str]:
        """What the command needs to read the mailbox; SSL_CERT_FILE makes the server's own certificate trusted."""
        return {
            "CAREWARD_IMAP_HOST": "localhost",
            "CAREWARD_IMAP_PORT": str(self.port),
            "CAREWARD_IMAP_USER": USER,
            "CAREWARD_IMAP_PASSWORD": PASSWORD,
            "SSL_CERT_FILE": str(self.certificate),
        }

    def deliver(self, raw: bytes) -> None:
        """A new mail."""
        self._box().add(raw)
        self._own()

    def flags(self) -> list[str]:
        """The flags of each mail, S for seen, F for flagged, as they lie on the disk."""
        return sorted("".join(sorted(mail.get_flags())) for mail in self._box())

    def _box(self) -> mailbox.Maildir:
        return mailbox.Maildir(self.folder / "box", create=True)

    def _own(self) -> None:
        subprocess.run(["chown", "-R", "nobody", str(self.folder / "box")], check=True)


@contextmanager
def dovecot(folder: Path) -> Iterator[Dovecot]:
    """Start it in an empty folder; skips the test where it is not installed or we are not root, as it must be."""
    place = program("dovecot")
    if place is None or os.geteuid() != 0:
        pytest.skip("*** dovecot is not installed: `make programs` does it where it may ***")
    server = Dovecot(free_port(), _certificate(folder), folder)
    server._box()
    for above in (folder, *folder.parents):
        if above.stat().st_uid == 0 and not above.stat().st_mode & 0o001:
            above.chmod(above.stat().st_mode | 0o011)
    server._own()
    file = folder / "dovecot.conf"
    group = subprocess.run(["id", "-gn", "nobody"], capture_output=True, text=True, check=True).stdout.strip()
    file.write_text(CONFIGURATION.format(folder=folder, port=server.port, password=PASSWORD, group=group))
    process = subprocess.Popen([place, "-F", "-c", str(file)])
    try:
        until(lambda: "starting up" in _log(folder), 30, "dovecot says that it is up")
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)


def _log(folder: Path) -> str:
    file = folder / "log"
    return file.read_text(errors="replace") if file.is_file() else ""


def _certificate(folder: Path) -> Path:
    """A certificate of its own for localhost; its key beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    file = folder / "certificate.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return file
