"""What the system does by itself, past all walls: nobody asked for it, so there is no door."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from app.core.transactions import transaction
from app.core.values import new_id, now
from app.safeguards.guard.calls import Call, House, on_record, unit
from app.safeguards.guard.mark import Mark
from app.safeguards.guard.second_wall import BEYOND
from app.safeguards.guard.unit_of_work import UnitOfWork
from app.safeguards.identity.caller import Caller

SYSTEM = Caller(UUID(int=2), "system", "system", None, None)  # of no role: it may nothing


@contextmanager
def unasked(house: House, mark: Mark) -> Iterator[UnitOfWork]:
    """A unit of work whose writes stand in the trail as the system's; none leaves no trace."""
    with transaction(house.engine, BEYOND) as db:
        work = unit(house, db, mark, call_of(mark), SYSTEM, now())
        yield work
        if work._writes.written:
            work._settle(None)
    on_record(house, work._circumstances)


def call_of(mark: Mark) -> Call:
    return Call(b"", "SYSTEM", "", f"system {mark.action}", new_id())
