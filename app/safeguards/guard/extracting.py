"""Takes values of a record past the reader's own classes, for one workflow and nothing else."""

import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.db import table
from app.core.errors import NotFound
from app.safeguards.audit.models import Revision
from app.safeguards.guard.protected import Protected
from app.safeguards.guard.recalling import revision
from app.safeguards.guard.unit_of_work import UnitOfWork
from app.safeguards.guard.writing import open_revision

WORKFLOW = "disclosure.approve"  # the action of which two people stand behind what is taken


class OutsideWorkflow(RuntimeError):
    """Another action asked for values that its caller may not read."""


def extract(
    work: UnitOfWork,
    kind: type[Protected],
    record_id: UUID,
    fields: Collection[str],
    file_id: UUID,
    version: int | None = None,
) -> dict[str, Any]:
    """Exactly these fields of a record of this file, as it is now or was in that version.

    Taken from the revision that is kept as evidence; the event names the fields, never values.
    """
    if work._mark.action != WORKFLOW:
        raise OutsideWorkflow(f"{work._mark.action} takes no values past the wall")
    kept = table(Revision)
    this = select(kept).where(*revision(kind, record_id, version), kept.c.file_id == file_id)
    found = work._execute(this).one_or_none()
    if found is None:
        raise NotFound()
    key = work._keys.of(file_id)
    whole = json.loads(open_revision(key, record_id, found.version, found.snapshot))
    about = {"record": kind.record, "record_id": record_id, "record_version": found.version}
    about |= {"record_class": found.record_class, "file_id": file_id}
    work._writes.read(set(), **about, detail={"fields": sorted(fields)})
    return {
        "version": found.version,
        "record_class": found.record_class,
        "fields": {name: whole[name] for name in sorted(fields)},
    }
