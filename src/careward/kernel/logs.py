"""Log lines for programs: one JSON object a line, with everything that was said beside the message."""

import json
import logging
from datetime import UTC, datetime
from typing import Final

_OF_EVERY_RECORD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLine(logging.Formatter):
    """Writes time (ISO 8601 with offset), level, logger, event and each ``extra`` field."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the fields hold."""
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
        }
        told |= {name: value for name, value in vars(record).items() if name not in _OF_EVERY_RECORD}
        if record.exc_info:
            told["fault"] = record.exc_text or self.formatException(record.exc_info)
        return json.dumps(told, default=str)
