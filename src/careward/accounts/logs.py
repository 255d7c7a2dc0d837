"""Keeping tokens of mailed links out of logs.

Source: security-baseline.md, "Mailed links" 5 (tokens masked in logs).
"""

import logging
import re
from typing import Final

MASK: Final = "/l/***/"
_TOKEN: Final = re.compile(r"/l/[^/\s\"'?#<>]+/?")


def masked(text: str) -> str:
    """The text with the token of every mailed address replaced."""
    return _TOKEN.sub(MASK, text)


class MaskTokens(logging.Filter):
    """A filter for handlers: masks mailed addresses in messages and tracebacks, drops nothing."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask one record in place."""
        message = record.getMessage()
        if "/l/" in message:
            record.msg, record.args = masked(message), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = masked(record.exc_text)
        if record.stack_info:
            record.stack_info = masked(record.stack_info)
        return True
