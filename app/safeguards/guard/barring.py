"""Verbs that close files to people above all grants, and open them again."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Executable, delete, insert, select

from app.core.db import table
from app.safeguards.access.bars import EVERYBODY, Bar
from app.safeguards.guard.unit_of_work import UnitOfWork

BARS = table(Bar)


def bar(work: UnitOfWork, files: Iterable[UUID], user_id: UUID, source_id: UUID) -> None:
    """Close these files to one person, or to EVERYBODY, from the next request on.

    `source_id`: the record that says why, by which the bar is lifted.
    """
    rows = [{"file_id": one, "user_id": user_id, "source_id": source_id} for one in files]
    run(work, insert(BARS).values(rows))


def lift(work: UnitOfWork, source_id: UUID) -> None:
    """What this record closed is open again, unless another one closes it, too."""
    run(work, delete(BARS).where(BARS.c.source_id == source_id))


def unseal(work: UnitOfWork, file_id: UUID) -> None:
    """The file is closed to nobody in particular any more; personal bars stay."""
    run(work, delete(BARS).where(BARS.c.file_id == file_id, BARS.c.user_id == EVERYBODY))


def inherit(work: UnitOfWork, old: UUID, new: UUID) -> None:
    """Who may not see the one file may not see the other, which is about the same person.

    A seal is of one file: what it closes to everybody, only unsealing that file could open again.
    """
    if old in work._created:
        return
    personal = (BARS.c.file_id == old, BARS.c.user_id != EVERYBODY)
    here = select(BARS.c.user_id, BARS.c.source_id).where(*personal)
    for user_id, source_id in work._db.execute(here).all():
        bar(work, [new], user_id, source_id)


def barred_from(work: UnitOfWork, file_id: UUID) -> set[UUID]:
    """To whom by name this file is closed."""
    return set(work._execute(select(BARS.c.user_id).where(BARS.c.file_id == file_id)).scalars())


def run(work: UnitOfWork, statement: Executable) -> None:
    """After the record that it follows from."""

    def step() -> None:
        work._db.execute(statement)

    work.once_written(step)
