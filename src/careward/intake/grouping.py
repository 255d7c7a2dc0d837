"""A stored receipt read back for the page: its findings one by one, by rule and by record."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from careward.intake.models import Delivery, WarningConfirmation
from careward.intake.receipts import PAGE, is_long, receipt_in
from careward.store.objects import StoredMissing


@dataclass(frozen=True, slots=True)
class Found:
    """One finding at one place; ``line`` None is the file as a whole, ``label`` the field's Chinese name.

    ``mark`` is what a warning is known by, empty in receipts from before there were marks. ``confirmed`` is added
    where the page asks for it: it may be newer than the receipt.
    """

    line: int | None
    record_key: str | None
    label: str | None
    rule: str
    warns: bool
    found: str
    what: str
    expected: str
    how: str
    mark: str = ""
    confirmed: WarningConfirmation | None = None

    def is_of(self, rule: str, line: str) -> bool:
        """Whether it is of one rule and of one line; ``whole`` is the file as a whole, empty texts are all."""
        return (not rule or self.rule == rule) and (not line or line == str(self.line or "whole"))


@dataclass(frozen=True, slots=True)
class OfRule:
    """All findings of one rule."""

    rule: str
    label: str | None
    family_label: str
    warns: bool
    why: str
    count: int


@dataclass(frozen=True, slots=True)
class OfRecord:
    """All findings of one row of the file."""

    line: int | None
    record_key: str | None
    labels: tuple[str, ...]
    count: int


_SHOWN: Final = ("line", "record_key", "found", "what", "expected", "how")


def found_in(group: Mapping[str, Any], finding: Mapping[str, Any]) -> Found:
    """A finding of a receipt's document, with what its rule says."""
    return Found(
        label=group["label"],
        rule=group["rule"],
        warns=group["warns"],
        mark=finding.get("mark") or "",
        **{name: finding[name] for name in _SHOWN},
    )


@dataclass(frozen=True)
class Receipt:
    """The document as :func:`careward.checking.receipt.report.receipt_document` made it."""

    document: Mapping[str, Any]

    @classmethod
    def of(cls, delivery: Delivery) -> "Receipt":
        """Read the receipt of an answered delivery whole."""
        return cls(json.loads(receipt_in(delivery, "json")))

    @classmethod
    def for_page(cls, delivery: Delivery) -> "Receipt":
        """Read what a page can show of it: the first of each rule where there are too many."""
        try:
            return cls(json.loads(receipt_in(delivery, PAGE))) if is_long(delivery) else cls.of(delivery)
        except StoredMissing:  # checked before there were such pages
            return cls.of(delivery)

    @property
    def shortened(self) -> int | None:
        """How many of each rule are shown, where not all are."""
        most: int | None = self.document.get("shortened")
        return most

    @property
    def counted(self) -> Mapping[str, int]:
        """How many findings, rules and rows there are, however many are shown."""
        counts = self.document["counts"]
        return {
            "line": counts["errors"] + counts["warnings"],
            "rule": counts["rules"],
            "record": counts["records"],
        }

    @cached_property
    def findings(self) -> Sequence[Found]:
        """Every finding, in the order of the file; those of the whole file first."""
        found = [
            found_in(group, finding) for group in self.document["by_rule"] for finding in group["findings"]
        ]
        return sorted(found, key=lambda one: one.line or 0)

    @cached_property
    def by_rule(self) -> Sequence[OfRule]:
        """The rules that were broken, errors before warnings."""
        shared = ("rule", "label", "family_label", "warns", "why", "count")
        return [OfRule(**{name: group[name] for name in shared}) for group in self.document["by_rule"]]

    @cached_property
    def by_record(self) -> Sequence[OfRecord]:
        """The rows that broke a rule, in the order of the file, each with the fields to look at."""
        labels = {group.rule: group.label or group.rule for group in self.by_rule}
        return [
            OfRecord(
                record["line"],
                record["record_key"],
                tuple(dict.fromkeys(labels[broken["rule"]] for broken in record["rules"])),
                len(record["rules"]),
            )
            for record in self.document["by_record"]
        ]

    @property
    def adaptations(self) -> Sequence[Mapping[str, Any]]:
        """What was read although it was not written as the specification says."""
        told: Sequence[Mapping[str, Any]] = self.document["adaptations"]
        return told

    def chosen(self, *, rule: str, line: str) -> Sequence[Found]:
        """Findings of one rule, or of one line, as :meth:`Found.is_of` tells them."""
        return [one for one in self.findings if one.is_of(rule, line)]
