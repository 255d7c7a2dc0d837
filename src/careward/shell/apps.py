"""Django application of the page frame."""

from django.apps import AppConfig


class ShellConfig(AppConfig):
    """Makes templates, tags and static files of the shell known."""

    name = "careward.shell"
    label = "shell"
