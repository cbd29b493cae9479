"""The versions of a file's records as one statement, compiled once for each kind of caller."""

from functools import lru_cache

from sqlalchemy import Integer, and_, func, select

from app.core.db import Identifier, table
from app.core.statements import Statement, bind
from app.safeguards.audit.models import SAID, Revision
from app.safeguards.guard.door import NOW, somebody
from app.safeguards.guard.past import (
    BRIEF,
    EVENTS,
    HERE,
    ORDER,
    PLACE,
    Sighting,
    classes_then,
    narrowed,
    untold_by,
    written_on,
)
from app.safeguards.guard.protected import Protected

BESIDE = ("in_summary", "kept_now", "version_before", "class_before", "kept_before")
VERSION = (*(column.name for column in SAID), *BESIDE)  # the cells of a row


@lru_cache(maxsize=1000)
def versions_of(
    scope: type[Protected],
    role: str,
    has: tuple[bool, bool],
    engine: str,
    filters: tuple[str, ...] = (),
) -> Statement:
    """Events that wrote a record, oldest first after a place, each with its revision.

    And with the revision before, if it is in a class that the role may read of such a record,
    whether or not it is among what was chosen.
    """
    caller, file_id = somebody(role, has), bind("file", Identifier())
    told_as = Sighting(scope, file_id, caller, NOW).told(EVENTS)
    kept, before, earlier = (table(Revision).alias(name) for name in ("kept", "before", "old"))
    the_last = select(func.max(earlier.c.version)).where(
        earlier.c.record_id == EVENTS.c.record_id,
        earlier.c.version < EVENTS.c.record_version,
        classes_then(earlier, scope, role),
    )
    here, of_record = kept.c.record_id == EVENTS.c.record_id, before.c.record_id
    # One that is not kept any more is no reason to leave out that it was written.
    source = EVENTS.outerjoin(
        kept,
        and_(here, kept.c.version == EVENTS.c.record_version, kept.c.event_id == EVENTS.c.id),
    ).outerjoin(
        before,
        and_(of_record == EVENTS.c.record_id, before.c.version == the_last.scalar_subquery()),
    )
    cells = (
        told_as == BRIEF,
        kept.c.snapshot,
        before.c.version,
        before.c.record_class,
        before.c.snapshot,
    )
    beside = (one.label(name) for name, one in zip(BESIDE, cells, strict=True))
    versions = (
        select(*SAID, *beside)
        .select_from(source)
        .where(*written_on(file_id), *narrowed(filters), HERE > PLACE)
        .where(told_as >= BRIEF, *untold_by(filters, told_as))
        .order_by(*(EVENTS.c[name] for name in ORDER))
        .limit(bind("more", Integer()))
    )
    return Statement(versions, engine)
