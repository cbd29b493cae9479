"""A stream in parts: one event before its first byte, nothing held between, no end if cut short."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from app.casework.notes.models import Note
from app.core.db import table
from app.core.values import now
from app.registry.cases.models import TeamMember
from app.safeguards.audit.models import AuditEvent
from app.safeguards.guard import timeline
from app.safeguards.guard.writing import Writes
from app.safeguards.identity.caller import digest
from app.safeguards.identity.models import Session
from tests.conftest import World
from tests.insight.listening import in_parts_of, listen
from tests.looking import rewritten, transaction
from tests.making import Made, new_case, today
from tests.safeguards.guard.test_quick import Ways

SIZE = 3


def reads(made: Made) -> int:
    events = table(AuditEvent).c
    mine = (events.file_id == UUID(made.id), events.action == "history.read")
    with transaction(made.world.house.engine) as db:
        counted = select(func.count()).where(*mine, events.outcome == "read")
        return int(db.execute(counted).scalar_one())


def path_of(made: Made) -> str:
    return f"{made.path}/timeline"


@pytest.mark.parametrize("short", [True, False])
@pytest.mark.parametrize("query", ["", "?order=asc"])
def test_it_comes_in_parts_that_are_one_document(
    world: World, monkeypatch: pytest.MonkeyPatch, ways: Ways, short: bool, query: str
) -> None:
    made = new_case(world)
    whole, before = made.get("social_worker", f"/timeline{query}"), reads(made)
    ways.open = short
    with in_parts_of(SIZE, monkeypatch) as followed:
        heard = listen(world, path_of(made) + query)
    assert heard.ended
    assert json.loads(heard.body) == whole
    assert len(heard.parts) == len(followed) + 1 == -(-len(whole["items"]) // SIZE)
    assert {part.count(b'"event_id"') for part in heard.parts[:-1]} == {SIZE}
    assert "content-length" not in heard.headers
    assert heard.headers["cache-control"] == "no-store"
    assert reads(made) == before + 1


def test_the_last_part_may_be_full(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = new_case(world, team=("psychologist",))
    whole = made.get("social_worker", "/timeline")["items"]
    for size in (len(whole), len(whole) - 1, len(whole) + 1):
        with in_parts_of(size, monkeypatch) as followed:
            assert json.loads(listen(world, path_of(made)).body)["items"] == whole
        assert len(followed) == (size < len(whole))
    assert listen(world, f"{path_of(made)}?until=1999-01-01").body == b'{"items":[],"next":null}'


def test_of_what_was_to_follow_nothing_may_be_within_reach(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, notes = new_case(world), table(Note)
    note = {"kind": "therapy", "occurred_on": "2025-11-20", "text": "own"}
    note_id = made.post("psychologist", "/notes", note).json()["id"]
    whole = made.get("psychologist", "/timeline?order=asc")["items"]
    assert whole[-1]["record_id"] == note_id

    async def changes_hands(_: int) -> None:
        other = UUID(world.staff["social_worker", "north"].id)
        with transaction(world.house.engine) as db:
            rewritten(db, Note, notes.c.id == UUID(note_id), author_id=other)

    with in_parts_of(len(whole) - 1, monkeypatch):
        path = f"{path_of(made)}?order=asc"
        heard = listen(world, path, "psychologist", taken=once(changes_hands))
    assert json.loads(heard.body) == {"items": whole[:-1], "next": None}


def test_what_is_written_meanwhile_moves_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = new_case(world)
    whole = made.get("social_worker", "/timeline")["items"]

    async def writes(_: int) -> None:
        made.reach("social_worker", "arrived")

    for order, expected in (("desc", whole), ("asc", whole[::-1])):
        with in_parts_of(SIZE, monkeypatch):
            heard = listen(world, f"{path_of(made)}?order={order}", taken=once(writes))
        items = json.loads(heard.body)["items"]
        assert items[: len(expected)] == expected
        assert len({one["event_id"] for one in items}) == len(items)
        whole = made.get("social_worker", "/timeline")["items"]
        assert items == (whole[::-1] if order == "asc" else expected)


def once(step: Any) -> Any:
    done: list[int] = []

    async def first(part: int) -> None:
        if not done:
            done.append(part)
            await step(part)

    return first


@pytest.mark.parametrize("short", [True, False])
def test_the_event_is_there_before_the_first_byte(
    world: World, ways: Ways, monkeypatch: pytest.MonkeyPatch, short: bool
) -> None:
    made = new_case(world, team=())
    made.get("social_worker")  # remembered
    ways.open = short
    seen: list[int] = []

    async def looks(_: int) -> None:
        seen.append(reads(made))

    with in_parts_of(SIZE, monkeypatch):
        listen(world, path_of(made), begun=looks, taken=looks)
    assert len(seen) > 2
    assert set(seen) == {1}


def test_no_event_no_data(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = new_case(world, team=())

    def broken(*_: Any) -> Any:
        raise OperationalError("INSERT", {}, RuntimeError("no room"))

    monkeypatch.setattr(timeline, "witness", broken)
    monkeypatch.setattr(Writes, "flush", broken)
    answer = made.send("social_worker", "GET", "/timeline")
    assert answer.status_code == 503
    assert "event_id" not in answer.text


def off_the_team(world: World, made: Made) -> None:
    members = table(TeamMember)
    mine = (members.c.case_id == UUID(made.id), members.c.role == "psychologist")
    with transaction(world.house.engine) as db:
        rewritten(db, TeamMember, *mine, until=today())


def signed_out(world: World, made: Made) -> None:
    token = digest(f"Bearer {world.staff['psychologist', 'north'].token}")
    caller = world.house.remembered.of(token)
    assert caller is not None
    sessions = table(Session)
    with transaction(world.house.engine) as db:
        db.execute(
            update(sessions).where(sessions.c.id == caller.session_id).values(ended_at=now())
        )


@pytest.mark.parametrize("withdraw", [off_the_team, signed_out])
def test_access_that_is_withdrawn_cuts_it_short(
    fresh: World, monkeypatch: pytest.MonkeyPatch, withdraw: Any
) -> None:
    made = new_case(fresh)

    async def withdraws(part: int) -> None:
        if part == 1:
            withdraw(fresh, made)

    with in_parts_of(SIZE, monkeypatch):
        heard = listen(fresh, path_of(made), "psychologist", taken=withdraws)
    assert heard.status == 200
    assert len(heard.parts) == 2
    assert not heard.ended
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(heard.body)
    assert made.send("psychologist", "GET", "/timeline").status_code in (401, 404)


def test_who_takes_nothing_holds_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a client has not taken a part, others read and write on the same lanes."""
    made, app = new_case(world), world.client.app
    state = app.state  # type: ignore[attr-defined]
    pool = world.house.engine.pool
    held: list[Any] = []

    async def stalls(part: int) -> None:
        if part != 1:
            return
        for _ in range(100):  # the lane has said what it had to say, and lets go
            if not state.lanes.at_work:
                break
            await asyncio.sleep(0.01)
        held.append((set(state.lanes.at_work), pool.checkedout()))  # type: ignore[attr-defined]
        for _ in range(state.lanes.size + 1):
            made.reach("social_worker", "arrived")
            assert made.get("social_worker")["id"] == made.id

    with in_parts_of(SIZE, monkeypatch) as followed:
        heard = listen(world, path_of(made), taken=stalls)
    assert heard.ended
    ((at_work, taken),) = held
    assert at_work == set()
    assert taken == pool.checkedout()  # type: ignore[attr-defined]
    assert len(followed) > 2


def test_a_part_is_asked_for_when_the_one_before_is_taken(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, asked = new_case(world), []
    with in_parts_of(SIZE, monkeypatch) as followed:

        async def counts(part: int) -> None:
            asked.append((part, len(followed)))

        listen(world, path_of(made), taken=counts)
    assert asked == [(number, number) for number in range(len(asked))]


def test_nothing_more_is_asked_for_who_has_left(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, left = new_case(world), asyncio.Event()

    async def leaves(part: int) -> None:
        if part == 1:
            left.set()
            await asyncio.sleep(0)

    with in_parts_of(SIZE, monkeypatch) as followed:
        heard = listen(world, path_of(made), taken=leaves, left=left)
    assert not heard.ended
    assert len(followed) <= 2


def test_what_has_begun_is_not_turned_away_at_a_full_queue(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, lanes = new_case(world), world.client.app.state.lanes  # type: ignore[attr-defined]

    async def fills(_: int) -> None:
        monkeypatch.setattr(lanes, "waiting", 0)

    with in_parts_of(SIZE, monkeypatch):
        heard = listen(world, path_of(made), taken=fills)
        assert made.send("social_worker", "GET", "/timeline").status_code == 503
    assert heard.ended
    assert len(heard.parts) > 2


def test_head_is_a_get_without_the_rest(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = new_case(world)
    before = reads(made)
    for query in ("", "?record=team"):
        with in_parts_of(SIZE, monkeypatch) as followed:
            answer = made.send("social_worker", "HEAD", f"/timeline{query}")
        assert (answer.status_code, answer.content, followed) == (200, b"", [])
        assert answer.headers["content-type"] == "application/json"
    assert reads(made) == before + 2


def test_a_lane_without_a_connection_of_its_own_goes_on_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = new_case(world)
    whole = made.get("social_worker", "/timeline")
    monkeypatch.setattr("app.safeguards.guard.carrying.at_hand", lambda _: None)
    with in_parts_of(SIZE, monkeypatch) as followed:
        heard = listen(world, path_of(made))
    assert followed
    assert json.loads(heard.body) == whole


def test_options_of_a_stream_is_its_head(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = new_case(world)
    assert len(made.get("social_worker", "/timeline")["items"]) > 3
    with in_parts_of(3, monkeypatch) as followed:
        told = made.send("social_worker", "OPTIONS", "/timeline")
    assert (told.status_code, followed) == (204, [])
