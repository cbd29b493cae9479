"""What was read, in the order of the signed log: for who tells of readings beside the requests.

How far they have come is a fact of the installation. It moves in the transaction in which they tell
of what they found up to there, so that each reading is told of once, whoever else does the same and
whatever is killed. An event that commits late has its place behind those that are judged already.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, SelectBase, case, func, select

from app.core.db import table
from app.core.installation import Fact, fact, move
from app.core.many import insert_all
from app.core.transactions import reading, transaction
from app.core.values import new_id, now, uuid_of
from app.safeguards.audit.models import AuditEvent, AuditSubject, LogLeaf
from app.safeguards.audit.stored_log import head_of
from app.safeguards.guard.calls import Call, House, on_record, unit
from app.safeguards.guard.mark import Mark
from app.safeguards.guard.second_wall import BEYOND
from app.safeguards.guard.unit_of_work import UnitOfWork
from app.safeguards.identity.caller import Caller

EVENTS, LEAVES, SUBJECTS = table(AuditEvent), table(LogLeaf), table(AuditSubject)
COME_TO = "readings_told_of"  # a fact: the place in the log of the first event that was not judged
CLOCKS = timedelta(minutes=5)  # between the moment of an event and that in its id, at most
LOOK: list[ColumnElement[Any]] = [
    EVENTS.c[name] for name in ("id", "created_at", "actor_id", "role", "file_id", "route")
]
# How many records a list showed; of what a stream tells of one file it is no number.
SHOWN: ColumnElement[Any] = case(
    (EVENTS.c.file_id.is_(None), EVENTS.c.detail["shown"].as_integer()), else_=None
)
LOOK.append(SHOWN.label("shown"))
# By somebody who has signed in: what an operator's command reads is of no evening.
READ = (EVENTS.c.outcome == "read", EVENTS.c.session_id.is_not(None))
# At least as many files as an answer showed: one that names a file is about that one.
WEIGHT: ColumnElement[Any] = case(
    (EVENTS.c.file_id.is_(None), EVENTS.c.detail["shown"].as_integer()), else_=1
)


@dataclass(frozen=True)
class Stretch:
    """Part of the log: from one place up to, and without, another."""

    first: int
    last: int


@dataclass(frozen=True)
class Look:
    """One event of reading. `opened`: by a request that only reads, not on the way to a write.

    `alone`: a list that showed one record and no more, as who looks for somebody narrows it.
    """

    id: UUID
    at: datetime
    by: UUID
    role: str
    file_id: UUID | None
    opened: bool
    alone: bool = False


@dataclass(frozen=True)
class Onlooker:
    """What can be asked of a stretch; `work` finds facts past all walls, and writes nothing."""

    db: Connection
    stretch: Stretch
    work: UnitOfWork

    def looks(self) -> list[Look]:
        placed = LEAVES.c.leaf_index >= self.stretch.first, LEAVES.c.leaf_index < self.stretch.last
        statement = select(*LOOK).join(LEAVES, LEAVES.c.event_id == EVENTS.c.id)
        return self._looks(statement.where(*placed, *READ).order_by(LEAVES.c.leaf_index))

    def busy(
        self, among: Collection[UUID], since: datetime, until: datetime, most: int
    ) -> set[UUID]:
        """Of these, who may have been shown more than so many files between the two moments."""
        mine = EVENTS.c.actor_id.in_(among), *READ, *made_between(since, until)
        summed = select(EVENTS.c.actor_id).where(*mine).group_by(EVENTS.c.actor_id)
        return set(self.db.execute(summed.having(func.sum(WEIGHT) > most)).scalars())

    def looks_of(self, actor_id: UUID, since: datetime, until: datetime) -> list[Look]:
        """Those that have their place before the end of the stretch."""
        placed = LEAVES.c.leaf_index < self.stretch.last
        statement = select(*LOOK).join(LEAVES, LEAVES.c.event_id == EVENTS.c.id)
        mine = EVENTS.c.actor_id == actor_id, *READ, *made_between(since, until), placed
        return self._looks(statement.where(*mine))

    def shown(self, events: Collection[UUID], among: SelectBase) -> dict[UUID, set[UUID]]:
        """By event, which of the files of this statement its answer showed in a list.

        From the files, for of these rows the key begins with them, and one by the event would cost
        each list.
        """
        found: dict[UUID, set[UUID]] = {one: set() for one in events}
        if not found:
            return found
        files = among.subquery()
        (file,) = files.c
        here = SUBJECTS.c.event_id.between(min(found), max(found))
        pairs = select(SUBJECTS.c.event_id, SUBJECTS.c.file_id).join(
            files, file == SUBJECTS.c.file_id
        )
        for event_id, file_id in self.db.execute(pairs.where(here)):
            if event_id in found:
                found[event_id].add(file_id)
        return found

    def _looks(self, statement: Select[Any]) -> list[Look]:
        return [look_of(row) for row in self.db.execute(statement)]


def look_of(row: Any) -> Look:
    opened = row.route.startswith("GET ")
    alone = opened and row.file_id is None and row.shown == 1
    return Look(row.id, row.created_at, row.actor_id, row.role, row.file_id, opened, alone)


def made_between(since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    """By their ids, in whose order they stand, and by their moments."""
    first, last = (int(one.timestamp() * 1000) << 80 for one in (since - CLOCKS, until + CLOCKS))
    ids = EVENTS.c.id >= uuid_of(first), EVENTS.c.id <= uuid_of(last)
    return (*ids, EVENTS.c.created_at > since, EVENTS.c.created_at <= until)


def begin(house: House) -> None:
    """What stands in the log before anybody looks on is told of to nobody."""
    with transaction(house.engine) as db:
        if fact(db, COME_TO) is None:
            head = head_of(db)
            place = {"name": COME_TO, "value": str(head.size if head else 0)}
            insert_all(db, table(Fact), [place], "left")


@contextmanager
def looking_on(house: House, caller: Caller, mark: Mark, most: int) -> Iterator[Onlooker | None]:
    """Up to so many events that were not judged yet, if there are any; nobody who writes waits."""
    with reading(house.engine, BEYOND) as db:
        come_to, head = fact(db, COME_TO), head_of(db)
        if come_to is None or head is None or int(come_to) >= head.size:
            yield None
            return
        stretch = Stretch(int(come_to), min(int(come_to) + most, head.size))
        work = unit(house, db, mark, call_of(mark), caller, now())
        yield Onlooker(db, stretch, work)


@contextmanager
def told_up_to(house: House, caller: Caller, mark: Mark, stretch: Stretch) -> Iterator[Any]:
    """A unit of work, past all walls, for what is told of a stretch; None where others were faster.

    Nobody asked for it, so there is no door; what it delivers stands in the trail as theirs.
    """
    with transaction(house.engine, BEYOND) as db:
        if not move(db, COME_TO, str(stretch.first), str(stretch.last)):
            yield None
            return
        work = unit(house, db, mark, call_of(mark), caller, now())
        yield work
        if work._writes.written:
            work._settle(None)
    on_record(house, work._circumstances)


def call_of(mark: Mark) -> Call:
    return Call(b"", "SYSTEM", "", f"system {mark.action}", new_id())
