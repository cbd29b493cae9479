"""Erasing files: what their keys sealed opens to nobody, and what stood in plain is emptied.

Each row of the file gets a last version, which says nothing, with an event that says so; then the
key goes, and with it all revisions. What is left answers as if it were not there.
"""

from collections.abc import Collection
from functools import cache, partial
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Connection, insert, select, update

from app.core.db import table
from app.core.engine import UnsafeDatabase
from app.core.transactions import transaction
from app.core.values import new_id, now
from app.safeguards.access.bars import EVERYBODY, Bar
from app.safeguards.audit.models import ERASED, AuditEvent
from app.safeguards.audit.vouching import vouched
from app.safeguards.guard.calls import House, on_record
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.guard.protected import Protected, protected_kinds
from app.safeguards.guard.second_wall import BEYOND
from app.safeguards.guard.unit_of_work import UnitOfWork
from app.safeguards.guard.writing import Writes
from app.safeguards.vault.emptying import emptied, empty
from app.safeguards.vault.file_keys import FileKeys
from app.safeguards.vault.models import File

FILES, BARS = table(File), table(Bar)
SOME = 500  # ids in one statement


def erase(work: UnitOfWork, files: Collection[UUID], source_id: UUID) -> None:
    """The last step of a unit of work, in every jurisdiction.

    The list outside of the database has them before the commit: where that is lost, the next
    start does what was decided. `source_id`: the record of the decision.
    """
    with work.beyond_walls():
        destroy(work._writes, files, source_id)
    work._writes.flush(last=True)  # nothing is left that could fail but the commit
    work._vault.ledger.add(files, work.at)


def destroy(writes: Writes, files: Collection[UUID], source_id: UUID) -> None:
    """What has been erased already is passed over."""
    writes.flush()
    ids = sorted(with_a_key(writes.db, files))
    writes.keys.open(set(ids))
    for kind in sorted(protected_kinds(), key=lambda one: one.record):
        rows = table(kind)
        here = select(rows).where(rows.c[kind.file].in_(ids)).order_by(rows.c.id)
        for row in writes.db.execute(here.with_for_update()).mappings().all():
            silent = nothing(kind, row["id"])
            last = {**row, **silent}
            last |= {"version": row["version"] + 1, "updated_at": writes.circumstances.at}
            of = row.get("record_class") or kind.record_class
            assert isinstance(of, str), f"{kind.__name__} says no record class"
            if not writes.change(kind, of, last, sorted(silent), drawn=True, erased=True):
                raise RuntimeError(f"a {kind.record} changed while it was locked")
    writes.flush()
    writes.db.execute(update(FILES).where(FILES.c.id.in_(ids)).values(wrapped_key=None))
    made = {"user_id": EVERYBODY, "source_id": source_id}
    shut = select(BARS.c.file_id).where(BARS.c.source_id == source_id)
    left = set(files) - set(writes.db.execute(shut).scalars())
    if left:
        writes.db.execute(insert(BARS), [{"file_id": one, **made} for one in sorted(left)])


@cache
def columns_emptied(kind: type[Protected]) -> tuple[Column[Any], ...]:
    return emptied(table(kind), frozenset(kind.inherits))


def nothing(kind: type[Protected], row_id: UUID) -> dict[str, Any]:
    """By name, what each column of a row says that says nothing any more."""
    return {one.name: empty(one, row_id) for one in columns_emptied(kind)}


def erase_again(house: House) -> int:
    """How many erased files an old copy of the database had brought back; before it is served.

    Files that the list lacks, as on a machine that erased none itself, are put into it: those of
    which the trail says that they were erased. Raises UnsafeDatabase where a key is gone and
    nothing of ours says why, for the list would destroy them in every copy, too.
    """
    listed, at, key = house.vault.ledger.read(), now(), house.vault.vouching
    made = Circumstances(None, "erasure.repeat", "start", new_id(), at, key)
    with transaction(house.engine, BEYOND) as db:
        back = with_a_key(db, listed)
        gone = select(FILES.c.id).where(FILES.c.wrapped_key.is_(None))
        unlisted = set(db.execute(gone).scalars()) - listed
        if undecided := unlisted - set(filter(partial(was_erased, db, key), unlisted)):
            told = ", ".join(sorted(map(str, undecided)))
            raise UnsafeDatabase(
                f"the keys of files are gone that nobody decided to erase: {told}. Put back a copy "
                "of the database that has them"
            )
        if back:
            writes = Writes(db, FileKeys(db, house.vault), made)
            destroy(writes, back, EVERYBODY)
            writes.flush(last=True)
    on_record(house, made)
    if unlisted:
        house.vault.ledger.add(unlisted, at)
    return len(back)


def was_erased(db: Connection, vouching: bytes, file_id: UUID) -> bool:
    """Whether the last that was written in this file is that it was erased, by our own word."""
    events = table(AuditEvent)
    written = select(events).where(events.c.file_id == file_id, events.c.outcome == "written")
    last = db.execute(written.order_by(events.c.id.desc()).limit(1)).first()
    return last is not None and ERASED in last.detail and vouched(vouching, last._asdict())


def with_a_key(db: Connection, files: Collection[UUID]) -> set[UUID]:
    ids, found = sorted(files), set[UUID]()
    for start in range(0, len(ids), SOME):
        here = FILES.c.id.in_(ids[start : start + SOME]), FILES.c.wrapped_key.is_not(None)
        found |= set(db.execute(select(FILES.c.id).where(*here)).scalars())
    return found
