"""A new master key: what the one before wrapped is wrapped anew, while the application runs.

Data keys stay what they are, so nothing else has to be written anew. From the first transaction on
whoever wraps takes the new key, and whoever opens finds by its id which one it takes; so it may end
at any moment, and goes on from there when it is begun again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import sleep
from typing import Any

from sqlalchemy import Column, Connection, Engine, Table, select, text, update
from sqlalchemy.exc import OperationalError

from app.core.db import Base
from app.core.installation import MASTER_KEY, ROOT, fact
from app.core.key_file import UnsafeKey
from app.core.local import Local
from app.core.transactions import transaction
from app.safeguards.vault.keys import Vault
from app.safeguards.vault.master import wrapper_of
from app.safeguards.vault.opening import FACTS, PLACE, open_root
from app.safeguards.vault.sealed import wrapped_place

SOME = 200  # rows in one transaction, which others may have to wait for
PAUSE = 0.01  # seconds between two of them, in which others write
PATIENCE = 600  # times that it steps back from whoever is opening files
BUSY = "55P03"  # PostgreSQL: a lock was not to be had in time


@dataclass(frozen=True)
class Rotation:
    """`local`: what a transaction states that may see all files."""

    engine: Engine
    vault: Vault
    local: Local

    def run(self, told: Callable[[int], None] = lambda count: None) -> int:
        """How many values were wrapped anew; 0 where one before had been cut short at its end.

        Raises UnsafeKey where there is no new key, and none can be made. `told`: after each batch.
        """
        self.begin()
        done = 0
        for rows in tables():
            for count in self.wrap_anew(rows):
                done += count
                told(done)
        self.end()
        return done

    def begin(self) -> None:
        """From here on the newest key wraps. Nothing to do where that was begun already."""
        with transaction(self.engine) as db:
            wraps, *before = said(db)
        if before:
            return
        ring = self.vault.ring
        ring.renew()
        if ring.newest == wraps:
            ring.source.add()
            ring.renew()
        for left in reversed(range(PATIENCE)):
            try:
                return self.take_over(wraps)
            except OperationalError as failure:
                if not left or getattr(failure.orig, "sqlstate", None) != BUSY:
                    raise
                sleep(PAUSE)

    def take_over(self, before: str) -> None:
        """Waits for whoever opens files now, though not so long that others queue up behind."""
        ring = self.vault.ring
        with transaction(self.engine) as db:
            if db.dialect.name == "postgresql":
                db.execute(text("SET LOCAL lock_timeout = '50ms'"))
            secret = open_root(db, ring)  # before the other fact changes, by which it is found
            say(db, ROOT, ring.wrap(ring.newest, secret, PLACE).hex())
            say(db, MASTER_KEY, f"{ring.newest} {before}")

    def wrap_anew(self, rows: Table) -> Iterator[int]:
        """Batch by batch, in the order of keys; what another one wraps meanwhile is left to it."""
        (key,) = rows.primary_key.columns
        columns = [one for one in rows.c if "wrapped" in one.info]
        statement, after = select(key, *columns).order_by(key).limit(SOME), None
        while True:
            with transaction(self.engine, self.local) as db:
                here = statement if after is None else statement.where(key > after)
                found = db.execute(here).all()
                wraps = said(db)[0]
                old = [
                    (row[0], column, value)
                    for row in found
                    for column, value in zip(columns, row[1:], strict=True)
                    if value is not None and wrapper_of(value) != wraps
                ]
                yield sum(self.anew(db, wraps, *one) for one in old)
            if len(found) < SOME:
                return
            after = found[-1][0]
            if old:
                sleep(PAUSE)

    def anew(self, db: Connection, wraps: str, row: Any, column: Column[Any], value: bytes) -> int:
        place, ring = wrapped_place(column, row), self.vault.ring
        fresh = ring.wrap(wraps, ring.unwrap(value, place), place)
        (key,) = column.table.primary_key.columns
        statement = update(column.table).where(key == row, column == value)
        return db.execute(statement.values({column: fresh})).rowcount

    def end(self) -> None:
        """Nobody can have wrapped with the old key since `begin`: it is needed no more here."""
        with transaction(self.engine) as db:
            say(db, MASTER_KEY, said(db)[0])


def needed(engine: Engine) -> str:
    """The id of the one master key that this database needs. Raises UnsafeKey where it is two."""
    with transaction(engine) as db:
        wraps, *before = said(db)
    if before:
        raise UnsafeKey("a rotation was cut short: run `casework keys rotate` first")
    return wraps


def said(db: Connection) -> list[str]:
    """The id of the key that wraps, and while a rotation is under way that of the one before."""
    return (fact(db, MASTER_KEY) or "").split()


def say(db: Connection, name: str, value: str) -> None:
    db.execute(update(FACTS).where(FACTS.c.name == name).values(value=value))


def tables() -> list[Table]:
    """Those with a column that a master key wraps."""
    every = Base.metadata.sorted_tables
    return [one for one in every if any("wrapped" in column.info for column in one.c)]
