"""Every failure is application/problem+json, whichever layer refuses, and repeats no value."""

import asyncio
import json
import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from app.core.bodies import Bodies
from app.core.decisions import decide
from app.core.edge import Edge
from app.core.logs import Allowed
from app.core.values import new_id
from tests.conftest import World

CANARY = "canary-of-a-value"
MISSING = "00000000-0000-7000-8000-000000000000"
JSON = {"Content-Type": "application/json"}


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    body: dict[str, Any] = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"] == f"/problems/{code}"
    assert body["title"]
    assert body["detail"]
    assert UUID(body["request_id"]) == UUID(answer.headers["X-Request-Id"])
    assert CANARY not in answer.text
    return body


def faults(body: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["pointer"], one["code"]) for one in body["errors"]}


def test_unknown_path(world: World) -> None:
    problem(world.client.get(f"/v1/{CANARY}"), 404, "not-found")
    problem(world.client.get("/v1/users/"), 404, "not-found")  # no redirect to any host
    problem(world.client.get(f"/v1/users%2F{MISSING}"), 404, "not-found")
    problem(world.client.get("/v1/users/%00"), 404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", f"/v1/users/{MISSING}", "GET, HEAD, OPTIONS, PATCH"),
        ("DELETE", "/v1/users", "GET, HEAD, OPTIONS, POST"),
        ("GET", "/v1/token", "OPTIONS, POST"),
        ("POST", "/healthz", "GET, HEAD, OPTIONS"),
        ("POST", "/openapi.json", "GET, HEAD, OPTIONS"),
    ],
)
def test_405_names_every_method(world: World, method: str, path: str, allowed: str) -> None:
    answer = world.client.request(method, path)
    problem(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == allowed
    asked = world.client.options(path)
    assert asked.headers["Allow"] == allowed
    if path.startswith("/v1/users"):  # whoever may not ask it is told no more than by GET
        problem(asked, 401, "unauthenticated")
    else:
        assert (asked.status_code, asked.content) == (204, b"")


def test_options_of_nothing_is_404(world: World) -> None:
    problem(world.client.options("/v1/nothing"), 404, "not-found")


def test_head_is_get_without_the_body(world: World) -> None:
    send = world.as_("administrator")
    got, head = send("GET", "/v1/units"), send("HEAD", "/v1/units")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == got.headers["Content-Length"]
    assert world.client.head("/v1/units").status_code == 401
    assert world.client.head("/v1/token").status_code == 405


def test_too_large_as_declared_and_as_sent(world: World) -> None:
    send, much = world.as_("administrator"), b" " * 1_048_577

    def chunks() -> Iterator[bytes]:
        for _ in range(20):
            yield b" " * 65_536

    problem(send("POST", "/v1/units", content=much, headers=JSON), 413, "too-large")
    problem(send("POST", "/v1/units", content=chunks(), headers=JSON), 413, "too-large")
    problem(send("GET", "/v1/units", content=chunks()), 413, "too-large")
    wrong = {**JSON, "Content-Length": "many"}
    problem(send("POST", "/v1/units", content=b"{}", headers=wrong), 400, "content-length")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_media_types_that_are_not_taken(world: World, headers: dict[str, str]) -> None:
    answer = world.as_("administrator")("POST", "/v1/units", content=b"{}", headers=headers)
    problem(answer, 415, "unsupported-media-type")


def test_token_takes_forms_alone(world: World) -> None:
    problem(world.client.post("/v1/token", json={"a": CANARY}), 415, "unsupported-media-type")


@pytest.mark.parametrize(
    "raw",
    [
        b"{" + CANARY.encode(),
        b'{"name": "\xff"}',
        b'{"name": NaN}',
        b'{"name": "\\ud800"}',
        b'{"code": "a", "code": "b"}',
        b"[" * 1000 + b"]" * 1000,
        b"1" * 4000,
    ],
)
def test_bodies_that_do_not_parse(world: World, raw: bytes) -> None:
    answer = world.as_("administrator")("POST", "/v1/units", content=raw, headers=JSON)
    assert faults(problem(answer, 422, "invalid")) == {("", "json-invalid")}


def test_faults_of_a_body_are_named_by_pointer(world: World) -> None:
    send = world.as_("administrator")
    body = {"code": CANARY.upper(), "name": "", "surprise": CANARY}
    found = faults(problem(send("POST", "/v1/units", json=body), 422, "invalid"))
    assert found == {
        ("/code", "string-pattern-mismatch"),
        ("/name", "string-too-short"),
        ("/surprise", "extra-forbidden"),
        ("/jurisdiction", "missing"),
    }
    assert faults(problem(send("POST", "/v1/units"), 422, "invalid")) == {("", "missing")}


def test_a_strangers_bad_request_is_a_strangers(world: World) -> None:
    problem(world.client.post("/v1/units", json={"a": 1}), 401, "unauthenticated")
    problem(world.client.get("/v1/units?wrong=1"), 401, "unauthenticated")
    problem(world.as_("psychologist")("POST", "/v1/units", json={"a": 1}), 403, "forbidden")


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("rolle=auditor", ("query.rolle", "unknown-parameter")),
        ("Role=auditor", ("query.Role", "unknown-parameter")),
        ("role=auditor&role=partner", ("query.role", "repeated-parameter")),
        ("role=a%00b", ("query.role", "not-text")),
        ("role=%ff", ("query.role", "not-text")),
        ("limit=0", ("query.limit", "greater-than-equal")),
        ("limit=201", ("query.limit", "less-than-equal")),
        ("limit=many", ("query.limit", "int-parsing")),
        ("unit_id=none", ("query.unit_id", "uuid-parsing")),
        ("cursor=!", ("query.cursor", "string-pattern-mismatch")),
        ("count=perhaps", ("query.count", "bool-parsing")),
        ("%3Cb%3E=1", ("query", "unknown-parameter")),
    ],
)
def test_a_parameter_that_nobody_knows_is_never_ignored(
    world: World, query: str, fault: tuple[str, str]
) -> None:
    answer = world.as_("administrator")("GET", f"/v1/users?{query}")
    assert fault in faults(problem(answer, 422, "invalid"))


def test_parameters_of_writes_are_examined_too(world: World) -> None:
    body = {"code": "never-made", "name": "x", "jurisdiction": "ra"}
    answer = world.as_("administrator")("POST", "/v1/units?dry_run=1", json=body)
    assert faults(problem(answer, 422, "invalid")) == {("query.dry_run", "unknown-parameter")}
    listed = world.as_("administrator")("GET", "/v1/units?limit=200").json()["items"]
    assert "never-made" not in {one["code"] for one in listed}


def test_an_id_that_is_none_is_a_missing_one(world: World) -> None:
    send = world.as_("administrator")
    missing, bad = (send("GET", f"/v1/users/{one}") for one in (MISSING, "x' OR 1=1"))
    one, two = problem(missing, 404, "not-found"), problem(bad, 404, "not-found")
    assert {**one, "request_id": ""} == {**two, "request_id": ""}


def test_if_match_is_required_and_compared(world: World) -> None:
    send = world.as_("administrator")
    user = send("GET", "/v1/users?role=statistician").json()["items"][0]
    path, body = f"/v1/users/{user['id']}", {"display_name": "Demo other", "reason": "a test"}
    problem(send("PATCH", path, json=body), 428, "precondition-required")
    problem(send("PATCH", path, json=body, headers={"If-Match": '"x"'}), 412, "stale")


def test_a_host_that_is_not_ours(world: World) -> None:
    for host in ("evil.example", "testserver.evil.example", "testserver@evil", ""):
        answer = world.client.get("/healthz", headers={"Host": host})
        problem(answer, 400, "unknown-host")
    assert world.client.get("/healthz", headers={"Host": "testserver:8000"}).status_code == 200


@pytest.mark.parametrize("query", ["", "?limit=2"])  # past the framework, and through it
def test_a_defect_of_ours_tells_no_value(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, query: str
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError(CANARY)

    monkeypatch.setattr("app.safeguards.guard.carrying.authenticate", broken)
    with caplog.at_level(logging.DEBUG):
        answer = world.as_("administrator")("GET", f"/v1/units{query}")
    body = problem(answer, 500, "internal-server-error")
    assert CANARY not in caplog.text
    (one,) = (one for one in caplog.records if one.name == "casework.edge")
    told = json.loads(Allowed().format(one))
    assert told["event"] == "defect"
    assert told["failure"] == "ZeroDivisionError"
    assert "test_problems.py:" in told["place"]
    assert told["request_id"] == body["request_id"]


def test_alive_and_ready(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert world.client.get("/healthz").json() == {"status": "alive"}
    assert world.client.get("/readyz").json() == {"status": "ready"}


def ask(edge: Edge, scope: dict[str, Any], *messages: dict[str, Any]) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    waiting = list(messages)

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    whole = {"type": "http", "method": "POST", "path": "/", "headers": [(b"host", b"here")]}
    asyncio.run(edge({**whole, **scope}, receive, send))
    return sent


def test_a_client_that_leaves_midway_is_not_served() -> None:
    async def served(*_: object) -> None:
        raise AssertionError("half a body was served")

    edge = Edge(served, ["here"], Bodies(100, 100))
    part = {"type": "http.request", "body": b"{", "more_body": True}
    headers = [(b"host", b"here"), (b"content-length", b"2")]
    assert ask(edge, {"headers": headers}, part, {"type": "http.disconnect"}) == []


def test_a_failure_after_the_first_byte_adds_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def served(scope: Any, __: object, send: Any) -> None:
        decide(scope, True)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError(CANARY)

    (start,) = ask(
        Edge(served, ["here"], Bodies(100, 100)), {"method": "GET"}, {"type": "http.request"}
    )
    assert start["status"] == 200
    assert CANARY not in caplog.text


def test_every_request_has_an_id_of_its_own(world: World) -> None:
    mine = {"X-Request-Id": str(new_id())}
    one, two = (world.client.get("/healthz", headers=mine) for _ in range(2))
    ids = {mine["X-Request-Id"], one.headers["X-Request-Id"], two.headers["X-Request-Id"]}
    assert len(ids) == 3
