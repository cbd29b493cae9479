"""The problems that many operations may answer with, told once in the OpenAPI file.

What is refused before a request reaches its operation (edge, wire, rates) stands with each
operation all the same: who calls one has to expect it.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from app.core.problems import PROBLEM_CONTENT
from app.core.rates import FREE

EDGE = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_URI_TOO_LONG,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
BODY = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)
RETRY = {"description": "seconds to wait", "schema": {"type": "integer"}}
LATER = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


def share(paths: Mapping[str, Any]) -> dict[str, Any]:
    """Puts references into the operations; the responses that these refer to."""
    shared: dict[str, Any] = {}
    for path, operations in paths.items():
        for operation in operations.values():
            answers = operation["responses"]
            for status in at_the_edge(path, operation):
                answers.setdefault(str(int(status)), told(status))
            for code, answer in answers.items():
                if code.isdigit() and answer.get("content") == PROBLEM_CONTENT:
                    name = f"Problem{code}"
                    shared[name] = told(HTTPStatus(int(code)))
                    answers[code] = {"$ref": f"#/components/responses/{name}"}
            operation["responses"] = dict(sorted(answers.items()))
    return dict(sorted(shared.items()))


def at_the_edge(path: str, operation: Mapping[str, Any]) -> tuple[HTTPStatus, ...]:
    body = BODY if "requestBody" in operation else ()
    return (*EDGE, *body, *(() if path in FREE else (HTTPStatus.TOO_MANY_REQUESTS,)))


def told(status: HTTPStatus) -> dict[str, Any]:
    headers = {"headers": {"Retry-After": RETRY}} if status in LATER else {}
    return {"description": status.phrase, **headers, "content": PROBLEM_CONTENT}
