"""What the database itself insists on, whoever asks."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError

from app.casework.notes.models import Note
from app.casework.notes.schemas import NoteOut
from app.cli.migrating import APPEND_ONLY, MAY_DELETE
from app.core.db import Base, table
from app.core.errors import Unavailable
from app.core.values import new_id, now
from app.registry.cases.models import TeamMember
from app.registry.cases.on_case import OnCase
from app.registry.staff.models import Unit
from app.safeguards.audit.chain import broken
from app.safeguards.audit.models import AuditEvent, ChainHead
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.guard.unit_of_work import UnitOfWork
from app.safeguards.guard.writing import chain
from tests.architecture.driving import cases_of, drive
from tests.conftest import World
from tests.looking import transaction


def unit_row(event_id: UUID | None) -> dict[str, Any]:
    at = now()
    row = {"id": new_id(), "created_at": at, "updated_at": at, "version": 1}
    said = {"code": f"raw-{row['id']}", "name": "raw", "jurisdiction": "ra"}
    return {**row, **said, "last_event_id": event_id}


def test_a_row_without_its_event_is_refused_at_commit(world: World) -> None:
    row = unit_row(new_id())  # an event that nobody wrote
    with pytest.raises(IntegrityError), transaction(world.house.engine) as db:
        db.execute(insert(table(Unit)).values(row))
    with transaction(world.house.engine) as db:
        assert not db.execute(select(table(Unit)).where(table(Unit).c.id == row["id"])).first()


def test_a_row_that_names_no_event_is_refused_at_once(world: World) -> None:
    with pytest.raises(IntegrityError), transaction(world.house.engine) as db:
        db.execute(insert(table(Unit)).values(unit_row(None)))


def test_an_event_of_a_write_is_chained_or_refused(world: World) -> None:
    event = Circumstances(None, "unit.add", "raw", new_id(), now()).event("written")
    with pytest.raises(IntegrityError), transaction(world.house.engine) as db:
        db.execute(insert(table(AuditEvent)), [event])


def tables() -> list[str]:
    return sorted(Base.metadata.tables)


@pytest.fixture
def on_postgresql(world: World) -> World | None:
    """SQLite has one user, so there is nothing to refuse: its file is the operator's alone."""
    return world if world.engine == "postgresql" else None


@pytest.mark.parametrize("name", APPEND_ONLY)
def test_the_application_cannot_rewrite_evidence(on_postgresql: World | None, name: str) -> None:
    if on_postgresql is None:
        return
    rows = Base.metadata.tables[name]
    column = next(iter(rows.c))
    for statement in (
        update(rows).values({column: column}),
        delete(rows),
        text(f"TRUNCATE {name} CASCADE"),
        text(f"ALTER TABLE {name} DISABLE TRIGGER ALL"),
        text(f"DROP TABLE {name} CASCADE"),
    ):
        refusal = pytest.raises(ProgrammingError, match=r"(permission denied|must be owner)")
        with refusal, transaction(on_postgresql.house.engine) as db:
            db.execute(statement)


def test_the_application_removes_nothing_but_what_is_passing(on_postgresql: World | None) -> None:
    if on_postgresql is None:
        return
    for name in tables():
        if name in MAY_DELETE:
            continue
        refusal = pytest.raises(ProgrammingError, match="permission denied")
        with refusal, transaction(on_postgresql.house.engine) as db:
            db.execute(delete(Base.metadata.tables[name]))


def test_the_application_cannot_switch_off_what_guards_it(on_postgresql: World | None) -> None:
    if on_postgresql is None:
        return
    for statement in (
        "SET session_replication_role = replica",
        "SET ROLE postgres",
        "CREATE TABLE mine (id int)",
        "UPDATE alembic_version SET version_num = 'x'",
    ):
        with pytest.raises(DBAPIError), transaction(on_postgresql.house.engine) as db:
            db.execute(text(statement))


def test_chain_heads_taken_in_any_order_do_not_deadlock(world: World) -> None:
    """Two transactions that append to the same chains, each in another order, many times."""
    files, rounds = cases_of(world)[:3], 15
    together = Barrier(2)

    def append(order: list[UUID]) -> None:
        for _ in range(rounds):
            if world.engine == "postgresql":  # on SQLite the second could not begin
                together.wait(60)
            circumstances = Circumstances(None, "note.add", "shape", new_id(), now())
            events = [
                circumstances.event("written", file_id=one, chain="shape", record_class="shape")
                for one in order
            ]
            with transaction(world.house.engine) as db:
                chain(db, events)
                db.execute(insert(table(AuditEvent)), events)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(append, files), pool.submit(append, files[::-1])]:
            done.result(120)
    events, heads = table(AuditEvent), table(ChainHead)
    with transaction(world.house.engine) as db:
        for one in files:
            here = (events.c.file_id == one) & (events.c.chain == "shape")
            rows = [dict(row._mapping) for row in db.execute(select(events).where(here))]
            head = (heads.c.file_id == one) & (heads.c.chain == "shape")
            assert len(rows) == 2 * rounds
            assert not broken(rows)
            assert db.execute(select(heads.c.seq).where(head)).scalar_one() == 2 * rounds


def test_units_of_work_on_one_case_queue_up(world: World) -> None:
    """Each writes in two classes, in the other's opposite order and in two steps."""
    case_id, rounds = cases_of(world)[0], 6

    def handler(*order: type[Any]) -> Any:
        def handle(work: UnitOfWork) -> object:
            author = {"author_id": work.actor.id, "record_class": "psychosocial_notes"}
            note = {"kind": "social_work", "occurred_on": work.today, "text": "crossing"}
            member = {"user_id": work.actor.id, "since": work.today, "until": work.today}
            member |= {"part": "crossing", "reason": "crossing"}
            member |= {"role": work.actor.role, "jurisdiction": "ra"}
            given: dict[Any, dict[str, Any]] = {Note: {**note, **author}, TeamMember: member}
            written = {}
            for kind in order:
                written[kind] = work.add(kind, **given[kind])
                work.find(TeamMember, limit=1)  # brings what was added to the database
            return work.show(NoteOut, written[Note])

        return handle

    def write(*order: type[Any]) -> list[int]:
        mark, handle = OnCase("note.add"), handler(*order)
        given: dict[str, Any] = {"file_id": case_id, "status": 201}
        return [drive(world, "social_worker", mark, handle, **given).status for _ in range(rounds)]

    with ThreadPoolExecutor(2) as pool:
        orders = [(Note, TeamMember), (TeamMember, Note)]
        done = [pool.submit(write, *one) for one in orders]
        assert [one.result(120) for one in done] == [[201] * rounds] * 2


class Ended(Exception):
    """As the driver tells of a transaction that the database has ended."""

    def __init__(self, sqlstate: str | None, words: str = "") -> None:
        super().__init__(words)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("cause", "tries"),
    [
        (Ended("40P01"), 3),  # a deadlock
        (Ended("40001"), 3),  # a serialisation failure
        (Ended(None, "database is locked"), 3),
        (Ended("57P01"), 1),  # the server is shutting down: trying again is the client's choice
    ],
)
def test_a_unit_of_work_that_the_database_ended_is_done_again(
    world: World, cause: Ended, tries: int
) -> None:
    tried: list[UUID] = []
    before = len(notes_of(world))

    def handle(work: UnitOfWork) -> object:
        note: dict[str, Any] = {"kind": "social_work", "occurred_on": work.today, "text": "again"}
        note |= {"author_id": work.actor.id, "record_class": "psychosocial_notes"}
        written = work.add(Note, **note)
        tried.append(written.id)
        if len(tried) < 3:
            raise OperationalError("a statement", None, cause)
        return work.show(NoteOut, written)

    given: dict[str, Any] = {"file_id": cases_of(world)[0], "status": 201}
    if tries == 1:
        with pytest.raises(Unavailable):
            drive(world, "social_worker", OnCase("note.add"), handle, **given)
    else:
        assert drive(world, "social_worker", OnCase("note.add"), handle, **given).status == 201
    assert len(tried) == tries
    assert len(notes_of(world)) == before + (tries == 3)  # one effect, however often tried


def notes_of(world: World) -> list[Any]:
    with transaction(world.house.engine) as db:
        return list(db.execute(select(table(Note).c.id)))
