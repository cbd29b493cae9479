"""A copy of a seed that takes what no event tells of, for the unaudited variant alone.

The database of Casework refuses that, to its owner too: what it is told here to forget are the
triggers and the foreign keys to events, which only who may do anything can take away.
"""

import re
from pathlib import Path
from typing import Any

from app.core.engine import open_engine
from bench.postgres import Server

KEYS = """
    SELECT conrelid::regclass::text, conname FROM pg_constraint
    WHERE contype = 'f' AND confrelid = 'audit_events'::regclass
"""
TRIGGERS = """
    SELECT tgrelid::regclass::text, tgname FROM pg_trigger
    WHERE NOT tgisinternal AND starts_with(tgname, 'insists_')
"""
KEY_IN_SQLITE = re.compile(
    r",\s*(?:CONSTRAINT \w+ )?FOREIGN KEY\s?\([^)]*\) REFERENCES audit_events \([^)]*\)"
    r"(?: DEFERRABLE)?(?: INITIALLY DEFERRED)?"
)


class Insists(RuntimeError):
    """There was nothing to take away, so what is measured would not be what it is called."""


def on_postgresql(server: Server, database: str) -> None:
    keys, triggers = server.run(KEYS, database), server.run(TRIGGERS, database)
    if not keys or not triggers:
        raise Insists(f"{database}: {len(keys)} keys to events, {len(triggers)} triggers")
    for rows, name in keys:
        server.run(f"ALTER TABLE {rows} DROP CONSTRAINT {name}", database)
    for rows, name in triggers:
        server.run(f"DROP TRIGGER {name} ON {rows}", database)


def on_sqlite(file: Path, key: Path) -> None:
    engine = open_engine(f"sqlite:///{file}", key, 1)
    raw = engine.raw_connection()
    db: Any = raw.driver_connection
    found = db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in found:
        db.execute(f"DROP TRIGGER {name}")
    tables = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    freed = [(KEY_IN_SQLITE.sub("", sql), name) for name, sql in tables]
    if not found or freed == [(sql, name) for name, sql in tables]:
        raise Insists(f"{file.name}: {len(found)} triggers")
    (version,) = db.execute("PRAGMA schema_version").fetchone()
    db.execute("PRAGMA writable_schema = 1")
    db.executemany("UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", freed)
    db.execute(f"PRAGMA schema_version = {version + 1}")
    db.execute("PRAGMA writable_schema = 0")
    raw.close()
    engine.dispose()
