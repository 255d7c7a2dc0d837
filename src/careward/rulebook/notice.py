"""What people are told before their personal data are taken, in versions that are kept. Source: 個人資料保護法 §8."""

from typing import Final

from careward.rulebook.values import ById, Entry, Frozen, Text

SIX_ITEMS: Final = ("collector", "purpose", "categories", "use", "rights", "refusal")
"""The six the law asks for, in its order; every notice says exactly these."""


class NoticeFacts(Entry):
    """Which notice it is; ``version`` is kept with every application that was sent under it."""

    id: str
    version: Text
    title: Text


class NoticeItem(Entry):
    """One of the six: what it is called, what is said."""

    id: str
    label: Text
    text: Text


class Notice(Frozen):
    """One file of rules/notices."""

    notice: NoticeFacts
    items: ById[NoticeItem]

    @property
    def in_order(self) -> tuple[NoticeItem, ...]:
        """The six, as the law counts them."""
        return tuple(self.items[name] for name in SIX_ITEMS)
