"""A look into the database past the second wall, for tests that compare it with what is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import Connection, Engine

from app.core.transactions import transaction as within_the_wall
from app.core.values import new_id
from app.safeguards.guard.second_wall import BEYOND


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    with within_the_wall(engine, BEYOND) as db:
        yield db


def lately() -> UUID:
    """Lower than the ids of the last ten minutes: what has no other index is looked for there."""
    return UUID(int=((new_id().int >> 80) - 600_000) << 80)  # milliseconds stand first
