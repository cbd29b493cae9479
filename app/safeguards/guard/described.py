"""What the OpenAPI file says of every guarded operation: its schemas, problems and headers."""

from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any, get_args

from fastapi import Query
from pydantic import BaseModel, ConfigDict, create_model

from app.core.problems import PROBLEM_CONTENT
from app.safeguards.access.policy import ROLES
from app.safeguards.guard.agreed import by_agreement, envelope
from app.safeguards.guard.shown import Abridged, Out, Page, Representation
from app.safeguards.guard.summaries import forms_of

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
IDENTIFIER = {**TEXT, "format": "uuid"}
WithRights = Annotated[
    bool, Query(description="with as_of, for auditors: also who could have read this then")
]
READER: dict[str, Any] = {
    "user_id": IDENTIFIER,
    "role": TEXT,
    "unit_id": {"anyOf": [IDENTIFIER, {"type": "null"}]},
    "records": {
        "id": IDENTIFIER,
        "form": {"enum": ["whole", "summary"]},
        "relations": {"type": "array", "items": TEXT, "description": "the widest first"},
        "withheld": {
            "type": "array",
            "items": TEXT,
            "description": "fields, null to them",
        },
    },
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


def with_readers(told: Responses) -> Responses:
    """Beside the answer of a read that `rights_as_of` was asked of."""
    records = {"type": "array", "items": whole_object(READER["records"])}
    items = {"type": "array", "items": whole_object({**READER, "records": records})}
    policy = {**TEXT, "description": "its digest: by this one they are judged"}
    policy_then = {"anyOf": [TEXT, {"type": "null"}], "description": "under which one acted then"}
    readers = whole_object({"policy": policy, "policy_then": policy_then, "items": items})
    schema = {"properties": {"readers": readers}}
    content = {"content": {"application/json": {"schema": schema}}}
    return {**told, 200: {**told.get(200, {}), **content}}


def whole_object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": dict(properties)}


def parameters(method: str) -> list[dict[str, Any]]:
    found = []
    if method == "POST":
        text = "sent again with the same key, it is done once; what told a secret is 409"
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


def as_described(out: Any) -> Any:
    """The schema or any form of it that some role is shown, itself or in its page."""
    if not isinstance(out, type) or not issubclass(out, BaseModel):
        return out
    if issubclass(out, Page):
        (items,) = get_args(out.model_fields["items"].annotation)
        told = as_described(items)
        return out if told is items else Page[told]  # type: ignore[valid-type]
    if not issubclass(out, Abridged):
        return out
    found: Any = out
    in_parts = forms_in_part(out) if issubclass(out, Out) else []
    for form in dict.fromkeys([*out.summaries(), *in_parts]):
        found = found | form
    return found


def forms_in_part(out: type[Out]) -> list[type[BaseModel]]:
    """Of each schema in which a role is shown such a record by an agreement."""
    roles = [role for role in ROLES if by_agreement(out.of, role)]
    return [in_part(shape) for role in roles for shape in forms_of(out, role)]


@cache
def in_part(shape: type[Representation]) -> type[BaseModel]:
    """The same, of which an agreement may leave no more than what is shown of every record."""

    def fewer(schema: dict[str, Any]) -> None:
        kept = envelope(shape.of)
        schema["required"] = [name for name in schema["required"] if name in kept]

    fields: dict[str, Any] = {
        name: (info.annotation, info) for name, info in shape.model_fields.items()
    }
    return create_model(
        f"{shape.__name__}InPart",
        __doc__="As far as the sharing agreements with the caller name its fields.",
        __config__=ConfigDict(json_schema_extra=fewer),
        **fields,
    )
