"""A look into the database past the second wall, for tests that compare it with what is told."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from app.core.transactions import transaction as within_the_wall
from app.safeguards.guard.second_wall import BEYOND


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    with within_the_wall(engine, BEYOND) as db:
        yield db
