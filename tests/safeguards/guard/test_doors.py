"""The prepared wall of one file, asked by itself: what it opens for, and what it closes at."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, literal, select

from app.core.db import table
from app.core.statements import Statement
from app.core.values import new_id, now
from app.registry.cases.models import Case
from app.registry.cases.on_case import OnCase
from app.safeguards.access.bars import EVERYBODY, Bar
from app.safeguards.guard.calls import Call, unit
from app.safeguards.guard.door import (
    Door,
    door_of,
    good_token,
    lock_of,
    particulars,
    plain_columns,
    plain_names,
    somebody,
    still_open_now,
)
from app.safeguards.guard.mark import Mark
from app.safeguards.identity.caller import authenticate, digest
from app.safeguards.identity.models import Session
from app.safeguards.vault.models import File
from tests.looking import transaction
from tests.making import Made, new_case
from tests.safeguards.guard.test_remembered import change
from tests.worlds import World

ADD = OnCase("note.add")
ROLE = "social_worker"  # reaches a case by the team, so by who it is alone


def door(world: World, **more: Any) -> Door:
    return Door(Case, "note.add", ROLE, False, world.engine, **more)


def given(world: World, made: Made) -> dict[str, Any]:
    """What a door is given by whoever has just asked, and has seen the file as it is."""
    token = digest(f"Bearer {world.staff[ROLE, 'north'].token}")
    cases, files = table(Case).c, table(File).c
    with transaction(world.house.engine) as db:
        caller = authenticate(db, token, now(), world.house.vault.admitting)
        assert caller is not None
        version = db.execute(select(cases.version).where(cases.id == UUID(made.id))).scalar_one()
        key = db.execute(select(files.wrapped_key).where(files.id == UUID(made.id))).scalar_one()
    own = {"file": UUID(made.id), "token": token, "session": caller.session_id}
    return {**particulars(caller, now()), **own, "seen_version": version, "seen_key": key}


def opens(world: World, one: Door, values: dict[str, Any], still: bool = False) -> bool:
    statement = still_open_now(one) if still else door_of(one)
    with transaction(world.house.engine) as db:
        return bool(statement.run(db, values))


def is_good(world: World, role: str, values: dict[str, Any]) -> bool:
    asked = select(literal(1).label("good")).where(good_token(somebody(role)))
    with transaction(world.house.engine) as db:
        return bool(Statement(asked, world.engine).run(db, values))


OTHERS = {
    "token": b"another",
    "session": new_id(),
    "caller": new_id(),
    "unit": new_id(),
    "jurisdiction": "zz",
    "at": now() + timedelta(days=400),
}


@pytest.mark.parametrize("other", OTHERS)
def test_a_token_is_good_for_who_holds_it_as_they_were_seen(world: World, other: str) -> None:
    asked = given(world, new_case(world))
    assert is_good(world, ROLE, asked)
    assert not is_good(world, ROLE, {**asked, other: OTHERS[other]})
    assert not is_good(world, "psychologist", asked)


def test_a_token_of_a_one_time_password_is_good_for_no_door(fresh: World) -> None:
    asked = given(fresh, new_case(fresh))
    change(fresh, Session, table(Session).c.id == asked["session"], limited=True)
    assert not is_good(fresh, ROLE, asked)


def test_a_door_looks_at_the_token_where_nobody_has(world: World) -> None:
    asked = given(world, new_case(world))
    stranger, strange = {**asked, "caller": new_id()}, {**asked, "token": b"another"}
    for one, still, looks in (
        (door(world), False, False),
        (door(world, proves=True), False, True),
        (door(world), True, False),
        (door(world, known=True), True, True),
    ):
        assert opens(world, one, asked, still)
        assert opens(world, one, strange, still) is not looks
        assert not opens(world, one, stranger, still)
        assert not opens(world, one, {**asked, "file": new_id()}, still)


def test_a_known_door_closes_when_the_file_is_not_what_was_seen(world: World) -> None:
    asked = given(world, new_case(world))
    known, unknown = door(world, known=True), door(world)
    for changed in ({"seen_version": asked["seen_version"] + 1}, {"seen_key": b"another"}):
        assert not opens(world, known, {**asked, **changed}, still=True)
        assert opens(world, unknown, {**asked, **changed}, still=True)


def test_a_door_shows_the_plain_columns_of_its_file_and_the_key(world: World) -> None:
    asked = given(world, new_case(world))
    with transaction(world.house.engine) as db:
        (row,) = door_of(door(world)).run(db, asked)
        assert not door_of(door(world)).run(db, {**asked, "file": new_id()})
    told = dict(zip(plain_names(Case), row[:-1], strict=True))
    assert (told["id"], told["version"]) == (asked["file"], asked["seen_version"])
    assert row[-1] == asked["seen_key"]
    assert plain_names(Case) == tuple(one.name for one in plain_columns(Case))


def test_who_writes_on_a_file_holds_its_row_and_no_other(world: World) -> None:
    asked = given(world, new_case(world))
    held = " FOR NO KEY UPDATE OF cases" if world.engine == "postgresql" else ""
    writing = replace(door(world), writes=True)
    assert door_of(writing).text.endswith(held)
    assert lock_of(writing).text.endswith(held)
    assert "FOR " not in door_of(door(world)).text
    with transaction(world.house.engine) as db:
        assert len(lock_of(writing).run(db, asked)) == 1
        assert lock_of(writing).run(db, {"file": new_id()}) == []


def test_only_a_door_past_seals_opens_what_is_sealed(fresh: World) -> None:
    asked = given(fresh, new_case(fresh))
    bar = {"file_id": asked["file"], "user_id": EVERYBODY, "source_id": new_id()}
    with transaction(fresh.house.engine) as db:
        db.execute(insert(table(Bar)).values(bar))
    for still in (False, True):
        assert not opens(fresh, door(fresh), asked, still)
        assert opens(fresh, door(fresh, sealed=True), asked, still)


def test_who_is_in_no_unit_is_asked_the_same_at_length(fresh: World) -> None:
    made, other = new_case(fresh), new_case(fresh, team=())
    token = digest(f"Bearer {fresh.staff[ROLE, 'north'].token}")

    def reaches(file_id: UUID, mark: Mark = ADD, action: str = "note.add", **differs: Any) -> bool:
        with transaction(fresh.house.engine) as db:
            known = authenticate(db, token, now(), fresh.house.vault.admitting)
            assert known is not None
            caller = replace(known, unit_id=None, **differs)
            call = Call(token, "POST", "/path", "route", new_id(), file_id)
            work = unit(fresh.house, db, mark, call, caller, now())
            return work._reaches(Case, action, summary=False)

    assert reaches(UUID(made.id))
    assert reaches(UUID(other.id))  # led by them
    assert not reaches(UUID(made.id), id=new_id())
    assert not reaches(new_id())
    assert not reaches(UUID(made.id), role="statistician")
    bar = {"file_id": UUID(made.id), "user_id": EVERYBODY, "source_id": new_id()}
    with transaction(fresh.house.engine) as db:
        db.execute(insert(table(Bar)).values(bar))
    assert not reaches(UUID(made.id))
    assert reaches(UUID(made.id), replace(ADD, past_seals=True))
    assert not reaches(UUID(made.id), replace(ADD, past_seals=True), "case.read")
