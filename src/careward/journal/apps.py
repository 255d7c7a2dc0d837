"""Django's name for the journal."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    """The event tables lie with the models they follow; the journal's own tables seal them."""

    name = "careward.journal"
    label = "journal"
