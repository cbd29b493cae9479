"""Canaries are sent through every route and every kind of failure, and sing in no log."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from fastapi import FastAPI
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import text

from app.core import traces
from app.core.rates import Buckets, Limit
from app.core.values import new_id
from app.main import create_app
from tests.architecture.test_routes import described
from tests.conftest import World
from tests.hearing import CANARY, EARS, Client
from tests.making import new_case
from tests.worlds import Worlds

NAME = "Canarykestrel Vantolova"
WORDS = "The boy said canary-note to his aunt"
NUMBER = "CANARY-7718293"
PASSWORD = "canary horse of the hunt"
BEARER = "canary-bearer-0123456789abcdef"
TERM = "canary-term"
LEAST = 225  # requests; a hunt that drives few has lost its way


@dataclass
class Hunt:
    """An application that is watched in every way, and what was told since it began."""

    world: World
    app: FastAPI
    client: Client
    spans: InMemorySpanExporter
    since: int

    def send(self, role: str, method: str, path: str, **more: Any) -> Any:
        token = self.world.staff[role, "north"].token if role else BEARER
        headers = {"Authorization": f"Bearer {token}", "User-Agent": TERM, "X-Request-Id": TERM}
        return self.client.request(method, path, headers=headers | more.pop("headers", {}), **more)

    def everything(self) -> list[str]:
        """Whatever left the application beside answers: for a collector, a scraper, an operator."""
        self.app._telemetry["tracer_provider"].force_flush()  # type: ignore[union-attr]
        spans = self.spans.get_finished_spans()
        assert spans
        metrics = self.client.get("/metrics")
        assert metrics.status_code == 200
        outside = [("metrics", metrics.text), *(("span", span.to_json()) for span in spans)]
        EARS.told.extend(outside)
        found = EARS.leaks(self.since)
        del EARS.told[self.since :]  # the run need not search it again
        return found


@pytest.fixture(scope="module")
def watched(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hunt]:
    """Its description takes a second, so the hunts share one application."""
    spans = InMemorySpanExporter()
    with (
        worlds.copy("demo", tmp_path_factory.mktemp("hunted")) as world,
        pytest.MonkeyPatch.context() as patched,
    ):
        patched.setattr(traces, "OTLPSpanExporter", lambda endpoint: spans)
        settings = world.house.settings.model_copy(update={"otlp_endpoint": "http://127.0.0.1:1"})
        app = create_app(settings, world.house)
        with Client(app, raise_server_exceptions=False, client=("127.0.0.1", 1)) as client:
            yield Hunt(world, app, client, spans, 0)
        app._telemetry["tracer_provider"].shutdown()  # type: ignore[union-attr]


@pytest.fixture
def hunt(watched: Hunt) -> Hunt:
    watched.spans.clear()
    return replace(watched, since=len(EARS.told))


def filled(path: str, value: str) -> str:
    return "/".join(value if part.startswith("{") else part for part in path.split("/"))


def canaries_for(operation: dict[str, Any], app: FastAPI) -> dict[str, Any]:
    """A canary in each field that the body has, and in one that it has not.

    A problem names the field or parameter that nobody knows: its name is no canary.
    """
    content = operation.get("requestBody", {}).get("content", {})
    schema: dict[str, Any] = next((one["schema"] for one in content.values()), {})
    name = schema.get("$ref", "").rpartition("/")[2]
    whole = app.openapi()["components"]["schemas"].get(name, schema)
    return {**dict.fromkeys(whole.get("properties", {}), WORDS), "surprise": NUMBER}


def test_every_route_with_canaries_in_every_place(hunt: Hunt) -> None:
    sent = 0
    for (method, path), operation in described(hunt.app).items():
        if path == "/metrics":
            continue
        body = canaries_for(operation, hunt.app)
        form = "application/x-www-form-urlencoded" in str(operation.get("requestBody"))
        given = {"data": body} if form else {"json": body}
        more = given if method in ("POST", "PATCH", "PUT") else {}
        missing = filled(path, str(new_id()))
        wrong = filled(path, TERM) + f"?q={NAME}&limit={NUMBER}&cursor={TERM}"
        for role, target in (("", missing), ("social_worker", missing), ("social_worker", wrong)):
            answer = hunt.send(role, method, target, **more)
            assert answer.status_code < 500, answer.text
            sent += 1
        broken = {"content": f'{{"text": "{WORDS}'.encode()}
        kind = {"Content-Type": "application/json"}
        hunt.send("social_worker", method, filled(path, TERM), headers=kind, **broken)
    hunt.client.request(TERM.upper(), f"/{TERM}", headers={"Host": f"{TERM}.example"})
    hunt.client.request(TERM.upper(), f"/{TERM}/{NAME}?q={TERM}")
    assert sent >= LEAST
    assert hunt.everything() == []


def test_records_that_are_made_and_clash(hunt: Hunt) -> None:
    case = new_case(hunt.world)
    name = {"full": NAME, "source": TERM}
    person = {"id": str(new_id()), "names": [name]}
    assert hunt.send("social_worker", "POST", "/v1/people", json=person).status_code == 201
    assert hunt.send("social_worker", "POST", "/v1/people", json=person).status_code == 409
    path = f"/v1/people/{person['id']}"
    number = {"system": "national", "value": NUMBER, "source": TERM}
    made = hunt.send("social_worker", "POST", f"{path}/identifiers", json=number)
    assert made.status_code == 201, made.text
    assert hunt.send("social_worker", "GET", f"{path}/possible-duplicates").status_code == 200
    note = {"id": str(new_id()), "kind": "social_work", "occurred_on": "2026-01-05", "text": WORDS}
    for status in (201, 409):
        answer = hunt.send("social_worker", "POST", f"{case.path}/notes", json=note)
        assert answer.status_code == status, answer.text
    moved = {"to": TERM, "reason": WORDS}
    answer = hunt.send("social_worker", "POST", f"{case.path}/tracks/care/transitions", json=moved)
    assert 400 <= answer.status_code < 500
    assert hunt.everything() == []


def test_signing_in_and_failing_to(hunt: Hunt) -> None:
    user = {"username": "canary-user", "display_name": NAME, "role": "administrator"}
    user["password"] = PASSWORD
    made = hunt.send("administrator", "POST", "/v1/users", json=user)
    assert made.status_code == 201, made.text
    assert hunt.world.agree(made.json()["id"]).status_code == 200
    form = {"grant_type": "password", "username": user["username"], "password": PASSWORD}
    for status, more in ((200, {}), (400, {"password": WORDS}), (400, {"username": TERM})):
        assert hunt.client.post("/v1/token", data={**form, **more}).status_code == status
    known = len(EARS.secrets)
    tokens = hunt.client.post("/v1/token", data=form).json()
    assert len(EARS.secrets) == known + 2
    for status, renewal in ((200, tokens["refresh_token"]), (400, BEARER)):
        renewed = {"grant_type": "refresh_token", "refresh_token": renewal}
        assert hunt.client.post("/v1/token", data=renewed).status_code == status
    hunt.client.post("/v1/token", data=form, auth=(NAME, PASSWORD))
    gone = hunt.client.post("/v1/token/revoke", data={"token": tokens["access_token"]})
    assert gone.status_code == 200
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert hunt.client.get("/v1/me", headers=bearer).status_code == 401
    assert hunt.everything() == []


def raises(call: Any, work: Any) -> None:
    raise RuntimeError(f"{call} {call.body!r}")


def asks_the_database(call: Any, work: Any) -> None:
    """Its error holds the statement, and would hold what is bound to it."""
    work._db.execute(text("INSERT INTO nothing VALUES (:body)"), {"body": call.body.decode()})


@pytest.mark.parametrize("defect", [raises, asks_the_database])
def test_a_defect_of_ours(hunt: Hunt, monkeypatch: pytest.MonkeyPatch, defect: Any) -> None:
    monkeypatch.setattr(
        "app.safeguards.guard.carrying.present", lambda call, work, _: defect(call, work)
    )
    person = {"names": [{"full": NAME, "source": TERM}]}
    answer = hunt.send("social_worker", "POST", "/v1/people", json=person)
    assert answer.status_code in (500, 503)
    events = [json.loads(told) for where, told in EARS.told[hunt.since :] if where == "line"]
    assert "request" in [one["event"] for one in events]
    assert hunt.everything() == []


def test_too_busy_and_too_often(hunt: Hunt, monkeypatch: pytest.MonkeyPatch) -> None:
    person = {"names": [{"full": NAME, "source": TERM}]}

    with monkeypatch.context() as patched:
        patched.setattr(hunt.app.state.lanes, "waiting", 0)
        answer = hunt.send("social_worker", "POST", f"/v1/people?q={NAME}", json=person)
        assert answer.status_code in (422, 503)
        answer = hunt.send("social_worker", "POST", "/v1/people", json=person)
        assert answer.status_code == 503
    monkeypatch.setitem(hunt.app.state.rates.buckets, "token", Buckets(Limit(1, 1)))
    monkeypatch.setattr(hunt.app.state.rates, "clock", lambda: 0.0)
    statuses = [hunt.send("", "GET", f"/v1/people?q={NAME}").status_code for _ in range(3)]
    assert statuses == [401, 429, 429]
    assert hunt.everything() == []


def test_the_hunt_finds_what_is_told(hunt: Hunt, monkeypatch: pytest.MonkeyPatch) -> None:
    """In each place where it listens, with what a careless change would tell there."""
    log, token = logging.getLogger("casework.careless"), next(iter(EARS.secrets))
    try:
        raise ValueError(NAME)
    except ValueError:
        log.exception("defect")
    log.info("opened %s", NAME)
    log.info("opened", extra={"who": token})
    hunt.app.state.metrics.count("GET", f"/{TERM}", 200, 0)
    monkeypatch.setattr(traces, "ALLOWED", (*traces.ALLOWED, "url.path"))
    hunt.client.get(f"/{TERM}")
    monkeypatch.setattr("app.core.problems.DETAILS", {"missing": NAME})
    hunt.send("social_worker", "POST", "/v1/people", json={})
    with monkeypatch.context() as patched:
        patched.setattr(
            "app.core.logs.Allowed.event", lambda self, record, ours: record.getMessage()
        )
        logging.getLogger("third.party").error("SELECT '%s'", NAME)
    found = [one.partition(":")[0] for one in hunt.everything()]
    assert found.count("record") == 3
    assert set(found) == {"record", "line", "metrics", "span", "problem"}
    assert CANARY in NAME.lower()
