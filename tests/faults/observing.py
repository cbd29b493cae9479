"""What a database holds, past the application: each row by itself, so that an effect is counted."""

from collections import Counter
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import make_url, select

from app.core.db import Base, table
from app.core.transactions import reading
from app.safeguards.audit.chain import broken
from app.safeguards.audit.models import AuditEvent, ChainHead
from app.safeguards.guard.calls import House
from app.safeguards.guard.second_wall import BEYOND
from tests.worlds import World, Worlds

Rows = Counter[tuple[str, Any]]  # table and row
Effect = Counter[tuple[str, str]]  # table, and what became of a row
TABLES = sorted(Base.metadata.tables)
# Of these what a request leaves is evidence, also where nothing was done: they are asked for apart.
EVIDENCE = ("audit_events", "audit_subjects", "sign_in_attempts")


class Observer:
    """With a connection of its own, which no fault strikes."""

    def __init__(self, worlds: Worlds, world: World) -> None:
        self.world, self.server = world, worlds.server

    def rows(self) -> Rows:
        """Everything but evidence of what was not done."""
        if self.server is None:
            return self.on_sqlite(self.world.house)
        database = make_url(self.world.house.settings.database_url).database
        found = make_url(self.server.url).set(database=database)
        each = [f"SELECT '{one}', t::text FROM {one} t {written(one)}" for one in TABLES]
        with psycopg.connect(found.render_as_string(hide_password=False)) as db:
            return Counter(db.execute(" UNION ALL ".join(each).encode()).fetchall())

    @staticmethod
    def on_sqlite(house: House) -> Rows:
        found: Rows = Counter()
        with reading(house.engine) as db:
            driver: Any = db.connection.driver_connection
            for one in TABLES:
                rows = driver.execute(f"SELECT * FROM {one} {written(one)}").fetchall()
                found.update((one, row) for row in rows)
        return found

    def told(self, request_id: str) -> list[str]:
        """The outcomes that are on record of one request."""
        events = table(AuditEvent).c
        with reading(self.world.house.engine, BEYOND) as db:
            mine = events.request_id == UUID(request_id)
            return [*db.execute(select(events.outcome).where(mine)).scalars()]

    def chains_hold(self) -> bool:
        return chains_hold(self.world.house)


def chains_hold(house: House) -> bool:
    """All of them: dense, linked, and each ends at its head."""
    events, heads = table(AuditEvent), table(ChainHead)
    chains: dict[Any, list[Any]] = {}
    with reading(house.engine, BEYOND) as db:
        for event in db.execute(select(events).where(events.c.chain.is_not(None))).mappings():
            chains.setdefault((event["file_id"], event["chain"]), []).append(event)
        ends = {
            (head.file_id, head.chain): (head.seq, head.hash) for head in db.execute(select(heads))
        }
    last = {place: max(one, key=lambda e: e["seq"]) for place, one in chains.items()}
    held = {place: (one["seq"], one["hash"]) for place, one in last.items()}
    return held == ends and not any(broken(one) for one in chains.values())


def written(name: str) -> str:
    if name == "audit_events":
        return "WHERE outcome = 'written'"
    return "WHERE false" if name in EVIDENCE else ""


def effect(before: Rows, after: Rows) -> Effect:
    """How many rows of which table are new, or are there no more; a change is one of each."""
    found: Effect = Counter()
    for way, rows in (("gone", before - after), ("new", after - before)):
        found.update((name, way) for name, _ in rows.elements())
    return found
