"""What the OpenAPI file says of an operation: problems, headers, and the forms of its schema."""

from typing import Any, get_args

import pytest
from pydantic import BaseModel

from app.core.problems import PROBLEM_CONTENT
from app.insight.schemas import EventOut, EventSummaryOut, TechnicalEventOut
from app.registry.people.schemas import PersonOut
from app.safeguards.access.policy import ROLES
from app.safeguards.guard import described
from app.safeguards.guard.agreed import by_agreement, envelope
from app.safeguards.guard.described import (
    WithRights,
    as_described,
    parameters,
    responses,
    with_readers,
)
from app.safeguards.guard.shown import Abridged, Out, Page, Representation
from app.safeguards.guard.summaries import forms_of

TAG = {"description": "of this state of the record, for If-Match", "schema": {"type": "string"}}
PLACE = {
    "description": "where the new record is read",
    "schema": {"type": "string", "format": "uri-reference"},
}
READING = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    503: "Service Unavailable",
}
WRITING = {**READING, 409: "Conflict", 412: "Precondition Failed"}
CHANGING = {**WRITING, 428: "Precondition Required"}


class Plain(BaseModel):
    name: str


class Counted(Page[Plain]):
    times: int


@pytest.mark.parametrize(
    ("method", "problems"),
    [("GET", READING), ("POST", WRITING), ("DELETE", WRITING), ("PATCH", CHANGING)],
)
def test_each_method_has_its_problems(method: str, problems: dict[int, str]) -> None:
    assert responses(method, 200, Plain, {}) == {
        status: {"description": phrase, "content": PROBLEM_CONTENT}
        for status, phrase in problems.items()
    }


@pytest.mark.parametrize(
    ("status", "out", "headers"),
    [
        (200, PersonOut, {"ETag": TAG}),
        (201, PersonOut, {"ETag": TAG, "Location": PLACE}),
        (201, Plain, {"Location": PLACE}),
        (201, Page[PersonOut], None),
        (200, Page[PersonOut], None),
    ],
)
def test_a_success_has_the_headers_of_its_schema(status: int, out: Any, headers: Any) -> None:
    told = responses("GET", status, out, {})
    assert told.get(status) == (headers and {"headers": headers})


def test_what_a_route_says_itself_goes_before() -> None:
    own = {404: {"description": "own"}, 200: {"description": "all"}}
    told = responses("GET", 200, PersonOut, own)
    assert (told[404], told[200]) == (own[404], own[200])
    assert told[401]["description"] == "Unauthorized"


KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "sent again with the same key, it is done once; what told a secret is 409",
    "schema": {"type": "string", "minLength": 1},
}
MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "ETag of the record as it was read; another by now is a 412",
    "schema": {"type": "string"},
}


def test_each_method_takes_its_headers() -> None:
    assert parameters("GET") == []
    assert parameters("POST") == [KEY, MATCH]
    assert parameters("DELETE") == [MATCH]
    assert parameters("PATCH") == [{**MATCH, "required": True}]


# --- the forms of a schema ------------------------------------------------------------------------


def test_what_has_no_other_form_is_described_as_it_is() -> None:
    for one in (None, 7, int, list[int], Plain, Page[Plain], Page, Counted):
        assert as_described(one) is one


def test_what_is_abridged_is_described_in_each_form() -> None:
    forms = (EventOut, *dict.fromkeys(EventOut.summaries()))
    assert {EventSummaryOut, TechnicalEventOut} <= {*forms}
    assert get_args(as_described(EventOut)) == forms
    (items,) = get_args(as_described(Page[EventOut]).model_fields["items"].annotation)
    assert get_args(items) == forms


def test_what_is_shown_by_agreement_is_described_in_part_too() -> None:
    in_parts = [
        described.in_part(shape)
        for role in ROLES
        if by_agreement(PersonOut.of, role)
        for shape in forms_of(PersonOut, role)
    ]
    assert in_parts
    assert described.forms_in_part(PersonOut) == in_parts
    forms = (PersonOut, *dict.fromkeys([*PersonOut.summaries(), *in_parts]))
    assert get_args(as_described(PersonOut)) == forms
    assert issubclass(PersonOut, Abridged)


def test_in_part_nothing_is_promised_but_what_every_record_shows() -> None:
    part = described.in_part(PersonOut)
    assert part.__name__ == "PersonOutInPart"
    assert part.__doc__ == "As far as the sharing agreements with the caller name its fields."
    assert part is described.in_part(PersonOut)
    assert not issubclass(part, Representation | Out)
    assert part.model_fields.keys() == PersonOut.model_fields.keys()
    whole, fewer = (one.model_json_schema(mode="serialization") for one in (PersonOut, part))
    kept = envelope(PersonOut.of)
    assert fewer["required"] == [name for name in whole["required"] if name in kept]
    assert {*fewer["required"]} < {*whole["required"]}
    assert fewer["properties"].keys() == whole["properties"].keys()


def test_readers_stand_beside_an_answer() -> None:
    text, ids = {"type": "string"}, {"type": "string", "format": "uuid"}
    unit = {"anyOf": [ids, {"type": "null"}]}
    relations = {"type": "array", "items": text, "description": "the widest first"}
    form = {"enum": ["whole", "summary"]}

    def exactly(**properties: Any) -> dict[str, Any]:
        return {"type": "object", "required": [*properties], "properties": properties}

    withheld = {"type": "array", "items": text, "description": "fields, null to them"}
    record = exactly(id=ids, form=form, relations=relations, withheld=withheld)
    records = {"type": "array", "items": record}
    item = exactly(user_id=ids, role=text, unit_id=unit, records=records)
    policy = {**text, "description": "its digest: by this one they are judged"}
    then = {"anyOf": [text, {"type": "null"}], "description": "under which one acted then"}
    items = {"type": "array", "items": item}
    readers = exactly(policy=policy, policy_then=then, items=items)
    content = {"application/json": {"schema": {"properties": {"readers": readers}}}}
    assert with_readers({404: {}}) == {404: {}, 200: {"content": content}}
    beside: dict[str, Any] = {"headers": {"ETag": {}}, "content": {"text/html": {}}}
    assert with_readers({200: beside})[200] == {"headers": {"ETag": {}}, "content": content}
    ((kind, asked),) = [get_args(WithRights)]
    said = "with as_of, for auditors: also who could have read this then"
    assert (kind, asked.description) == (bool, said)
