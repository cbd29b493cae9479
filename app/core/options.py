"""OPTIONS is a GET whose answer is kept back: the same wall and evidence, then what is allowed.

Where a word stands at the place of an id, what is not for the word is not for a record either.
"""

from http import HTTPStatus

from app.core.bodies import Message, Receive
from app.core.decisions import decide
from app.core.edge import App, Scope, Send
from app.core.methods import Methods
from app.core.problems import plain, refusal


class Options:
    def __init__(self, app: App, methods: Methods) -> None:
        self.app, self.methods = app, methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, path = scope.get("method"), scope.get("path", "")
        of_word = self.methods.of_word(path)
        methods = self.methods.of(path) if method == "OPTIONS" else of_word
        allow = (b"allow", ", ".join(sorted(methods)).encode())
        if method == "OPTIONS" and "GET" in methods:
            await self.kept_back(scope, receive, send, allow)
        elif method == "OPTIONS" and of_word:  # says what the OpenAPI file says
            decide(scope, True)
            await send({"type": "http.response.start", "status": 204, "headers": [allow]})
            await send({"type": "http.response.body", "body": b""})
        elif of_word and method not in of_word:
            problem = plain(HTTPStatus.METHOD_NOT_ALLOWED, {})
            status, head, body = refusal(problem, scope["state"]["request_id"])
            start = {"type": "http.response.start", "status": status, "headers": [*head, allow]}
            await send(start)
            await send({"type": "http.response.body", "body": body})
        else:
            await self.app(scope, receive, send)

    async def kept_back(
        self, scope: Scope, receive: Receive, send: Send, allow: tuple[bytes, bytes]
    ) -> None:
        kept_back = False

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
