"""Gives committed events their place in the signed log, a batch at a time.

Which events have none yet, is asked of the events themselves, so that no request pays for a queue.
Ids sort by the moment they were made; what commits late stands before what was found already, so
each search begins a while before the last one, and now and then at the very first event.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, FromClause, exists, func, select, text

from app.core.db import table
from app.core.many import insert_all
from app.core.transactions import reading, transaction
from app.core.values import now, uuid_of
from app.safeguards.audit.chain import LOGGED, log_leaf
from app.safeguards.audit.log_keys import LogKeys
from app.safeguards.audit.models import AuditEvent, LogLeaf, Unvouched
from app.safeguards.audit.stored_log import Head, NewLeaf, grow, head_of, hold

EVENTS, LEAVES, UNVOUCHED = table(AuditEvent), table(LogLeaf), table(Unvouched)
MOST = 4_096  # events of one batch
# Between the moment in an id and its commit, beside what the database itself says is still open:
# a request that waits for a lock, and clocks of two machines.
LATE = timedelta(seconds=20)
BEFORE_ALL = UUID(int=0)
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
    floor: UUID = BEFORE_ALL  # every event before it has its place
    whole: datetime | None = field(default=None)  # when all events were looked through last
    late: timedelta = timedelta()  # how old the oldest event of the last batch was

    def batch(self, most: int = MOST) -> tuple[bool, Head | None]:
        """Up to so many events more in the log, and the log as it is now, if there is one.

        Says whether there may be more to do at once.
        """
        at = self.clock()
        if self.whole is None or at - self.whole > AGAIN:
            self.floor = BEFORE_ALL
        with reading(self.engine) as db:
            horizon, head = self.horizon(db, at), head_of(db)
            found = waiting(db, self.floor, most)
            cut = len(found) == most
            if cut:
                found = unbroken(db, found)
        if cut and not found:
            return self.batch(2 * most)
        self.late = at - found[0]["created_at"] if found else timedelta()
        good, bad = [], []
        for event in in_order(found):
            if self.vouched(event):
                about = event["file_id"] or event["asked_id"]
                good.append(NewLeaf(event["id"], log_leaf(event), about))
            else:
                bad.append(event["id"])
        if found:
            with transaction(self.engine) as db:
                held = hold(db, self.keys, at)
                if held.size != (head.size if head else 0):
                    return True, held  # somebody else was faster: what was found may be theirs
                head = grow(db, self.keys, held, good, at) if good else head
                insert_all(db, UNVOUCHED, [{"event_id": one, "found_at": at} for one in bad])
        if not cut:
            if self.floor == BEFORE_ALL:
                self.whole = at
            self.floor = horizon
        return cut, head

    def horizon(self, db: Connection, at: datetime) -> UUID:
        """What is committed from now on has no smaller id."""
        oldest = at
        if db.dialect.name == "postgresql":
            oldest = min(at, db.execute(OLDEST_OPEN).scalar() or at)
        return first_id(oldest - LATE)


def first_id(at: datetime) -> UUID:
    """The smallest id of version 7 that could be made at this moment."""
    return uuid_of(int(at.timestamp() * 1000) << 80)


def waiting(db: Connection, floor: UUID, most: int) -> list[dict[str, Any]]:
    """Committed events from this id on that are not in the log, oldest first."""
    columns = [EVENTS.c[name] for name in (*LOGGED, "mac")]
    statement = select(*columns).where(EVENTS.c.id >= floor, *unplaced(EVENTS))
    rows = db.execute(statement.order_by(EVENTS.c.id).limit(most))
    return [dict(row._mapping) for row in rows]


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


def unplaced(events: FromClause) -> list[ColumnElement[bool]]:
    """Events that are neither in the log nor put aside."""
    return [
        ~exists().where(rows.c.event_id == events.c.id).correlate(events)
        for rows in (LEAVES, UNVOUCHED)
    ]


def unbroken(db: Connection, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Less what stands in its chain after an event that waits still.

    Who waited for a chain made the id of their event before whoever wrote ahead of them, so that
    among ids the later of two may come first; whoever reads the log is to find no gap.
    """
    earlier = EVENTS.alias("earlier")
    ahead = (earlier.c.file_id == EVENTS.c.file_id) & (earlier.c.chain == EVENTS.c.chain)
    here = EVENTS.c.id.between(found[0]["id"], found[-1]["id"])
    late = select(EVENTS.c.file_id, EVENTS.c.chain, func.min(EVENTS.c.seq).label("seq")).where(
        *(here, ahead, earlier.c.seq == EVENTS.c.seq - 1),
        *(earlier.c.id > found[-1]["id"], *unplaced(earlier)),
    )
    rows = db.execute(late.group_by(EVENTS.c.file_id, EVENTS.c.chain))
    begins = {(row.file_id, row.chain): row.seq for row in rows}

    def stands(event: dict[str, Any]) -> bool:
        seq = begins.get((event["file_id"], event["chain"]))
        return seq is None or event["seq"] < seq

    return [event for event in found if stands(event)]
