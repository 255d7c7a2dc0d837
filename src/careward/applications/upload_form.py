"""The page that takes scans of one document: several at once, each refused for its own reason."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from careward.kernel.text import nfkc, seen
from careward.kernel.texts import text
from careward.shell.forms import PlainForm

LONGEST_SHOWN = 60
"""Signs of a file's name that a message repeats."""


def shown_name(name: str) -> str:
    """A file's name as a message repeats it."""
    return seen(nfkc(name))[:LONGEST_SHOWN]


class ScansInput(forms.FileInput):
    """A file box that takes several files."""

    allow_multiple_selected = True


class ScansField(forms.FileField):
    """One or more files, each looked into when it is taken and not before: an empty one too has its own word."""

    widget = ScansInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """Every chosen file; without any, the box asks for one."""
        given = data if isinstance(data, list | tuple) else [data]
        return [super(ScansField, self).clean(one, initial) for one in given or [None]]


class UploadForm(PlainForm):
    """Files of one document. How large each may be is known by who made the form; see :mod:`receiving`."""

    texts = "applications:upload"

    file = ScansField(max_length=255, allow_empty_file=True)

    def __init__(self, *args: Any, most: int, **kwargs: Any) -> None:
        """Let ``most`` files be chosen at once."""
        super().__init__(*args, **kwargs)
        self.most = most
        if most == 1:
            self.fields["file"].widget.attrs.pop("multiple", None)

    def clean_file(self) -> list[Any]:
        """Not more files at once than a document may have."""
        files: list[Any] = self.cleaned_data["file"]
        if len(files) > self.most:
            raise self.fault("too_many", most=self.most, found=len(files))
        return files

    def fail_file(self, name: str, code: str, message: str = "", **values: object) -> None:
        """Say of the file called ``name`` what is wrong: by ``code``, or in the words of ``message``."""
        says = message or self._worded("file", self.fault(code, **values)).message
        named = text("applications:upload.of_file", name=shown_name(name), says=says) if name else says
        forms.Form.add_error(self, "file", ValidationError(named, code=code or "refused"))
