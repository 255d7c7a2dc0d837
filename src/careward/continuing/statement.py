"""The text that is agreed to: made once, shown on the page, kept in the proof under its digest."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from django.template import Context, Template

from careward import rulebook
from careward.applications.rules import say
from careward.kernel.texts import text

if TYPE_CHECKING:
    from careward.continuing.models import Invitation


@dataclass(frozen=True, slots=True)
class Statement:
    """The words as shown, the version of their wording, and the personal-data notice that stands with them."""

    words: str
    version: str
    notice_version: str

    @property
    def sha256(self) -> str:
        """The digest that page, act and proof have in common."""
        return hashlib.sha256(self.words.encode()).hexdigest()

    @property
    def paragraphs(self) -> list[str]:
        """The words by line, for the page."""
        return [line for line in self.words.splitlines() if line.strip()]


def of_consent(invitation: "Invitation") -> Statement:
    """What 同意 says for this invitation now."""
    return _made("consent", invitation)


def of_taking_back(invitation: "Invitation") -> Statement:
    """What taking 同意 back says."""
    return _made("taking_back", invitation)


def _made(name: str, invitation: "Invitation") -> Statement:
    season = invitation.rules
    context = {
        "invitation": invitation,
        "institution": invitation.institution,
        "season": season,
        "before": int(season.code) - 1,
        "closes": say(season.moment("institution_window_closes").at),
    }
    words = _template(name).render(Context(context)).strip()
    return Statement(
        words="\n".join(line.rstrip() for line in words.splitlines() if line.strip()),
        version=text(f"continuing:statements.{name}"),
        notice_version=rulebook.current().notice(season.personal_data_notice.value).notice.version,
    )


@cache
def _template(name: str) -> Template:
    place = files("careward.continuing").joinpath("statements", f"{name}.txt")
    return Template("{% autoescape off %}" + place.read_text(encoding="utf-8") + "{% endautoescape %}")
