"""Whom a page tells its reader to call: the telephone numbers of the ministry's contact windows on it."""

from typing import Any

from careward.kernel import clock
from careward.rulebook import current


def is_page(answer: Any) -> bool:
    """Whether an answer is a whole page, neither a file nor a way on."""
    html = answer.headers.get("Content-Type", "").startswith("text/html")
    return html and not answer.streaming and b'id="main"' in answer.content


def windows_on(answer: Any) -> set[str]:
    """The institution types whose contact window the page names by its telephone."""
    shown = answer.content.decode()
    return {kind for kind, phone in current().windows_at(clock.now()).items() if f">{phone}</a>" in shown}
