"""Django's name for the journal."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    """The journal has no tables of its own: the event tables lie with the models they follow."""

    name = "careward.journal"
    label = "journal"
