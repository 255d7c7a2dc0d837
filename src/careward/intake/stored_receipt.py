"""A stored receipt gone through finding by finding: it may have a gigabyte, and memory holds one finding at a time."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

import ijson

from careward.intake.grouping import Found, Receipt, found_in
from careward.intake.models import Delivery
from careward.intake.receipts import open_receipt

Part = Mapping[str, Any]


class StoredReceipt:
    """The receipt of an answered delivery; ``groups`` are its rules, each with how many findings it has."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery
        self.groups: Sequence[Part] = Receipt.for_page(delivery).document["by_rule"]

    def findings(self) -> Iterator[tuple[Part, Part]]:
        """Each finding with its rule, in the receipt's order: errors before warnings, rule by rule."""
        with closing(self._items("by_rule.item.findings.item")) as every:
            for group in self.groups:
                for finding in islice(every, group["count"]):
                    yield group, finding

    def chosen(self, *, rule: str, line: str) -> Iterator[Found]:
        """As :meth:`Receipt.chosen`, in the order of the receipt."""
        every = (found_in(group, finding) for group, finding in self.findings())
        return (one for one in every if one.is_of(rule, line))

    def records(self) -> Iterator[Part]:
        """The rows that broke a rule, in the order of the file."""
        return self._items("by_record.item")

    def _items(self, place: str) -> Generator[Part]:
        with open_receipt(self._delivery, "json") as file:
            yield from ijson.items(file, place)
