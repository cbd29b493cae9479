"""Gives committed events their place in the signed log, a batch at a time.

Which events have none yet, is asked of the events themselves, so that no request pays for a queue.
Ids sort by the moment they were made; what commits late stands before what was found already, so
each search begins a while before the last one. And now and then all events are looked through, some
at a time, so that no look takes longer because the log is long.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, Select, exists, select, text

from app.core.db import table
from app.core.many import insert_all
from app.core.transactions import reading, transaction
from app.core.values import now, uuid_of
from app.safeguards.audit.chain import LOGGED, log_leaf
from app.safeguards.audit.log_keys import LogKeys
from app.safeguards.audit.models import AuditEvent, LogLeaf, Unvouched
from app.safeguards.audit.stored_log import Head, NewLeaf, grow, head_of, hold, reader
from app.safeguards.audit.tiles import BadTile, root

EVENTS, LEAVES, UNVOUCHED = table(AuditEvent), table(LogLeaf), table(Unvouched)
MOST = 4_096  # events of one batch
# Between the moment in an id and its commit, beside what the database itself says is still open:
# a request that waits for a lock, and clocks of two machines.
LATE = timedelta(seconds=20)
NAMES = (*LOGGED, "mac")
COLUMNS = [EVENTS.c[name] for name in NAMES]
BEFORE_ALL, AFTER_ALL = UUID(int=0), UUID(int=(1 << 128) - 1)
WINDOW = 50_000  # events that are looked through at a time
AGAIN = timedelta(hours=1)  # until all events are looked through anew
OLDEST_OPEN = text(
    "SELECT min(xact_start) FROM pg_stat_activity "
    "WHERE usename = current_user AND pid <> pg_backend_pid()"
)
Vouched = Callable[[Mapping[str, Any]], bool]


@dataclass
class Sequencing:
    """What one sequencer remembers between two batches; another may work beside it."""

    engine: Engine
    keys: LogKeys
    vouched: Vouched
    clock: Callable[[], datetime] = now
    floor: UUID | None = None  # but for what was much too late, every event before it has its place
    swept: UUID = BEFORE_ALL  # so far all events were looked through anew
    whole: datetime | None = field(default=None)  # when all were, last
    known: Head | None = None  # the log as this process saw it last
    late: timedelta = timedelta()  # how old the oldest event of the last batch was

    def batch(self, most: int = MOST) -> tuple[bool, Head | None]:
        """Up to so many events more in the log, and the log as it is now, if there is one.

        Says whether there may be more to do at once.
        """
        at = self.clock()
        with reading(self.engine) as db:
            horizon, head = self.horizon(db, at), head_of(db)
            size = head.size if head else 0
            floor = placed_before(db, size) if self.floor is None else self.floor
            found = waiting(db, floor, most, size)
            swept = self.swept
            if len(found) < most and (self.whole is None or at - self.whole > AGAIN):
                swept = min(next_after(db, self.swept), floor)
                found += waiting(db, self.swept, most - len(found), size, swept)
            cut = len(found) == most
            found += predecessors(db, found, size)
        self.late = max((at - one["created_at"] for one in found), default=timedelta())
        good = [event for event in found if self.ours(event)]
        leaves = [
            NewLeaf(one["id"], log_leaf(one), one["file_id"] or one["asked_id"])
            for one in in_order(good)
        ]
        bad = {event["id"] for event in found} - {one.event_id for one in leaves}
        if found:
            with transaction(self.engine) as db:
                held = hold(db, self.keys, at)
                self.remember(db, held)
                if held.size != size:
                    return True, held  # somebody else was faster: what was found may be theirs
                head = grow(db, self.keys, held, leaves, at) if leaves else head
                insert_all(db, UNVOUCHED, [{"event_id": one, "found_at": at} for one in bad])
            self.known = head
        if not cut:
            self.floor = horizon
            self.swept = swept
            if swept == floor:
                self.swept, self.whole = BEFORE_ALL, at
        return cut, head

    def ours(self, event: Mapping[str, Any]) -> bool:
        """What nobody of us could have written is not judged any further."""
        try:
            return self.vouched(event)
        except Exception:
            return False

    def remember(self, db: Connection, held: Head) -> None:
        """Raise BadTile where the log is not a continuation of what this process saw last."""
        if self.known is not None and (
            held.size < self.known.size or root(reader(db), self.known.size) != self.known.root
        ):
            raise BadTile("the log is not what it was a moment ago")

    def horizon(self, db: Connection, at: datetime) -> UUID:
        """What is committed from now on has no smaller id."""
        oldest = at
        if db.dialect.name == "postgresql":
            oldest = min(at, db.execute(OLDEST_OPEN).scalar() or at)
        return first_id(oldest - LATE)


def first_id(at: datetime) -> UUID:
    """The smallest id of version 7 that could be made at this moment."""
    return uuid_of(int(at.timestamp() * 1000) << 80)


def placed_before(db: Connection, size: int) -> UUID:
    """Where a process begins that does not know: a while before the last of the log."""
    last = select(LEAVES.c.event_id).where(LEAVES.c.leaf_index == size - 1)
    found: UUID | None = db.execute(last).scalar_one_or_none()
    made = found.int >> 80 if found else 0  # milliseconds
    return uuid_of(max(made - int(LATE.total_seconds() * 1000), 0) << 80)


def next_after(db: Connection, place: UUID) -> UUID:
    """The place so many events further on, or after all."""
    later = select(EVENTS.c.id).where(EVENTS.c.id >= place).order_by(EVENTS.c.id)
    found: UUID | None = db.execute(later.offset(WINDOW).limit(1)).scalar_one_or_none()
    return found or AFTER_ALL


def waiting(
    db: Connection, floor: UUID, most: int, size: int, until: UUID = AFTER_ALL
) -> list[dict[str, Any]]:
    """Committed events from this id on that are not in the log of this size, oldest first."""
    here = EVENTS.c.id >= floor, EVENTS.c.id < until
    statement = select(*COLUMNS).where(*here, *unplaced(size))
    return events(db, statement.order_by(EVENTS.c.id).limit(most))


def predecessors(db: Connection, found: list[dict[str, Any]], size: int) -> list[dict[str, Any]]:
    """What stands in its chain before one of these and is not in the log, wherever its id is.

    Who waited for a chain made the id of their event before whoever wrote ahead of them, and the
    clock of another machine may be behind; whoever reads the log is to find no gap.
    """
    later, more = EVENTS.alias("later"), list[dict[str, Any]]()
    before = (later.c.file_id == EVENTS.c.file_id) & (later.c.chain == EVENTS.c.chain)
    known = {(one["file_id"], one["chain"], one["seq"]) for one in found}

    def follows_unknown(one: Mapping[str, Any]) -> bool:
        """Most are the first of their chain, or follow another of these: nobody need be asked."""
        seq = one["seq"] or 0
        return seq > 1 and (one["file_id"], one["chain"], seq - 1) not in known

    frontier = [one["id"] for one in found if follows_unknown(one)]
    while frontier:
        some, frontier = frontier[:500], frontier[500:]
        here = later.c.id.in_(some), before, EVENTS.c.seq == later.c.seq - 1
        before_them = events(db, select(*COLUMNS).where(*here, *unplaced(size)))
        frontier += [one["id"] for one in before_them if follows_unknown(one)]
        more += before_them
    return more


def events(db: Connection, statement: Select[Any]) -> list[dict[str, Any]]:
    """All rows at once, which the driver reads in one go."""
    return [dict(zip(NAMES, row, strict=True)) for row in db.execute(statement).all()]


def in_order(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of one chain change places, so that they stand in its order."""
    chains: dict[tuple[UUID, str], list[int]] = {}
    for place, event in enumerate(found):
        if event["chain"] is not None:
            chains.setdefault((event["file_id"], event["chain"]), []).append(place)
    ordered = [*found]
    for places in chains.values():
        events = sorted((found[place] for place in places), key=lambda one: one["seq"])
        for place, event in zip(places, events, strict=True):
            ordered[place] = event
    return ordered


def unplaced(size: int) -> list[ColumnElement[bool]]:
    """Events that are neither in the log of this size nor put aside."""
    placed = exists().where(LEAVES.c.event_id == EVENTS.c.id, LEAVES.c.leaf_index < size)
    return [~placed, ~exists().where(UNVOUCHED.c.event_id == EVENTS.c.id)]
