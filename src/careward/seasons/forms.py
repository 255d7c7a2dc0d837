"""Moving a moment: what, where, to when and why; then the same again, typed."""

import re
from datetime import datetime, time, timedelta
from typing import Any

from django import forms

from careward.kernel.clock import TAIPEI
from careward.kernel.text import squeeze
from careward.kernel.texts import text
from careward.rulebook import NATIONWIDE, Season, current
from careward.shell.forms import PlainForm, RocDateField

_CLOCK = re.compile(r"([01]?\d|2[0-4])[:：]([0-5]\d)")
ALL = "all"


class MoveForm(PlainForm):
    """One moment of a season and its new time."""

    texts = "seasons:move"
    moment = forms.ChoiceField()
    place = forms.ChoiceField()
    day = RocDateField()
    clock = forms.CharField(max_length=8)
    reason = forms.CharField(max_length=200)

    def __init__(self, season: Season, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        moment, place = self.fields["moment"], self.fields["place"]
        assert isinstance(moment, forms.ChoiceField)
        assert isinstance(place, forms.ChoiceField)
        choose = [("", text("shell:choose"))]
        moment.choices = choose + [(one.code, one.label) for one in season.in_order]
        counties = [(county.code, county.name) for county in current().counties.values()]
        place.choices = [*choose, (ALL, text("seasons:nationwide")), *counties]

    def clean_place(self) -> str:
        """A county's code, "" for all."""
        place = str(self.cleaned_data["place"])
        return NATIONWIDE if place == ALL else place

    def clean_clock(self) -> timedelta:
        """Hours and minutes from the day's beginning; 24:00 is its end."""
        found = _CLOCK.fullmatch(squeeze(str(self.cleaned_data["clock"])))
        if found is None:
            raise self.fault("clock")
        since = timedelta(hours=int(found[1]), minutes=int(found[2]))
        if since > timedelta(days=1):
            raise self.fault("clock")
        return since

    @property
    def at(self) -> datetime:
        """The new moment, once the form is valid."""
        begins = datetime.combine(self.cleaned_data["day"], time(), tzinfo=TAIPEI)
        since: timedelta = self.cleaned_data["clock"]
        return begins + since


class TypedForm(PlainForm):
    """The name of the place, typed, so that nobody moves the whole country's deadline by a slip."""

    texts = "seasons:typed"
    typed = forms.CharField(max_length=20)

    def __init__(self, expected: str, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.expected = expected

    def clean_typed(self) -> str:
        """The same name, 臺 and 台 alike."""
        typed = squeeze(str(self.cleaned_data["typed"]))
        if _plain(typed) != _plain(self.expected):
            raise self.fault("differs", expected=self.expected)
        return typed


def _plain(name: str) -> str:
    return squeeze(name).translate({0x53F0: 0x81FA})
