"""What the database holds now, as commitments: for whoever holds it against the log.

A line of JSON for each protected row: which version it is, and what its values come to, made from
the values that stand there now with the key of their file. And one for each version that is kept,
of whichever row, for what a file said on a day is told from those. Nobody learns a value from it;
and what was changed past the application comes to something else than its event says.
"""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, exists, select, tuple_

from app.core.db import table
from app.core.values import canonical
from app.safeguards.audit.committing import taken
from app.safeguards.audit.models import AuditEvent, Revision
from app.safeguards.audit.stored_log import head_of
from app.safeguards.audit.vouching import vouched
from app.safeguards.guard.erasing import columns_emptied
from app.safeguards.guard.protected import Protected, protected_kinds
from app.safeguards.guard.writing import open_revision, sealed_columns, shown
from app.safeguards.vault.emptying import empty
from app.safeguards.vault.file_keys import FileKeys
from app.safeguards.vault.keys import Vault
from app.safeguards.vault.models import File
from app.safeguards.vault.sealed import is_sealed, open_value
from app.safeguards.vault.sealing import Unopened

SOME = 500  # rows at a time
FIRST = UUID(int=0)
OF_EVENT = "of_event_"  # before the names of its columns, beside those of a row


def state_of(db: Connection, vault: Vault) -> Iterator[bytes]:
    """First {"log": its size}, whose events all are in what follows; last how many there are.

    Needs sight of all files. Memory does not grow with the number of rows.
    """
    head = head_of(db)
    yield canonical({"log": head.size if head else 0})
    rows = versions = 0
    for kind in sorted(protected_kinds(), key=lambda one: one.record):
        for row in rows_of(db, kind, vault):
            rows += 1
            yield canonical(row)
    for version in versions_kept(db, vault):
        versions += 1
        yield canonical(version)
    yield canonical({"rows": rows, "versions": versions})


def is_as_said(db: Connection, vault: Vault, kind: type[Protected], record_id: UUID) -> bool:
    """Whether a row is as its last event says, by our own word. Needs sight of its file.

    Both are asked at once: a change between two questions would be taken for an alteration.
    """
    rows, events = table(kind), table(AuditEvent)
    both = with_key(kind).join(events, events.c.id == rows.c.last_event_id)
    both = both.add_columns(*(one.label(f"{OF_EVENT}{one.name}") for one in events.c))
    newer = events.alias("newer")
    of_it = newer.c.file_id == rows.c[kind.file], newer.c.record_id == rows.c.id
    is_last = ~exists().where(*of_it, newer.c.made_version > rows.c.version)
    found = db.execute(both.where(rows.c.id == record_id, is_last)).one_or_none()
    row = found._asdict() if found else {}
    names = [name for name in row if name.startswith(OF_EVENT)]
    event = {name.removeprefix(OF_EVENT): row.pop(name) for name in names}
    if not event or not vouched(vault.vouching, event):
        return False
    now = told(kind, row, FileKeys(db, vault))
    named = {"record": "record", "record_id": "record_id", "record_version": "version"}
    same = all(event[theirs] == now[ours] for theirs, ours in named.items())
    return same and now.get("commitment") == event["detail"]["commitment"]


def with_key(kind: type[Protected]) -> Select[Any]:
    """Rows, each with its revision and the key of its file."""
    rows, kept, files = table(kind), table(Revision), table(File)
    this = (kept.c.record_id == rows.c.id) & (kept.c.version == rows.c.version)
    source = rows.outerjoin(kept, this).join(files, files.c.id == rows.c[kind.file])
    beside = kept.c.snapshot.label("kept"), files.c.wrapped_key.label("key")
    return select(*rows.c, *beside).select_from(source)


def rows_of(db: Connection, kind: type[Protected], vault: Vault) -> Iterator[dict[str, Any]]:
    rows = table(kind)
    statement, after = with_key(kind).order_by(rows.c.id).limit(SOME), FIRST
    while found := db.execute(statement.where(rows.c.id > after)).mappings().all():
        keys = FileKeys(db, vault)
        for row in found:
            yield told(kind, dict(row), keys)
        after = found[-1]["id"]


def versions_kept(db: Connection, vault: Vault) -> Iterator[dict[str, Any]]:
    kept, files = table(Revision), table(File)
    place = tuple_(kept.c.record_id, kept.c.version)
    source = kept.join(files, files.c.id == kept.c.file_id)
    statement = select(kept, files.c.wrapped_key.label("key")).select_from(source)
    statement, after = statement.order_by(*place).limit(SOME), (FIRST, 0)
    while found := db.execute(statement.where(place > after)).mappings().all():
        keys = FileKeys(db, vault)
        for row in found:
            yield kept_as(dict(row), keys)
        after = found[-1]["record_id"], found[-1]["version"]


def kept_as(row: dict[str, Any], keys: FileKeys) -> dict[str, Any]:
    """A version, as its event names it. One that does not open comes to nothing."""
    wrapped, snapshot, file_id = row.pop("key"), row.pop("snapshot"), row["file_id"]
    if wrapped is None:
        return {**row, "erased": True}
    try:
        keys.know(file_id, wrapped)
        key = keys.of(file_id)
        values = json.loads(open_revision(key, row["record_id"], row["version"], snapshot))
    except (Unopened, ValueError):
        return {**row, "commitment": None}
    return {**row, "commitment": taken(key, row["record_id"], row["version"], values).commitment}


def told(kind: type[Protected], row: dict[str, Any], keys: FileKeys) -> dict[str, Any]:
    """A row that does not open comes to nothing; one of an erased file is said to be erased."""
    kept, wrapped, file_id = row.pop("kept"), row.pop("key"), row[kind.file]
    said = {"record": kind.record, "record_id": row["id"], "version": row["version"]}
    said |= {"event_id": row["last_event_id"], "file_id": file_id}
    if wrapped is None:
        # Emptied by the application, and nothing put there since.
        plain = (one for one in columns_emptied(kind) if not is_sealed(one))
        is_empty = all(row[one.name] == empty(one, row["id"]) for one in plain)
        return {**said, "erased": True} if is_empty else {**said, "commitment": None}
    try:
        keys.know(file_id, wrapped)
        key = keys.of(file_id)
        for column in sealed_columns(kind):
            row[column.name] = open_value(key, column, row["id"], row[column.name])
        then = json.loads(open_revision(key, row["id"], row["version"], kept))
    except (Unopened, ValueError):
        return {**said, "commitment": None}
    # What it repeats of its file's row may have followed that one, and a column may be newer.
    now = {name: value for name, value in shown(row).items() if name not in kind.inherits}
    values = {name: now.get(name, value) for name, value in then.items()}
    return {**said, "commitment": taken(key, row["id"], row["version"], values).commitment}
