"""The same key on the same route has one effect, however often and by however many it is sent."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, func, insert, select, update

from app.core.db import table
from app.core.values import now
from app.registry.staff.models import Unit
from app.safeguards.audit.models import AuditEvent
from app.safeguards.guard.idempotency import KEPT, AnswerGiven, key_of, remember
from app.safeguards.identity.caller import digest
from app.safeguards.identity.models import Credential
from tests.conftest import World
from tests.hiring import Hired, hire
from tests.looking import transaction
from tests.making import new_case, on_docket


def body(code: str) -> dict[str, str]:
    return {"code": code, "name": "Made once", "jurisdiction": "ra"}


def add(one: Hired, access: str, key: str, code: str) -> Any:
    headers = {"Idempotency-Key": key}
    return one.send(access, "POST", "/v1/units", json=body(code), headers=headers)


def made(world: World, code: str) -> int:
    rows = table(Unit)
    with transaction(world.house.engine) as db:
        counted = select(func.count()).where(rows.c.code == code)
        return int(db.execute(counted).scalar_one())


@pytest.fixture
def boss(world: World) -> Hired:
    return hire(world, "administrator")


def test_fifty_threads_with_one_key_have_one_effect(world: World, boss: Hired) -> None:
    tokens = [boss.pair()["access_token"] for _ in range(2)]  # on two machines of one person

    def once(number: int) -> tuple[int, str]:
        answer = add(boss, tokens[number % 2], "fifty", "fifty")
        return answer.status_code, answer.json().get("code" if answer.is_error else "id")

    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(once, range(50)))
    assert made(world, "fifty") == 1
    good = {what for status, what in answers if status == 201}
    assert len(good) == 1
    refused = {(status, what) for status, what in answers if status != 201}
    assert refused <= {(409, "in-flight"), (409, "conflict"), (409, "code-taken")}
    again = add(boss, tokens[0], "fifty", "fifty")
    assert again.status_code == 201
    assert {again.json()["id"]} == good


def test_that_the_first_is_not_done_yet_is_on_record(world: World, boss: Hired) -> None:
    access = boss.pair()["access_token"]
    place = digest(f"Bearer {access}"), key_of("POST", "/v1/units", "busy")
    world.house.in_flight.enter(*place)
    answer = add(boss, access, "busy", "busy")
    world.house.in_flight.leave(*place)
    assert (answer.status_code, answer.json()["code"]) == (409, "in-flight")
    assert made(world, "busy") == 0
    events = table(AuditEvent)
    mine = events.c.actor_id == UUID(boss.id), events.c.code == "in-flight"
    with transaction(world.house.engine) as db:
        (event,) = db.execute(select(events).where(*mine)).all()
    assert (event.outcome, event.action, event.route) == ("refused", "unit.add", "POST /units")
    assert add(boss, access, "busy", "busy").status_code == 201


def test_what_is_told_once_is_done_once(world: World, boss: Hired) -> None:
    """Its secret is kept for nobody: a repetition learns that it was done, and makes no other."""
    access, one = boss.pair()["access_token"], hire(world)
    path, why = f"/v1/users/{one.id}/reset-password", {"reason": "forgotten"}

    def reset(key: str) -> Any:
        return boss.send(access, "POST", path, json=why, headers={"Idempotency-Key": key})

    def kept() -> str:
        rows = table(Credential)
        mine = select(rows.c.password_hash).where(rows.c.user_id == UUID(one.id))
        with transaction(world.house.engine) as db:
            return str(db.execute(mine).scalar_one())

    first = reset("once")
    assert first.status_code == 200, first.text
    password, before = first.json()["password"], kept()
    again = reset("once")
    assert (again.status_code, again.json()["code"]) == (409, "told-once")
    assert password not in again.text
    assert kept() == before
    assert reset("another").json()["code"] != "told-once"  # that one waits for agreement


def test_the_answer_is_given_again_byte_for_byte(world: World, boss: Hired) -> None:
    access = boss.pair()["access_token"]
    first, again = (add(boss, access, "again", "again") for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    for name in ("ETag", "Location"):
        assert first.headers[name] == again.headers[name]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.headers["X-Request-Id"] != again.headers["X-Request-Id"]


def test_another_body_is_another_request(world: World, boss: Hired) -> None:
    access = boss.pair()["access_token"]
    assert add(boss, access, "bodies", "bodies-one").status_code == 201
    other = add(boss, access, "bodies", "bodies-two")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert made(world, "bodies-two") == 0


def test_a_key_is_its_owners_and_its_routes(world: World, boss: Hired) -> None:
    other = hire(world, "administrator")
    assert add(boss, boss.pair()["access_token"], "shared", "shared-one").status_code == 201
    theirs = add(other, other.pair()["access_token"], "shared", "shared-two")
    assert theirs.status_code == 201
    assert "Idempotency-Replayed" not in theirs.headers
    client = {"client_id": "same-key", "display_name": "C", "unit_id": theirs.json()["id"]}
    headers = {"Idempotency-Key": "shared"}
    access = boss.pair()["access_token"]
    elsewhere = boss.send(access, "POST", "/v1/clients", json=client, headers=headers)
    assert elsewhere.status_code == 201


def test_a_refusal_is_not_remembered(world: World, boss: Hired) -> None:
    access = boss.pair()["access_token"]
    headers = {"Idempotency-Key": "refusal"}
    wrong = {**body("refusal"), "jurisdiction": "zz"}
    bad = boss.send(access, "POST", "/v1/units", json=wrong, headers=headers)
    assert bad.status_code == 422
    assert add(boss, access, "refusal", "refusal").status_code == 201


def test_no_replay_for_who_lost_the_session(world: World, boss: Hired) -> None:
    access = boss.pair()["access_token"]
    assert add(boss, access, "ended", "ended").status_code == 201
    boss.send(access, "POST", "/v1/me/sessions/end")
    assert add(boss, access, "ended", "ended").status_code == 401
    assert boss.change(disabled=True).status_code == 200
    assert add(boss, access, "ended", "ended").status_code == 401


def test_no_replay_for_who_lost_the_right(world: World, boss: Hired) -> None:
    assert add(boss, boss.pair()["access_token"], "role", "role-changed").status_code == 201
    unit_id = next(iter(units(world)))
    assert boss.change(role="social_worker", unit_id=unit_id).status_code == 200
    assert add(boss, boss.pair()["access_token"], "role", "role-changed").status_code == 403


def units(world: World) -> list[str]:
    listed = world.as_("administrator")("GET", "/v1/units").json()["items"]
    return [one["id"] for one in listed]


def test_no_replay_of_what_another_role_was_answered(world: World, boss: Hired) -> None:
    """What a role was shown is not shown to the next role of the same person."""
    access, key = boss.pair()["access_token"], "roles"
    assert add(boss, access, key, "another-role").status_code == 201
    given = table(AnswerGiven)
    mine = update(given).where(given.c.actor_id == UUID(boss.id))
    with transaction(world.house.engine) as db:
        db.execute(mine.values(role="supervisor"))
    assert add(boss, access, key, "another-role").status_code == 422


def test_an_answer_is_kept_sealed_and_for_a_day(world: World, boss: Hired) -> None:
    access, given = boss.pair()["access_token"], table(AnswerGiven)
    assert add(boss, access, "first", "kept-first").status_code == 201
    assert add(boss, access, "kept", "kept-sealed").status_code == 201
    mine = given.c.actor_id == UUID(boss.id)
    with transaction(world.house.engine) as db:
        assert len(db.execute(select(given).where(mine)).all()) == 2  # for a day, both of them
        first = key_of("POST", "/v1/units", "first")
        db.execute(delete(given).where(mine, given.c.key == first))
        (row,) = db.execute(select(given).where(mine)).all()
        assert b"kept-sealed" not in row.answer
        aged = update(given).where(mine)
        db.execute(aged.values(created_at=row.created_at - KEPT))
    assert add(boss, access, "later", "kept-later").status_code == 201
    with transaction(world.house.engine) as db:
        assert len(db.execute(select(given).where(mine)).all()) == 1


def test_an_answer_is_kept_for_all_of_a_day(world: World, boss: Hired) -> None:
    given, vault, at, who = table(AnswerGiven), world.house.vault, now(), UUID(boss.id)
    of = {"actor_id": who, "role": "administrator", "request": b"r", "answer": b"a"}
    with transaction(world.house.engine) as db:
        for key, age in ((b"old", KEPT + timedelta(seconds=1)), (b"kept", KEPT)):
            db.execute(insert(given).values({**of, "key": key, "created_at": at - age}))
        remember(db, vault, who, "administrator", b"new", b"r", at, None)
        kept = set(db.execute(select(given.c.key).where(given.c.actor_id == who)).scalars())
    assert kept == {b"kept", b"new"}


def test_a_key_that_says_nothing_is_no_key(world: World, boss: Hired) -> None:
    """Whoever sends it believes to be safe, and is not."""
    told = add(boss, boss.pair()["access_token"], "", "no-key")
    assert (told.status_code, told.json()["code"]) == (422, "empty-key")
    assert made(world, "no-key") == 0
    assert world.client.post("/v1/units", headers={"Idempotency-Key": ""}).status_code == 401


def test_reading_takes_no_key(world: World, boss: Hired) -> None:
    access, headers = boss.pair()["access_token"], {"Idempotency-Key": "reading"}
    path = f"/v1/users/{boss.id}"
    before = boss.send(access, "GET", path, headers=headers)
    assert boss.change(display_name="Changed Since").status_code == 200
    after = boss.send(access, "GET", path, headers=headers)
    assert before.json()["display_name"] != after.json()["display_name"]
    assert "Idempotency-Replayed" not in after.headers


def test_an_id_made_by_the_client_is_taken_once(world: World, boss: Hired) -> None:
    access, own = boss.pair()["access_token"], str(uuid4())
    first = boss.send(access, "POST", "/v1/units", json={**body("own-id-1"), "id": own})
    assert (first.status_code, first.json()["id"]) == (201, own)
    second = boss.send(access, "POST", "/v1/units", json={**body("own-id-2"), "id": own})
    assert (second.status_code, second.json()["code"]) == (409, "id-taken")


def test_no_replay_of_a_row_that_is_out_of_reach_though_the_door_is_open(world: World) -> None:
    """By the other docket one may still write here, and not read what one wrote before."""
    case, key = new_case(world, team=()), {"Idempotency-Key": str(uuid4())}
    entered = on_docket(case, "prosecutor")
    on_docket(case, "prosecutor", "child_justice")
    note = {"kind": "legal", "occurred_on": "2026-01-05", "text": "what the court was told"}
    first, again = (case.post("prosecutor", "/notes", note, headers=key) for _ in range(2))
    assert (first.status_code, again.content) == (201, first.content)
    path = f"/proceedings/{entered['proceeding_id']}/parties/{entered['id']}/end"
    assert case.post("supervisor", path, {"reason": "replaced"}).status_code == 200
    assert case.post("prosecutor", "/notes", {}).status_code == 422  # the door
    assert case.send("prosecutor", "GET", f"/notes/{first.json()['id']}").status_code == 404
    late = case.post("prosecutor", "/notes", note, headers=key)
    assert late.status_code == 404, late.text


def test_who_may_say_and_not_read_is_answered_again_too(world: World) -> None:
    case, key = new_case(world, "2015-01-01"), {"Idempotency-Key": str(uuid4())}
    alert = {"kind": "CHILD_SAFEGUARD"}
    first, again = (case.post("educator", "/alerts", alert, headers=key) for _ in range(2))
    assert first.status_code == 201, first.text
    assert (again.status_code, again.content) == (201, first.content)
