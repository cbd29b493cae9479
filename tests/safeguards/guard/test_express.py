"""Which requests pass by the framework."""

from collections import Counter
from typing import Any

import pytest

from app.safeguards.guard.express import Express
from tests.conftest import World
from tests.making import new_case

NIL = "00000000-0000-0000-0000-000000000000"
ASKEW = (  # queries that say something wrong
    *("?limit=0", "?limit=201", "?limit=x", "?limit=", "?limit=2&limit=3", "?size=2", "?Limit=2"),
    *("?cursor=x", "?count=maybe", "?status=ajar", "?phase=none"),
    *("?number=%00", "?number=%FF", "?number=a&number=b", "?status", "?=1", "?person_id=1"),
    *("?limit=2&nothing", "?%6Cimit=0", "?limit=\u0662x"),
)


@pytest.fixture
def framed(monkeypatch: pytest.MonkeyPatch, world: World) -> Counter[str]:
    """Paths that reached the framework's router."""
    seen: Counter[str] = Counter()
    router = world.client.app.router  # type: ignore[attr-defined]
    handle = router.middleware_stack

    async def counted(scope: Any, receive: Any, send: Any) -> None:
        seen[scope["path"]] += 1
        await handle(scope, receive, send)

    monkeypatch.setattr(router, "middleware_stack", counted)
    return seen


def test_plain_requests_pass_by_the_framework(world: World, framed: Counter[str]) -> None:
    case = new_case(world)
    worker, note = world.as_("social_worker"), {"kind": "social_work", "occurred_on": "2026-01-05"}
    framed.clear()
    written = case.post("social_worker", "/notes", {**note, "text": "Visited the household."})
    assert written.status_code == 201
    assert worker("GET", case.path).status_code == 200
    for query in (
        "",
        "?limit=2",
        "?status=open&count=true",
        "?need_level=low",
        "?person_id=" + NIL,
    ):
        assert worker("GET", "/v1/cases" + query).status_code == 200
    assert worker("GET", f"{case.path}/notes/{written.json()['id']}").status_code == 200
    assert world.as_("auditor")("GET", f"{case.path}/notes").status_code in (200, 403, 404)
    assert not framed


def test_everything_else_reaches_it(world: World, framed: Counter[str]) -> None:
    case, worker = new_case(world), world.as_("social_worker")
    framed.clear()
    paths = (
        *(f"/v1/cases{query}" for query in ASKEW),
        f"{case.path}/nothing",
        "/v1/cases/1",
    )
    for path in paths:
        worker("GET", path)
    worker("PATCH", case.path, json={})
    worker("POST", f"{case.path}/notes", json={"kind": "social_work"})
    worker("POST", f"{case.path}/notes?limit=2", json={"kind": "social_work"})
    assert sum(framed.values()) == len(paths) + 3


def test_both_ways_take_the_same_words_for_the_same_values(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a query says, status and bytes are those that the framework gives it."""
    worker = world.as_("social_worker")
    lead = worker("GET", "/v1/me").json()["id"]
    cursor = worker("GET", "/v1/cases?limit=1").json()["next"]
    plain = [
        *("?limit=1", "?limit=001", "?limit=+1", "?limit=1.0", "?limit=200&count=1", "?limit=%31"),
        *("?count=yes&status=closed", "?count=no", "?programme=alder", "?phase=intake", "?number="),
        *(f"?lead_worker_id={lead}", f"?lead_worker_id={lead.upper()}", "?lead_worker_id={" + lead),
        *(f"?person_id={NIL.replace('-', '')}", f"?limit=1&cursor={cursor}", "?number=%C3%A9+a"),
        *(
            "?cursor=" + 30 * "a",
            "?",
            "?&",
            "?status=open&",
            "?status=open;limit=1",
            f"?status=open&cursor={cursor}",
        ),
    ]
    short = {query: worker("GET", f"/v1/cases{query}") for query in (*plain, *ASKEW)}

    async def not_here(*_: Any) -> None:
        return None

    monkeypatch.setattr(Express, "answer", not_here)
    for query, answer in short.items():
        long = worker("GET", f"/v1/cases{query}")
        assert (answer.status_code, said(answer)) == (long.status_code, said(long)), query
    answered = {answer.status_code for answer in short.values()}
    assert answered == {200, 422}


def said(answer: Any) -> Any:
    """All that is told, less what is of this one request."""
    return {name: value for name, value in answer.json().items() if name != "request_id"}
