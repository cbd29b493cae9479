"""Who looked at one file, as a statement: it was shown, in whole or in a list, or refused.

An event names the file that its path named, or the one that was asked for and refused; what lists
and searches showed stands beside it. Each of the three has an index in the order of events.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select, union

from app.core.db import table
from app.safeguards.audit.models import SAID, AuditEvent, AuditSubject, Revision
from app.safeguards.guard.past import narrowed

LOOKED = ("read", "refused")
EVENTS, SUBJECTS, KEPT = table(AuditEvent), table(AuditSubject), table(Revision)
# Of the version that was looked at, if it was one record; an event of reading does not say it. One
# of a summary says no version either: then of the last.
CLASS: ColumnElement[Any] = (
    select(KEPT.c.record_class)
    .where(
        KEPT.c.record_id == EVENTS.c.record_id,
        or_(KEPT.c.version == EVENTS.c.record_version, EVENTS.c.record_version.is_(None)),
    )
    .order_by(KEPT.c.version.desc())
    .limit(1)
    .correlate(EVENTS)
    .scalar_subquery()
)


def ways(file_id: UUID) -> tuple[Select[Any], ...]:
    """The ids of events by each of the three ways to look at this file."""
    ids = select(EVENTS.c.id)
    beside = select(SUBJECTS.c.event_id.label("id")).join(
        EVENTS, EVENTS.c.id == SUBJECTS.c.event_id
    )
    return (
        ids.where(EVENTS.c.file_id == file_id),
        ids.where(EVENTS.c.asked_id == file_id),
        beside.where(SUBJECTS.c.file_id == file_id),
    )


def looks_at(
    file_id: UUID,
    chosen: Mapping[str, Any],
    also: Iterable[ColumnElement[bool]],
    limit: int,
) -> Select[Any]:
    """Newest first, at most so many: the columns of the trail, with the class of what was seen.

    `chosen`: `since`, `until` and values of columns. `also`: what else is asked of each event.
    """
    asked = [EVENTS.c.outcome.in_(LOOKED), *also, *narrowed(chosen.keys() - {"record_class"})]
    if "record_class" in chosen:
        asked.append(chosen["record_class"] == CLASS)
    first = [newest(one.where(*asked), limit).subquery() for one in ways(file_id)]
    found = union(*(select(one.c.id) for one in first)).subquery()
    columns = [one for one in SAID if one.name != "record_class"]
    looks = select(*columns, CLASS.label("record_class")).where(EVENTS.c.id.in_(select(found.c.id)))
    return looks.order_by(EVENTS.c.id.desc()).limit(limit).params(chosen)


def newest(ids: Select[Any], limit: int) -> Select[Any]:
    """By the column itself, so that the index that found them has them in order."""
    (column,) = ids.selected_columns
    return ids.order_by(column.desc()).limit(limit)
