"""Notifications of undeliverable mail, as mail servers write them (RFC 3464)."""

from uuid import UUID, uuid4

from careward.correspondence.models import Letter

LETTER = uuid4()
"""A letter nobody sent."""


def dsn(
    letter: UUID = LETTER, recipient: str = "office@example.org", status: str = "5.1.1", *,
    action: str = "failed", verp: bool = False, round_: str = "",
) -> bytes:  # fmt: skip
    """What came back about a letter; ``verp`` names it in the envelope's address, not in what is returned."""
    report = f"Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; {recipient}\n"
    report += f"Action: {action}\nStatus: {status}\nDiagnostic-Code: smtp; 550 no such user\n"
    name = f"{letter}{round_}"
    to = f"bounces+{name}@careward.example" if verp else "bounces@careward.example"
    returned = "Subject: x\n" if verp else f"Message-ID: <{name}@careward.example>\nSubject: x\n"
    return (
        f"From: MAILER-DAEMON@mx.example.org\nTo: {to}\nSubject: Undelivered\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="=B"\n\n'
        "--=B\nContent-Type: text/plain\n\nSorry.\n"
        f"--=B\nContent-Type: message/delivery-status\n\n{report}\n"
        f"--=B\nContent-Type: text/rfc822-headers\n\n{returned}\n--=B--\n"
    ).encode()


def state(letter: Letter) -> tuple[str, str]:
    """Its state and the code of the bounce, as they stand now."""
    letter.refresh_from_db()
    return letter.state, letter.bounce_code
