"""A family through HTTP on both engines: who sees what, what is refused, what is on record."""

from typing import Any

from sqlalchemy import select

from app.core.db import table
from app.safeguards.audit.chain import broken
from app.safeguards.audit.models import AuditEvent, ChainHead
from tests.conftest import World
from tests.looking import transaction
from tests.making import colleague_of, new_case, signed_in

NOTE = {"kind": "therapy", "occurred_on": "2025-11-20", "text": "canary-therapy"}


def some_case(world: World, also: str = "prosecutor") -> str:
    """An open case of the social worker, on whose team this other role is, too."""
    theirs = world.as_(also)("GET", "/v1/cases?limit=200&status=open").json()["items"]
    found = world.as_("social_worker")("GET", "/v1/cases?limit=200&status=open")
    assert found.status_code == 200, found.text
    assert found.headers["X-Data-Class"] == "synthetic"
    shared = {case["id"] for case in theirs}
    return next(str(case["id"]) for case in found.json()["items"] if case["id"] in shared)


def test_password_sign_in_and_refusal(world: World) -> None:
    one = world.sign_ins["social_worker"]
    form = {"grant_type": "password", "username": one["username"], "password": one["password"]}
    good = world.client.post("/v1/token", data=form)
    assert good.status_code == 200
    bad = world.client.post("/v1/token", data={**form, "password": "wrong-wrong-wrong"})
    unknown = world.client.post("/v1/token", data={**form, "username": "nobody-here"})
    assert (bad.status_code, bad.json()) == (unknown.status_code, unknown.json())
    assert bad.json() == {"error": "invalid_grant"}


def test_notes_stay_behind_their_wall(world: World) -> None:
    case_id = some_case(world)
    made = world.as_("psychologist")("POST", f"/v1/cases/{case_id}/notes", json=NOTE)
    assert made.status_code == 201, made.text
    assert made.headers["Location"].endswith(made.json()["id"])
    path = f"/v1/cases/{case_id}/notes/{made.json()['id']}"
    assert world.as_("psychologist")("GET", path).json()["text"] == "canary-therapy"
    for role in ("social_worker", "prosecutor"):
        assert world.as_(role)("GET", path).status_code == 404
        listed = world.as_(role)("GET", f"/v1/cases/{case_id}/notes")
        assert "canary-therapy" not in listed.text
    refused = world.as_("prosecutor")("POST", f"/v1/cases/{case_id}/notes", json=NOTE)
    assert refused.status_code == 403


def test_a_hidden_case_is_a_missing_one(world: World) -> None:
    case_id = new_case(world, team=()).id
    missing = "00000000-0000-7000-8000-000000000000"
    answers: list[Any] = [
        world.as_("livelihoods_officer")("POST", f"/v1/cases/{one}/notes", json={"bad": 1})
        for one in (case_id, missing)
    ]
    assert [one.status_code for one in answers] == [404, 404]
    bodies = [{**one.json(), "request_id": ""} for one in answers]
    assert bodies[0] == bodies[1]
    assert world.client.get(f"/v1/cases/{case_id}").status_code == 401


def test_closing_takes_two_and_if_match_is_required(world: World) -> None:
    case_id = new_case(world).id
    worker, boss = world.as_("social_worker"), world.as_("supervisor")
    lead = worker("GET", f"/v1/cases/{case_id}")
    body = {"lead_worker_id": lead.json()["lead_worker_id"]}
    path = f"/v1/cases/{case_id}"
    assert worker("PATCH", path, json=body).status_code == 428
    stale = worker("PATCH", path, json=body, headers={"If-Match": '"old"'})
    assert stale.status_code == 412
    closing = {"reason": "duplicate", "outcome": "fictional outcome"}
    assert worker("POST", f"{path}/close", json=closing).status_code == 200
    approved = boss("POST", f"{path}/close/approve", json={"reason": "agreed"})
    assert approved.status_code == 200, approved.text
    assert approved.json()["status"] == "closed"
    late = worker("POST", f"{path}/notes", json={**NOTE, "kind": "social_work"})
    assert (late.status_code, late.json()["code"]) == (409, "wrong-state")


def test_one_key_one_effect(world: World) -> None:
    case_id = some_case(world)
    note = {**NOTE, "kind": "social_work", "text": "once"}
    send, headers = world.as_("social_worker"), {"Idempotency-Key": "k-1"}
    path = f"/v1/cases/{case_id}/notes"
    first = send("POST", path, json=note, headers=headers)
    again = send("POST", path, json=note, headers=headers)
    assert first.status_code == 201, first.text
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    other = send("POST", path, json={**note, "text": "other"}, headers=headers)
    assert other.status_code == 422


def test_every_chain_holds_and_refusals_are_on_record(world: World) -> None:
    test_password_sign_in_and_refusal(world)
    test_a_hidden_case_is_a_missing_one(world)
    world.as_("social_worker")("GET", "/v1/cases?limit=3")
    events, heads = table(AuditEvent), table(ChainHead)
    with transaction(world.house.engine) as db:
        linked = db.execute(select(events).where(events.c.chain.is_not(None))).all()
        ends = db.execute(select(heads)).all()
        outcomes = set(db.execute(select(events.c.outcome)).scalars())
    chains: dict[Any, list[Any]] = {}
    for row in linked:
        chains.setdefault((row.file_id, row.chain), []).append(row._mapping)
    assert len(chains) > 100
    assert not [place for place, rows in chains.items() if broken(rows)]
    assert {(h.file_id, h.chain): h.seq for h in ends} == {p: len(r) for p, r in chains.items()}
    assert {"read", "written", "refused", "signed-in"} <= outcomes


def test_history_is_shown_by_class_and_auditors_see_events(world: World) -> None:
    case_id = some_case(world)
    shown = world.as_("prosecutor")("GET", f"/v1/cases/{case_id}/history")
    assert shown.status_code == 200, shown.text
    told = {(entry["record"], entry["record_class"]) for entry in shown.json()["items"]}
    dockets = {"docket", "child_docket"}
    assert {name for _, name in told} <= {"case", "justice", "child_justice", "security"} | dockets
    assert {record for record, name in told if name == "security"} <= {"track"}  # a summary
    seen = world.as_("auditor")("GET", "/v1/audit/events?outcome=refused")
    assert seen.status_code == 200
    assert world.as_("centre_manager")("GET", "/v1/audit/events").status_code == 403


def test_the_history_shows_nobody_elses_therapy_notes(world: World) -> None:
    made = new_case(world)
    note = made.post("psychologist", "/notes", NOTE).json()
    assert note["id"] in made.send("psychologist", "GET", "/history").text
    other = colleague_of(world, "psychologist")
    member = {"user_id": other["id"], "part": "second psychologist", "reason": "second opinion"}
    assert made.post("social_worker", "/team", member).status_code == 201
    with signed_in(world, other) as send:
        assert send("GET", made.path).status_code == 200
        assert send("GET", f"{made.path}/notes/{note['id']}").status_code == 404
        history = send("GET", f"{made.path}/history")
        assert history.status_code == 200
        assert note["id"] not in history.text


def test_the_history_is_paged_without_gap_or_double(world: World) -> None:
    made = new_case(world, "2015-03-02")
    whole = made.get("social_worker", "/history?limit=200")
    assert whole["next"] is None
    told, path = [], "/history?limit=7"
    while path:
        page = made.get("social_worker", path)
        assert len(page["items"]) <= 7
        told += page["items"]
        path = f"/history?limit=7&cursor={page['next']}" if page["next"] else ""
    assert told == whole["items"]
    assert len(told) > 20
