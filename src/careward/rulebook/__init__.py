"""What a civil servant may change without a programmer, read from rules/ into frozen typed objects.

``current()`` is the rulebook of this process, read part by part; ``whole()`` the same, all of it read and held against
itself; ``load(folder)`` reads another. A rulebook that contradicts itself is refused with every problem's file, place
and reason.
"""

from careward.rulebook.book import Rulebook, current, load, whole
from careward.rulebook.errors import Problem, RulebookBroken
from careward.rulebook.moving import ANYWHERE, NATIONWIDE
from careward.rulebook.season import Moment, MovedMoment, Phase, Season
from careward.rulebook.values import UnknownCode

__all__ = [
    "ANYWHERE",
    "NATIONWIDE",
    "Moment",
    "MovedMoment",
    "Phase",
    "Problem",
    "Rulebook",
    "RulebookBroken",
    "Season",
    "UnknownCode",
    "current",
    "load",
    "whole",
]
