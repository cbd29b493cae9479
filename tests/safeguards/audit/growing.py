"""The demo as a population whose log has grown: once a run and engine, then copied."""

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.core.transactions import reading
from app.safeguards.audit.chain import log_leaf
from app.safeguards.audit.exported import logged
from app.safeguards.audit.sequencer import open_sequencer
from app.safeguards.guard.calls import House
from tests.looking import transaction
from tests.safeguards.audit.edits import EARLIER, LOG
from tests.worlds import POPULATIONS, Member, World, Worlds, populate_demo

SEEN, THEN = "seen", "then"  # what an auditor has, and the head of the log when it was shorter


def populate_logged(house: House, folder: Path) -> dict[tuple[str, str], Member]:
    """As soon as it is loaded, with a look at the log on the way."""
    staff = populate_demo(house, folder)
    lets_grow = open_sequencer(house.engine, house.vault, house.settings)
    lets_grow.sequencing.batch(most=EARLIER)
    with transaction(house.engine) as db:
        (folder / THEN).write_bytes(pickle.dumps(dict(db.execute(select(LOG)).mappings().one())))
    lets_grow.drain()
    with reading(house.engine) as db:
        lines = [f"{one.id} {leaf_of(one)}\n" for one in logged(db, lets_grow.size)]
    (folder / SEEN).write_text("".join(lines))
    return staff


def leaf_of(row: Any) -> str:
    return log_leaf(dict(row._mapping)).hex()


POPULATIONS["logged"] = populate_logged


@pytest.fixture
def fresh(worlds: Worlds, tmp_path: Path) -> Iterator[World]:
    """For tests in which the log only serves, in place of what is called so elsewhere."""
    with worlds.copy("logged", tmp_path / "fresh") as one:
        yield one
