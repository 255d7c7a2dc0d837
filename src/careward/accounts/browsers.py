"""What kind of browser somebody uses, as far as it says so: to tell one's own devices apart, never to decide.

Only the family and the system are told; versions change by themselves and would say more than anybody needs.
"""

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest

from careward.kernel.texts import text

# In this order: most browsers claim to be the one they descend from.
_FAMILIES: Final = (
    ("line", ("Line/",)),
    ("edge", ("Edg/", "EdgA/", "EdgiOS/")),
    ("opera", ("OPR/",)),
    ("samsung", ("SamsungBrowser/",)),
    ("firefox", ("Firefox/", "FxiOS/")),
    ("chrome", ("Chrome/", "CriOS/", "Chromium/")),
    ("safari", ("Safari/",)),
)
_SYSTEMS: Final = (
    ("ios", ("iPhone", "iPad")),
    ("android", ("Android",)),
    ("windows", ("Windows",)),
    ("mac", ("Macintosh",)),
    ("chromeos", ("CrOS",)),
    ("linux", ("Linux",)),
)
OTHER: Final = "other"


@dataclass(frozen=True, slots=True)
class Browser:
    """A family of browsers on a system, each ``other`` where it says nothing that is known."""

    family: str
    system: str

    @property
    def label(self) -> str:
        """In words."""
        return text(
            "accounts:browsers.one",
            family=text(f"accounts:browsers.families.{self.family}"),
            system=text(f"accounts:browsers.systems.{self.system}"),
        )

    def __str__(self) -> str:
        return f"{self.family}/{self.system}"


def told_by(user_agent: str) -> Browser:
    """Read the browser's own line. Whatever it is, there is an answer."""
    return Browser(_first(_FAMILIES, user_agent), _first(_SYSTEMS, user_agent))


def of(request: HttpRequest) -> Browser:
    """The browser of a request."""
    return told_by(request.headers.get("User-Agent", ""))


def _first(known: tuple[tuple[str, tuple[str, ...]], ...], line: str) -> str:
    return next((name for name, marks in known if any(mark in line for mark in marks)), OTHER)
