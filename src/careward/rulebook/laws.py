"""Articles by the numbering in force on a day, so that an offence is matched by its date (rules/laws.yaml)."""

from datetime import date

from careward.rulebook.values import ById, Day, Entry, Frozen, Text


class Numbering(Entry):
    """How an article was numbered and worded from `valid_from` to `valid_to`; one left out means open on that side."""

    valid_from: Day | None = None
    valid_to: Day | None = None
    numbered: Text
    about: Text

    def holds_on(self, day: date) -> bool:
        """Whether this numbering was in force on a day."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_to is None or day <= self.valid_to)


class Article(Entry):
    """An offence or a penalty provision under the id that facts use."""

    id: str
    law: Text
    numberings: tuple[Numbering, ...]

    def on(self, day: date) -> Numbering | None:
        """Return the numbering in force on a day; None when the id names no article of that day."""
        return next((numbering for numbering in self.numberings if numbering.holds_on(day)), None)

    @property
    def title(self) -> str:
        """Law and number as people cite it, in the latest numbering."""
        return f"{self.law}{self.numberings[-1].numbered}"


class Laws(Frozen):
    """laws.yaml."""

    offences: ById[Article]
    penalties: ById[Article]
