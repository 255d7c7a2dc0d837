"""What a moved moment tells the packages above."""

from django.dispatch import Signal

moment_announced = Signal()
"""Letters are to be written because a moment was moved, or a move taken back. Argument: ``news``, a
:class:`careward.seasons.announcing.News`; sent within the transaction that notes it as announced."""
