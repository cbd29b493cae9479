"""Clients that write, and remember what they were told; each sends again until it knows."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import Event, Thread
from time import sleep
from typing import Any
from uuid import uuid4

from app.core.values import new_id
from tests.making import today

NOTE = {"kind": "social_work", "occurred_on": str(today()), "text": "written under fire"}


@dataclass
class Writer:
    """Notes on one case: by a key, or by an id that the client has chosen."""

    port: Callable[[], int]
    token: str
    case: str
    keyed: bool
    over: Event
    acknowledged: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)  # of which a word came the first time
    found_done: int = 0  # of which no word had come
    unavailable: int = 0
    faults: list[str] = field(default_factory=list)
    line: HTTPConnection | None = None

    def start(self) -> Thread:
        thread = Thread(target=self.work, daemon=True)
        thread.start()
        return thread

    def work(self) -> None:
        while not self.over.is_set() and not self.faults:
            headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
            note = dict(NOTE)
            if self.keyed:
                headers["Idempotency-Key"] = str(uuid4())
            else:
                note["id"] = str(new_id())
            self.insist(json.dumps(note), headers, note.get("id"))
        self.close()

    def insist(self, body: str, headers: dict[str, str], ours: str | None) -> None:
        """Until it is known to be there."""
        path, sure = f"/v1/cases/{self.case}/notes", True
        while not self.faults:
            try:
                status, told, more = self.ask(path, body, headers)
            except (OSError, HTTPException):
                self.close()
                sure = False
                sleep(0.05)
                continue
            if status == 201:
                note, again = json.loads(told)["id"], "idempotency-replayed" in more
                self.found_done += again
                self.acknowledged.add(note)
                if not again:
                    self.answered.add(note)
                return
            if status == 409 and ours and not sure:
                self.found_done += 1
                self.acknowledged.add(ours)
                return
            if status != 503 and json.loads(told)["code"] != "in-flight":
                self.faults.append(f"{status} {told[:300]!r}")
                return
            self.unavailable += 1
            sure = False
            sleep(0.02)

    def ask(self, path: str, body: str, headers: dict[str, str]) -> tuple[int, bytes, Any]:
        if self.line is None:
            self.line = HTTPConnection("127.0.0.1", self.port(), timeout=30)
        self.line.request("POST", path, body, headers)
        answer = self.line.getresponse()
        return answer.status, answer.read(), answer.headers

    def close(self) -> None:
        if self.line is not None:
            self.line.close()
            self.line = None
