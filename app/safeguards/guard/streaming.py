"""Sends an answer: whole, or part after part as fast as the client takes them.

The next part is asked for once the server has room for the one before, so a client that is slow
holds two of them, and neither a lane nor a connection to the database. Where the rest may not or
cannot follow, the answer ends without its end: the client sees that it is not whole.
"""

import logging
from asyncio import create_task
from typing import Any

from starlette.responses import Response

from app.core.bodies import Receive
from app.core.edge import Scope, Send
from app.core.logs import told
from app.safeguards.guard.answer import Answer
from app.safeguards.guard.carrying import carry_on

log = logging.getLogger("casework.guard")


class Streamed(Response):
    """`state` is that of the application: its house and its lanes."""

    media_type = "application/json"

    def __init__(self, answer: Answer, state: Any) -> None:
        self.answer, self.state = answer, state
        self.status_code, self.background = answer.status, None
        self.init_headers({**answer.headers, "content-type": self.media_type})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[override]
        head = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **head})
        if scope["state"].get("head_only"):
            await send({"type": "http.response.body", "body": b""})
            return
        leaving = create_task(gone(receive))
        try:
            await self.send_parts(leaving.done, send, scope["state"]["request_id"])
        finally:
            leaving.cancel()

    async def send_parts(self, left: Any, send: Send, request_id: object) -> None:
        answer = self.answer
        while answer.rest is not None and not left():
            await send({"type": "http.response.body", "body": answer.body, "more_body": True})
            try:
                rest = self.state.lanes.resume(carry_on, self.state.house, answer.rest)
                answer = await rest
            except Exception as failure:
                extra = {"request_id": request_id, **told(failure)}
                log.warning("stream ended before its end", extra=extra)
                return
        if answer.rest is None:
            await send({"type": "http.response.body", "body": answer.body})


async def gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
