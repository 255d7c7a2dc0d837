"""What the outbox tells the packages above it."""

from django.dispatch import Signal

letter_sent = Signal()
"""A mail server has taken a letter; sent within the transaction that notes it. Argument: ``letter``."""
