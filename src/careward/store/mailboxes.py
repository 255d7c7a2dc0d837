"""A cell that holds an e-mail address; apart from the other cells, which know no Django."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from careward.kernel.texts import text
from careward.store.cells import Wrong


def mailbox(written: str) -> str:
    """An e-mail address, in lower case. Raises :class:`Wrong`."""
    address = written.replace(" ", "").lower()
    try:
        validate_email(address)
    except ValidationError as refused:
        raise Wrong(text("store:tables.faults.mailbox", found=written)) from refused
    return address
