"""Lines for programs: whatever is said, one JSON object."""

import json
import logging

from hypothesis import given
from hypothesis import strategies as st

from careward.kernel.logs import JsonLine


@given(
    message=st.text(),
    fields=st.dictionaries(st.sampled_from(["source", "bytes_in"]), st.text() | st.integers()),
)
def test_whatever_is_said_is_one_line_of_json(message: str, fields: dict[str, str | int]) -> None:
    record = logging.makeLogRecord({"name": "x", "levelname": "INFO", "msg": message, **fields})
    line = JsonLine().format(record)
    assert len(line.splitlines()) == 1
    told = json.loads(line)
    assert told["event"] == message
    assert {name: told[name] for name in fields} == fields
    assert told["time"].endswith("+00:00")
