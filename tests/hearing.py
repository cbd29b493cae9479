"""Hears what the application tells beside its answers, in a whole run, and looks for secrets.

A canary is a value that a test sends and that only an answer may hold. Whatever a test calls so
must be in no line of log, no record of ours (with what it carries beside its text) and no problem.
"""

import asyncio
import logging
import re
import traceback
from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

from app.core.logs import OURS, Allowed
from app.core.problems import MEDIA_TYPE
from tests.transport import Straight

CANARY = "canary"


class Ears(logging.Handler):
    """Of one process; `told` grows, and nothing is searched before the end."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.told: list[tuple[str, str]] = []  # where it was said, and what
        self.secrets: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(("line", Allowed().format(record)))
        if record.name.split(".")[0] == OURS:
            failure = record.exc_info[1] if record.exc_info else None
            trace = traceback.format_exception(failure) if failure else ()
            self.told.append(("record", f"{record.__dict__} {''.join(trace)}"))

    def hear(self, answer: Any) -> None:
        """An answer is for its caller; a problem repeats nothing of what it was asked with."""
        kind = answer.headers.get("content-type", "")
        if kind.startswith(MEDIA_TYPE):
            self.told.append(("problem", answer.text))
        elif answer.request.url.path == "/v1/token" and answer.status_code == 200:
            given = answer.json()
            self.secrets |= {given[name] for name in TOKENS if given.get(name)}
        scheme, _, token = answer.request.headers.get("authorization", "").partition(" ")
        if scheme == "Bearer" and len(token) > LEAST:
            self.secrets.add(token)

    def leaks(self, since: int = 0) -> list[str]:
        """Where a canary or a token was told."""
        secret = self.telling()
        return [
            f"{where}: {text[:2000]}"
            for where, text in self.told[since:]
            if CANARY in text.lower() or secret(text)
        ]

    def telling(self) -> Callable[[str], bool]:
        """Whether one of the secrets stands in some word of a text: none holds what parts words."""
        lengths = sorted({len(one) for one in self.secrets})
        long = re.compile(rf"[^\s\"'=:,;]{{{lengths[0]},}}") if lengths else NOTHING
        known = dict[str, bool]()  # much is told again and again

        def secret(word: str) -> bool:
            return any(
                word[start : start + length] in self.secrets
                for length in lengths
                for start in range(len(word) - length + 1)
            )

        def tells(text: str) -> bool:
            for word in long.findall(text):
                if word not in known:
                    known[word] = secret(word)
                if known[word]:
                    return True
            return False

        return tells


TOKENS = ("access_token", "refresh_token")
NOTHING = re.compile(r"(?!)")
LEAST = 20  # characters; shorter ones are a test's own words
EARS = Ears()


async def that_runs() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


class Client(TestClient):
    """Lets the ears hear every answer."""

    def __init__(self, app: Any, client: tuple[str, int] = ("testclient", 50000), **more: Any):
        super().__init__(app, client=client, **more)
        self._transport = Straight(app, client, lambda: self.loop, lambda: self.app_state)

    def __enter__(self) -> "Client":
        super().__enter__()
        assert self.portal is not None
        self.loop = self.portal.call(that_runs)  # the application's lifespan, too
        return self

    def request(self, *arguments: Any, **more: Any) -> Any:
        answer = super().request(*arguments, **more)
        EARS.hear(answer)
        return answer
