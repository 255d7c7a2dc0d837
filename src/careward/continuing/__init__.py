"""Continuing institutions 延續: invitation, consent, change, reminders, and who did not answer."""
