"""The short way of reading: the same answer, tag and evidence as the long one, or the long one."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Text, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.core.db import table
from app.core.lanes import Lanes
from app.core.statements import Statement, bind
from app.core.transactions import held
from app.core.values import new_id, now, spelled
from app.registry.cases.models import TeamMember
from app.registry.staff.models import Unit, User
from app.safeguards.access.policy import POLICY, ROLES
from app.safeguards.audit.chain import broken
from app.safeguards.audit.models import AuditEvent, AuditSubject
from app.safeguards.guard import carrying, express
from app.safeguards.guard.spelling import SPELLINGS, bytes_of, kinds_spelled
from app.safeguards.identity.caller import digest
from app.safeguards.identity.models import Session
from tests import hiring
from tests.conftest import World
from tests.looking import lately, rewritten, transaction
from tests.making import Made, new_case, staff_id, today

BELOW = ("", "/notes", "/team", "/milestones", "/deadlines", "/pathways", "/decisions", "/tasks")
LISTS = ("/v1/cases", "/v1/cases?limit=2", "/v1/cases?limit=3&status=open", "/v1/users?limit=2")


class Ways:
    """Which way the last reads went."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.short: list[bool] = []
        self.open = True
        for module, name in ((carrying, "quickly"), (express, "on_line")):
            monkeypatch.setattr(module, name, self.watched(getattr(module, name)))

    def watched(self, way: Any) -> Any:
        def gone(*args: Any) -> Any:
            answer = way(*args) if self.open else None
            self.short.append(answer is not None)
            return answer

        return gone


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> Ways:
    return Ways(monkeypatch)


def both(ways: Ways, send: Any, path: str) -> tuple[Any, Any]:
    """The answer of the long way, then that of whichever way is taken."""
    ways.open = False
    long = send("GET", path)
    ways.open = True
    return long, send("GET", path)


def event_of(world: World, answer: Any) -> tuple[dict[str, Any], list[str]]:
    """What is on record of one request, less what differs by chance, and the files it showed."""
    events, subjects = table(AuditEvent), table(AuditSubject)
    asked = events.c.request_id == UUID(answer.headers["X-Request-Id"])
    with transaction(world.house.engine) as db:
        (row,) = db.execute(select(events).where(asked, events.c.id >= lately())).all()
        shown = db.execute(select(subjects.c.file_id).where(subjects.c.event_id == row.id))
        told = {name: str(value) for name, value in row._mapping.items()}
        files = sorted(str(one) for one in shown.scalars())
    for name in ("id", "created_at", "request_id", "mac"):
        told.pop(name)
    return told, files


def worked_on(world: World) -> Made:
    made = new_case(world)
    for text in ('“Übung” \\ "x" <b>', "zwei\nZeilen\tund\u200cmehr", "drei 😀"):
        note = {"kind": "social_work", "occurred_on": today().isoformat(), "text": text}
        assert made.post("social_worker", "/notes", note).status_code == 201
    made.reach("social_worker", "arrived")
    return made


@pytest.fixture(scope="module")
def unchanged(world: World) -> Made:
    return worked_on(world)


@pytest.mark.turns
@pytest.mark.parametrize("role", [r for r in ROLES if r in POLICY.classes["case"]])
def test_every_role_reads_the_same_either_way(
    world: World, unchanged: Made, ways: Ways, role: str
) -> None:
    made = unchanged
    paths = [*LISTS, *(made.path + below for below in BELOW)]
    paths += [f"{made.path}{below}?limit=2" for below in BELOW if below]
    for path in paths:
        long, either = both(ways, world.as_(role), path)
        assert either.status_code == long.status_code, path
        if long.status_code == 200:
            assert either.content == long.content, path
            assert either.headers.get("etag") == long.headers.get("etag"), path
            short, at_length = event_of(world, either), event_of(world, long)
            assert short[0].items() ^ at_length[0].items() == set(), path
            assert short[1] == at_length[1], path


def test_the_usual_reads_take_the_short_way(world: World, ways: Ways) -> None:
    made = worked_on(world)
    note = made.get("social_worker", "/notes")["items"][0]["id"]
    for path in (*(made.path + below for below in BELOW), f"{made.path}/notes/{note}", *LISTS[:3]):
        assert world.as_("social_worker")("GET", path).status_code == 200
        assert ways.short[-1], path


def test_the_pages_of_the_short_way_hold_each_row_once(world: World, ways: Ways) -> None:
    made, seen, cursor = worked_on(world), [], ""
    while True:
        page = made.get("social_worker", f"/notes?limit=2{cursor}")
        assert ways.short[-1]
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert len(seen) == len(set(seen)) == 3


def test_an_empty_page_is_an_answer_and_on_record(world: World, ways: Ways) -> None:
    made = new_case(world)
    long, short = both(ways, world.as_("social_worker"), made.path + "/notes")
    assert ways.short[-1]
    assert short.json() == long.json() == {"items": [], "next": None}
    assert event_of(world, short) == event_of(world, long)


def ended(world: World, token: str) -> None:
    sessions = table(Session)
    with transaction(world.house.engine) as db:
        caller = world.house.remembered.of(digest(f"Bearer {token}"))
        assert caller is not None
        db.execute(
            update(sessions).where(sessions.c.id == caller.session_id).values(ended_at=now())
        )


def test_what_is_remembered_of_a_token_is_no_authority(fresh: World, ways: Ways) -> None:
    made, token = new_case(fresh), fresh.staff["social_worker", "north"].token
    assert made.get("social_worker") == made.get("social_worker")
    assert ways.short[-1]
    ended(fresh, token)
    answer = made.send("social_worker", "GET")
    assert answer.status_code == 401
    assert not ways.short[-1]


@pytest.mark.parametrize("change", [{"role": "auditor"}, {"disabled": True}])
def test_another_role_or_none_counts_at_the_next_request(
    fresh: World, ways: Ways, change: dict[str, Any]
) -> None:
    made = new_case(fresh)
    assert made.get("psychologist") == made.get("psychologist")  # the second time remembered
    assert ways.short[-1]
    changed = hiring.change(fresh, staff_id(fresh, "psychologist"), **change)
    assert changed.status_code == 200, changed.text
    answer = made.send("psychologist", "GET")
    assert answer.status_code in (401, 404)
    assert not ways.short[-1]


def test_who_left_the_team_reads_nothing_more(world: World, ways: Ways) -> None:
    made = new_case(world)
    assert made.get("psychologist") == made.get("psychologist")  # the second time remembered
    assert ways.short[-1]
    members = table(TeamMember)
    mine = (members.c.case_id == UUID(made.id), members.c.role == "psychologist")
    with transaction(world.house.engine) as db:
        rewritten(db, TeamMember, *mine, until=today())
    for path in ("", "/notes", "/team"):
        assert made.send("psychologist", "GET", path).status_code == 404
        assert not ways.short[-1]


def test_a_stranger_is_told_nothing_and_is_on_record(world: World, ways: Ways) -> None:
    made, send = new_case(world, team=()), world.as_("psychologist")
    assert send("GET", "/v1/cases?limit=1").status_code == 200
    hidden, absent = send("GET", made.path), send("GET", f"/v1/cases/{new_id()}")
    bare = [{k: v for k, v in one.json().items() if k != "request_id"} for one in (hidden, absent)]
    assert bare[0] == bare[1]
    told, _ = event_of(world, hidden)
    assert (told["outcome"], str(told["asked_id"])) == ("refused", made.id)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_the_database_spells_text_as_we_do(world: World, text: str) -> None:
    spell = SPELLINGS[world.engine]
    statement = Statement(select(bytes_of(spell(bind("text", Text()), Text()))), world.engine)
    with transaction(world.house.engine) as db:
        ((found,),) = statement.run(db, {"text": text})
    assert found == spelled(text)
    assert json.loads(found) == text


def test_most_schemas_are_written_by_the_database() -> None:
    names = {out.__name__ for out in kinds_spelled()}
    assert {"CaseOut", "TrackOut", "NoteOut", "TaskOut", "MilestoneOut", "DeadlineOut"} <= names


def test_the_link_is_the_same_whoever_hashes_it(world: World) -> None:
    """Written by the database on PostgreSQL, by us on SQLite; checked by neither."""
    made = worked_on(world)
    events = table(AuditEvent)
    mine = (events.c.file_id == UUID(made.id), events.c.chain == "psychosocial_notes")
    with transaction(world.house.engine) as db:
        chain = [dict(one._mapping) for one in db.execute(select(events).where(*mine))]
    assert len(chain) == 3
    assert broken(chain) == []
    chain[1]["role"] = "auditor"
    assert broken(chain) == [2]


def test_a_defect_of_the_short_way_is_told_and_done_at_length(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = new_case(world)
    expected = made.get("social_worker")

    def broken(*_: object) -> None:
        raise ZeroDivisionError("canary")

    monkeypatch.setattr("app.safeguards.guard.quick.Quick.read", broken)
    assert made.get("social_worker") == expected
    assert [one.message for one in caplog.records if one.levelname == "ERROR"] == [
        "short way failed"
    ]
    monkeypatch.undo()
    assert made.get("social_worker") == expected  # the connection is in order


def test_a_connection_keeps_some_hundred_statements_and_no_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.core.statements.MOST_PREPARED", 3)
    for number in range(8):
        statement = Statement(select(bind(f"n{number}", Text())), world.engine)
        with transaction(world.house.engine) as db:
            assert statement.run(db, {f"n{number}": "x"}) == [["x"]]
            if world.engine == "postgresql":
                assert len(db.connection.info["prepared"]) <= 3
    assert world.as_("social_worker")("GET", "/v1/cases?limit=1").status_code == 200


@pytest.mark.parametrize("path", ["/v1/cases/%7B%7D", "/v1/cases/{}/notes", "/v1/cases//notes"])
def test_a_path_that_only_looks_like_one_is_refused(world: World, path: str) -> None:
    for method in ("GET", "POST"):
        answer = world.as_("social_worker")(method, path, json={} if method == "POST" else None)
        assert answer.status_code in (404, 405), (method, path)
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_commit_that_fails_leaves_the_kept_connection_in_order(world: World) -> None:
    engine = world.house.engine
    made_up = {"code": "u", "name": "u", "jurisdiction": "ra", "version": 1, "updated_at": now()}
    row = {**made_up, "id": new_id(), "created_at": now(), "last_event_id": new_id()}
    with held(engine):
        for _ in range(2):
            with pytest.raises(IntegrityError), transaction(engine) as db:
                db.execute(insert(table(Unit)).values({**row, "code": str(new_id())}))
        with transaction(engine) as db:
            assert db.execute(select(table(Unit).c.id).limit(1)).first()


def test_a_lane_that_cannot_connect_serves_all_the_same() -> None:
    @contextmanager
    def nothing() -> Iterator[None]:
        raise RuntimeError("canary")
        yield

    async def asked() -> str:
        return await asyncio.wait_for(lanes.run(lambda: "served"), 5)

    lanes = Lanes[str](1, 5, nothing)
    lanes.start()
    try:
        assert asyncio.run(asked()) == "served"
    finally:
        lanes.stop()


@pytest.mark.parametrize("change", ["role", "unit_id", "jurisdiction"])
def test_each_particular_is_found_again(fresh: World, ways: Ways, change: str) -> None:
    """Changed behind the application's back, so that the session itself goes on."""
    send, users, units = fresh.as_("supervisor"), table(User), table(Unit)
    for _ in range(2):
        assert send("GET", "/v1/cases?limit=1").status_code == 200
    assert ways.short[-1]
    me = UUID(send("GET", "/v1/me").json()["id"])
    with transaction(fresh.house.engine) as db:
        mine = db.execute(select(users.c.unit_id).where(users.c.id == me)).scalar_one()
        other = db.execute(select(units.c.id).where(units.c.id != mine).limit(1)).scalar_one()
        if change == "jurisdiction":
            rewritten(db, Unit, units.c.id == mine, jurisdiction="rb")
        else:
            value = {"role": "coordinator", "unit_id": other}[change]
            rewritten(db, User, users.c.id == me, **{change: value})
    send("GET", "/v1/cases?limit=1")
    assert not ways.short[-1]
