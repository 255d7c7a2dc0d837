"""Locust users of the last minute: each sends one application, opens the mailed link, hands its document in, completes.

What each was shown is appended to the file named by ``DEADLINE_SHOWN``; who they are stands in ``DEADLINE_PLAN``.
"""

import json
import os
import random
import re
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import gevent
from locust import HttpUser, between, events, task
from locust.exception import StopUser
from requests.adapters import HTTPAdapter

PLAN = json.loads(Path(os.environ["DEADLINE_PLAN"]).read_text(encoding="utf-8"))
SHOWN = Path(os.environ["DEADLINE_SHOWN"])
MAIL = Path(os.environ["DEADLINE_MAIL"])
SCAN = Path(os.environ["DEADLINE_SCAN"]).read_bytes()
SPREAD = 40.0
"""Seconds of the last minute over which the first submissions are spread."""
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_REFERENCE = re.compile(r"115-[A-Z0-9]{4}-[A-Z0-9]")
_LINK = re.compile(r"http://[^/\s]+(/l/[^\s]+)")
_links: dict[str, str] = {}
_read: set[str] = set()
_waiting = list(enumerate(PLAN["applicants"]))


class FromOneAddress(HTTPAdapter):
    """Requests from a loopback address of the user's own: limits count by source."""

    def __init__(self, source: str) -> None:
        self.source = source
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, source_address=(self.source, 0), **options)


@events.test_start.add_listener
def _watch_mail(**_: Any) -> None:
    gevent.spawn(_watch)


def _watch() -> None:
    while True:
        for file in MAIL.glob("[!.]*.eml") if MAIL.is_dir() else ():
            if file.name not in _read:
                _read.add(file.name)
                message = message_from_bytes(file.read_bytes(), policy=policy.default)
                if message["X-Careward-Kind"] == "application_received_lacking":
                    body = message.get_body(("plain",))
                    found = _LINK.search(body.get_content()) if body else None
                    if found:
                        _links[str(message["To"])] = found.group(1)
        gevent.sleep(0.3)


class Applicant(HttpUser):
    """One institution."""

    wait_time = between(0, 0)

    def on_start(self) -> None:
        """Open the draft by its mailed link, before the minute that is measured."""
        self.number, self.who = _waiting.pop()
        self.client.mount(
            "http://", FromOneAddress(f"127.0.{2 + self.number // 250}.{1 + self.number % 250}")
        )
        self._send(self.who["draft"], {"code": self.who["code"]}, "prepare: open the draft")

    def _send(self, path: str, answers: dict[str, str], name: str, files: Any = None) -> Any:
        page = self.client.get(path, name=f"GET {name}")
        token = _TOKEN.search(page.text)
        assert token is not None, f"{path}: no form, {page.status_code}"
        sent = {**answers, "csrfmiddlewaretoken": token[1]}
        headers = {"Referer": self.client.base_url + path}
        return self.client.post(path, sent, files=files, headers=headers, name=f"POST {name}")

    @task
    def last_minute(self) -> None:
        """Submit, read the letter, hand in, complete; note what the page showed."""
        gevent.sleep(max(0.0, PLAN["begins_in"]) + random.random() * SPREAD)
        receipt = self._send("/apply/check/", {"notice_read": "on", "declared": "on"}, "submit")
        reference = _REFERENCE.search(receipt.text) if receipt.url.endswith("/apply/receipt/") else None
        if reference is None:
            self._note(None, completed=False)
            raise StopUser
        completed = self._hand_in()
        self._note(reference.group(), completed=completed)
        raise StopUser

    def _hand_in(self) -> bool:
        for _ in range(200):
            if self.who["mailbox"] in _links:
                break
            gevent.sleep(0.3)
        else:
            return False
        self._send(_links[self.who["mailbox"]], {"code": self.who["code"]}, "open the link")
        scan = {"file": ("scan.pdf", SCAN, "application/pdf")}
        self._send("/application/documents/institution_commitment/", {}, "hand in", files=scan)
        done = self._send("/application/complete/", {"code": self.who["code"]}, "complete")
        return done.url.endswith("/application/") and done.status_code == 200

    def _note(self, reference: str | None, *, completed: bool) -> None:
        with SHOWN.open("a", encoding="utf-8") as file:
            line = {"mailbox": self.who["mailbox"], "reference": reference, "completed": completed}
            file.write(json.dumps(line) + "\n")
