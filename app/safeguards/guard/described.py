"""What the OpenAPI file says of every guarded operation: its problems and its headers."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from app.core.problems import PROBLEM_CONTENT
from app.safeguards.guard.shown import Out, Page

Responses = dict[int | str, dict[str, Any]]
TEXT = {"type": "string"}
ALWAYS = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
WRITING = (HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED)
TAG = {"description": "of this state of the record, for If-Match", "schema": TEXT}
PLACE = {
    "description": "where the new record is read",
    "schema": {**TEXT, "format": "uri-reference"},
}


def responses(method: str, status: int, out: type[BaseModel], own: Mapping[Any, Any]) -> Responses:
    """Those of the route itself, the headers of its success, and the problems it may meet."""
    statuses = [*ALWAYS, *(WRITING if method != "GET" else ())]
    if method == "PATCH":
        statuses.append(HTTPStatus.PRECONDITION_REQUIRED)
    told: Responses = {
        int(one): {"description": one.phrase, "content": PROBLEM_CONTENT} for one in statuses
    }
    headers = {"ETag": TAG} if issubclass(out, Out) else {}
    if status == HTTPStatus.CREATED and not issubclass(out, Page):
        headers["Location"] = PLACE
    return {**({status: {"headers": headers}} if headers else {}), **told, **own}


def parameters(method: str) -> list[dict[str, Any]]:
    found = []
    if method == "POST":
        text = "sent again with the same key, it is done once"
        found.append(header("Idempotency-Key", text, minLength=1))
    if method != "GET":
        text = "ETag of the record as it was read; another by now is a 412"
        found.append(header("If-Match", text, required=method == "PATCH"))
    return found


def header(name: str, text: str, *, required: bool = False, **rules: Any) -> dict[str, Any]:
    schema = {**TEXT, **rules}
    return {
        **{"name": name, "in": "header", "required": required},
        **{"description": text, "schema": schema},
    }
