"""The OpenAPI file says what is answered: problems, headers and media types among it."""

import json
import re
from typing import Any

from app.core.texts import fault_in
from tests.architecture.test_routes import application, described, walked
from tests.conftest import World

PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def operations(world: World) -> list[tuple[str, str, Any, dict[str, Any]]]:
    """Behind the guard: method, path, door and what the file says."""
    app = application(world)
    told = described(app)
    return [(m, path, door, told[m, path]) for m, path, door, _ in walked(app) if door]


def headers(operation: dict[str, Any]) -> dict[str, bool]:
    given = operation.get("parameters", [])
    return {one["name"]: one.get("required", False) for one in given if one["in"] == "header"}


def test_every_operation_tells_its_problems(world: World) -> None:
    spec = application(world).openapi()
    assert "ValidationError" not in json.dumps(spec)
    shared = spec["components"]["responses"]
    for method, path, _, operation in operations(world):
        expected = {"400", "401", "403", "404", "414", "422", "429", "431", "503"}
        expected |= {"409", "412"} if method != "GET" else set()
        # Of a closed case; of a log that has not come to it.
        later = path.endswith(("/moves", "/proof", "/audit-bundle"))
        expected |= {"409"} if later else set()
        expected |= {"428"} if method == "PATCH" else set()
        expected |= {"408", "413", "415"} if "requestBody" in operation else set()
        told = {s: one["$ref"] for s, one in operation["responses"].items() if "$ref" in one}
        assert set(told) == expected, f"{method} {path}"
        for status, place in told.items():
            answer = shared[place.rpartition("/")[2]]
            assert answer["content"] == PROBLEM
            assert ("Retry-After" in answer.get("headers", {})) == (status in {"429", "503"})


def test_what_the_edge_refuses_stands_with_public_operations_too(world: World) -> None:
    told = described(application(world))
    assert {"400", "408", "413", "414", "415", "429", "431", "503"} <= set(
        told["POST", "/v1/token"]["responses"]
    )
    alive = set(told["GET", "/healthz"]["responses"])
    assert alive == {"200", "400", "414", "431", "503"}  # it is not throttled
    ready = told["GET", "/readyz"]["responses"]["503"]
    assert "application/json" in ready["content"]


def test_the_problem_schema_is_what_a_problem_looks_like(world: World) -> None:
    schema = application(world).openapi()["components"]["schemas"]["Problem"]
    body = world.as_("social_worker")("POST", "/v1/cases", json={"wish": 1}).json()
    assert set(schema["required"]) <= set(body) <= set(schema["properties"])
    fault = schema["properties"]["errors"]["items"]
    assert set(body["errors"][0]) == set(fault["required"]) == set(fault["properties"])
    extra = {"current", "allowed", "unmet"}
    assert extra <= set(schema["properties"]) - set(schema["required"])


def test_headers_are_described(world: World) -> None:
    for method, path, _, operation in operations(world):
        told, place = headers(operation), f"{method} {path}"
        assert ("Idempotency-Key" in told) == (method == "POST"), place
        assert told.get("If-Match") == {"PATCH": True, "POST": False}.get(method), place
        assert not told.get("Idempotency-Key"), place


def success(operations: list[Any], method: str, path: str) -> dict[str, Any]:
    (found,) = [op for m, p, _, op in operations if (m, p) == (method, path)]
    (status,) = [status for status in found["responses"] if status.startswith("2")]
    answer: dict[str, Any] = found["responses"][status]
    return answer


def test_etag_and_location_stand_where_they_come(world: World) -> None:
    told = operations(world)
    case = success(told, "POST", "/v1/cases")
    assert set(case["headers"]) == {"ETag", "Location"}
    assert "schema" in case["content"]["application/json"]
    assert set(success(told, "GET", "/v1/cases/{case_id}")["headers"]) == {"ETag"}
    assert set(success(told, "PATCH", "/v1/cases/{case_id}")["headers"]) == {"ETag"}
    assert set(success(told, "POST", "/v1/clients")["headers"]) == {"Location"}
    assert "headers" not in success(told, "GET", "/v1/cases")
    assert "headers" not in success(told, "GET", "/v1/me/sessions")


def test_every_list_is_told_in_pages(world: World) -> None:
    whole = application(world).openapi()
    lists = {}
    for path, methods in whole["paths"].items():
        answers = methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        named = answers.get("application/json", {}).get("schema", {}).get("$ref", "")
        schema = whole["components"]["schemas"].get(named.rpartition("/")[2], {})
        if {"items", "next"} <= schema.get("properties", {}).keys():
            lists[path] = {one["name"] for one in methods["get"].get("parameters", [])}
    assert {"/v1/cases", "/v1/roles", "/v1/instruments", "/v1/me/sessions"} <= lists.keys()
    whole_at_once = {path for path, taken in lists.items() if not {"limit", "cursor"} <= taken}
    assert whole_at_once == {
        "/v1/policy",
        "/v1/cases/{case_id}/tracks/{track}/moves",
        "/v1/people/{person_id}/possible-duplicates",
    }


def test_a_change_may_be_sent_as_merge_patch(world: World) -> None:
    for method, path, _, operation in operations(world):
        content = operation.get("requestBody", {}).get("content", {})
        merge = content.get("application/merge-patch+json")
        assert merge == (content["application/json"] if method == "PATCH" else None), path


def fields(world: World, schema: str) -> dict[str, Any]:
    found: dict[str, Any] = application(world).openapi()["components"]["schemas"][schema]
    properties: dict[str, Any] = found["properties"]
    return properties


def test_what_no_text_may_hold_is_stated(world: World) -> None:
    stated = re.compile(fields(world, "NoteIn")["text"]["pattern"])
    signs = [chr(one) for one in range(0x3000)]
    assert [sign for sign in signs if not stated.search(f"a{sign}b")] == [
        sign for sign in signs if fault_in(sign)
    ]
    within = fields(world, "PathwayIn")["members"]["items"]
    assert within["pattern"] == stated.pattern


def test_the_first_and_the_last_day_are_stated(world: World) -> None:
    stated = re.compile(fields(world, "NoteIn")["occurred_on"]["pattern"])
    assert all(map(stated.search, ("1900-01-01", "1999-12-31", "2199-12-31")))
    assert not any(map(stated.search, ("1899-12-31", "2200-01-01", "2000-13-01", "2000-01-32")))


def test_a_change_leaves_alone_what_it_does_not_name(world: World) -> None:
    for method, path, _, operation in operations(world):
        if method == "PATCH":
            content = operation["requestBody"]["content"]["application/json"]
            named = fields(world, content["schema"]["$ref"].rpartition("/")[2])
            assert not [name for name, one in named.items() if "default" in one], path


def test_what_a_change_may_not_empty_is_never_null(world: World) -> None:
    kept = {
        "CaseChange": "lead_worker_id",
        "TaskChange": "due_on",
        "PersonChange": "birth",
        "AppointmentIn": "role",
    }
    for schema, name in kept.items():
        assert "null" not in json.dumps(fields(world, schema)[name]), schema
    assert "null" in json.dumps(fields(world, "CaseChange")["need_level"])


def test_what_no_query_may_hold_is_stated(world: World) -> None:
    (found,) = [op for m, p, _, op in operations(world) if (m, p) == ("GET", "/v1/cases")]
    (number,) = [one for one in found["parameters"] if one["name"] == "number"]
    stated = re.compile(number["schema"]["anyOf"][0]["pattern"])
    send = world.as_("social_worker")
    for sign in ("\0", "\ufffd"):
        refused = send("GET", "/v1/cases", params={"number": f"a{sign}b"})
        assert refused.json()["errors"][0]["code"] == "not-text"
        assert not stated.search(f"a{sign}b")
    assert stated.search("A-12 Бб")
