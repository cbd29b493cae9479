"""OPTIONS is a GET whose answer is kept back: the same wall and evidence, then what is allowed."""

from collections.abc import Callable, Iterable

from app.core.bodies import Message, Receive
from app.core.edge import App, Scope, Send


class Options:
    """`methods` says what a path answers to; where GET is not among it, the application decides."""

    def __init__(self, app: App, methods: Callable[[str], Iterable[str]]) -> None:
        self.app, self.methods = app, methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        methods = self.methods(scope["path"]) if scope.get("method") == "OPTIONS" else ()
        if "GET" not in methods:
            await self.app(scope, receive, send)
            return
        allow, kept_back = (b"allow", ", ".join(sorted(methods)).encode()), False

        async def tell(message: Message) -> None:
            nonlocal kept_back
            if message["type"] == "http.response.start":
                scope["endpoint"] = asked.get("endpoint")  # for who judges and watches outside
                kept_back = message["status"] < 300
                head = {"status": 204, "headers": []} if kept_back else {}
                message = {**message, **head}
                message["headers"] = [*message["headers"], allow]
            elif kept_back:
                if message.get("more_body", False):
                    return
                message = {**message, "body": b""}
            await send(message)

        # Of a stream nothing follows, as for HEAD.
        state = {**scope.get("state", {}), "head_only": True}
        asked = {**scope, "method": "GET", "state": state}
        try:
            await self.app(asked, receive, tell)
        finally:
            scope["endpoint"] = asked.get("endpoint")
