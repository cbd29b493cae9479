"""Fills a database in bulk: COPY on PostgreSQL, executemany on SQLite, indexes last."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from app.cli.migrating import migrate
from app.core.db import Base
from app.core.engine import open_engine
from app.core.installation import DATA_CLASS, MASTER_KEY, SYNTHETIC, fact, state
from app.core.planning import take_stock
from app.core.settings import Settings
from app.core.transactions import transaction
from app.main import open_house
from bench.population import Population

Writer = Callable[[str, list[dict[str, Any]]], None]


def columns_of(name: str, row: dict[str, Any]) -> list[str]:
    """Those that the rows have; the tree under test may have more, which are null."""
    return [column.name for column in Base.metadata.tables[name].c if column.name in row]


def plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict) else value


def tuples(names: list[str], rows: Iterable[dict[str, Any]]) -> Iterable[tuple[Any, ...]]:
    if "detail" in names:
        return [tuple(plain(row[name]) for name in names) for row in rows]
    return [tuple([row[name] for name in names]) for row in rows]


@contextmanager
def indexes_last(db: "psycopg.Connection[Any]", rows: str = "%") -> Iterator[None]:
    """Of tables like this one; those that a constraint needs stay."""
    made = db.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index i "
        "JOIN pg_class c ON c.oid = indrelid JOIN pg_namespace n ON n.oid = relnamespace "
        "WHERE nspname = 'public' AND relname LIKE %s AND NOT EXISTS "
        "(SELECT FROM pg_constraint WHERE conindid = indexrelid)",
        [rows],
    ).fetchall()
    for name, _ in made:
        db.execute(f"DROP INDEX {name}")
    yield
    for _, definition in made:
        db.execute(definition)


def fill_postgresql(superuser: str, population: Population) -> None:
    """Foreign keys are not checked row by row, and indexes are made when all rows are there."""
    with psycopg.connect(superuser, autocommit=True) as db:
        db.execute("SET session_replication_role = replica")

        def write(name: str, rows: list[dict[str, Any]]) -> None:
            names = columns_of(name, rows[0])
            listed = ", ".join(f'"{one}"' for one in names)
            with db.cursor().copy(f"COPY {name} ({listed}) FROM STDIN") as copy:
                for row in tuples(names, rows):
                    copy.write_row(row)

        with indexes_last(db):
            write_all(write, population)
        db.execute("VACUUM ANALYZE")


def fill_sqlite(settings: Settings, population: Population) -> None:
    engine = open_engine(settings.database_url, settings.database_key_file)
    raw = engine.raw_connection()
    db: Any = raw.driver_connection
    db.execute("PRAGMA foreign_keys = 0")
    db.execute("PRAGMA synchronous = 0")
    db.execute("PRAGMA cache_size = -400000")
    # Unique ones stay: triggers look into the chain of each event.
    found = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE 'CREATE INDEX%'"
    made = db.execute(found).fetchall()
    for name, _ in made:
        db.execute(f"DROP INDEX {name}")
    db.execute("BEGIN IMMEDIATE")

    def write(name: str, rows: list[dict[str, Any]]) -> None:
        names = columns_of(name, rows[0])
        listed, marks = ", ".join(f'"{one}"' for one in names), ", ".join("?" * len(names))
        db.executemany(f"INSERT INTO {name} ({listed}) VALUES ({marks})", tuples(names, rows))

    write_all(write, population)
    db.execute("COMMIT")
    for _, definition in made:
        db.execute(definition)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    with engine.begin() as connection:
        take_stock(connection)  # as each start does
    engine.dispose()


def write_all(write: Writer, population: Population) -> None:
    for chunk in population.chunks():
        for name, rows in chunk.items():
            write(name, rows)


def main(cases: int, long: list[int], superuser: str, facts: Path) -> None:
    """Into the database of the settings, which is empty; says what it is before it has a row."""
    begun, settings = time.monotonic(), Settings()
    migrate(settings)
    house = open_house(settings)
    with transaction(house.engine) as db:
        if fact(db, DATA_CLASS) is None:
            state(db, DATA_CLASS, SYNTHETIC)
        assert fact(db, MASTER_KEY) == house.vault.ring.newest
    house.engine.dispose()
    population = Population(house.vault, cases, tuple(long))
    if make_url(settings.database_url).get_backend_name() == "sqlite":
        fill_sqlite(settings, population)
    else:
        fill_postgresql(superuser, population)
    facts.parent.mkdir(parents=True, exist_ok=True)
    facts.write_text(json.dumps(population.facts))
    print(f"seeded {cases} cases in {time.monotonic() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    os.umask(0o077)
    entries = [int(one) for one in sys.argv[2].split(",")]
    main(int(sys.argv[1]), entries, sys.argv[3], Path(sys.argv[4]))
