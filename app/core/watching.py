"""Beside the edge: one line and one count for each request, with neither path nor query."""

import time
from collections.abc import Callable, Mapping, Sequence

from fastapi.routing import iter_route_contexts
from opentelemetry import trace
from starlette.routing import BaseRoute

from app.core import request_line
from app.core.bodies import Message, Receive
from app.core.edge import App, Scope, Send
from app.core.metrics import Metrics


def templates(routes: Sequence[BaseRoute]) -> dict[object, str]:
    """Endpoint → path as it was declared; an id in a path is nobody else's business."""
    return {one.endpoint: str(one.path) for one in iter_route_contexts(routes)}


class Watch:
    """`routes` as `templates` makes it; a request that reached none has the route `none`."""

    def __init__(
        self,
        app: App,
        routes: Mapping[object, str],
        metrics: Metrics,
        clock: Callable[[], float] = time.perf_counter,
        traced: bool = False,
    ) -> None:
        self.app, self.routes, self.metrics, self.clock = app, routes, metrics, clock
        self.traced = traced

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = self.clock(), 0

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if self.traced:  # the span ends with the last byte: afterwards is too late
                    request_id = str(scope["state"].get("request_id"))
                    trace.get_current_span().set_attribute("casework.request_id", request_id)
            await send(message)

        try:
            await self.app(scope, receive, seen)
        finally:
            self.tell(scope, status, self.clock() - started)

    def tell(self, scope: Scope, status: int, seconds: float) -> None:
        """Status 499 is a client that left before there was an answer."""
        route = self.routes.get(scope.get("endpoint"), "none")
        # A method is a word of the client's own choice, too.
        method = scope["method"] if scope["method"] in request_line.METHODS else "OTHER"
        status = status or 499
        request_id = scope["state"].get("request_id")
        self.metrics.count(method, route, status, seconds)
        request_line.tell(request_id, method, route, status, seconds)
