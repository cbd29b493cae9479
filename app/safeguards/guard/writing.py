"""What a unit of work wrote: rows, encrypted revisions, events and chain links, all at once."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Connection, Table, select, update

from app.core.db import table
from app.core.lines import Line
from app.core.many import insert_all
from app.core.values import new_id
from app.safeguards.audit.chain import GENESIS, leaf, link
from app.safeguards.audit.committing import taken
from app.safeguards.audit.models import DRAWN, ERASED, AuditEvent, AuditSubject, ChainHead, Revision
from app.safeguards.guard.appending import MOST, Entered, append
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.guard.protected import Protected
from app.safeguards.outbox.models import Message
from app.safeguards.vault.file_keys import FileKeys
from app.safeguards.vault.models import File
from app.safeguards.vault.sealed import is_sealed, seal_value
from app.safeguards.vault.sealing import Unopened, seal, unseal

RULE = "rule"  # instead of action and route, where these would tell what nobody may learn


@dataclass
class Writes:
    """Collected by the verbs in the order asked for; inserted together, each table at once."""

    db: Connection
    keys: FileKeys
    circumstances: Circumstances
    rows: dict[Table, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    events: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    files: set[UUID] = field(default_factory=set)  # that are new
    written: int = 0
    ruled: bool = False  # what is written now must not tell from what it follows
    entered: Entered | None = None  # until the first write, which looks whether that still holds

    def add(
        self,
        kind: type[Protected],
        record_class: str,
        values: dict[str, Any],
        drawn: bool = False,
    ) -> None:
        """A new row; where the kind opens a file, the file and its key come with it."""
        file_id: UUID = values[kind.file]
        if kind.file_kind:
            made = {"id": file_id, "kind": kind.file_kind, "created_at": self.circumstances.at}
            self.rows[table(File)].append({**made, "wrapped_key": self.keys.new(file_id)})
        said = (name for name in values if name not in kind.inherits)
        names = [name for name in said if values[name] is not None]
        values["last_event_id"] = self.revise(kind, record_class, values, names, drawn)
        self.rows[table(kind)].append(self.stored(kind, values))

    def change(
        self,
        kind: type[Protected],
        record_class: str,
        values: dict[str, Any],
        names: list[str],
        drawn: bool = False,
        erased: bool = False,
    ) -> bool:
        """The next version of a row, unless somebody made one since: then False.

        `erased`: the last one, which says nothing; its event says so.
        """
        self.flush()
        self.entered = None  # the row was read under the wall since, and a release changes the wall
        rows, version = table(kind), values["version"]
        values["last_event_id"] = self.revise(kind, record_class, values, names, drawn, erased)
        whole = self.stored(kind, values)
        kept = {name: whole[name] for name in {*names, "version", "updated_at", "last_event_id"}}
        statement = update(rows).where(rows.c.id == values["id"], rows.c.version == version - 1)
        return bool(self.db.execute(statement.values(kept)).rowcount)

    def revise(
        self,
        kind: type[Protected],
        record_class: str,
        values: Mapping[str, Any],
        names: list[str],
        drawn: bool,
        erased: bool = False,
    ) -> UUID:
        """The revision and the event of one version of one record.

        `drawn`: by a rule, from what the caller did; the event says so. Where `ruled`, it says that
        alone, and not what the caller did.
        """
        file_id, self.written = values[kind.file], self.written + 1
        key = self.keys.of(file_id)
        whole, commitment = taken(key, values["id"], values["version"], shown(values))
        event = self.circumstances.event(
            "written",
            file_id=file_id,
            record_class=record_class,
            record=kind.record,
            record_id=values["id"],
            record_version=values["version"],
            chain=record_class,
            detail={
                "fields": sorted(names),
                "commitment": commitment,
                **({DRAWN: True} if drawn or self.ruled else {}),
                **({ERASED: True} if erased else {}),
            },
            **({"action": RULE, "route": RULE, "relation": None} if self.ruled else {}),
        )
        self.events.append(event)
        place = revision_place(values["id"], values["version"])
        self.rows[table(Revision)].append(
            {
                "record_id": values["id"],
                "version": values["version"],
                "record": kind.record,
                "record_class": record_class,
                "file_id": file_id,
                "event_id": event["id"],
                "created_at": self.circumstances.at,
                "snapshot": seal(key, whole, place),
            }
        )
        event_id: UUID = event["id"]
        return event_id

    def stored(self, kind: type[Protected], values: Mapping[str, Any]) -> dict[str, Any]:
        row, sealed = dict(values), sealed_columns(kind)
        if sealed:
            key = self.keys.of(values[kind.file])
            for column in sealed:
                row[column.name] = seal_value(key, column, values["id"], row[column.name])
        return row

    def message(self, topic: str, file_id: UUID | None, ids: Mapping[str, UUID]) -> None:
        body = {name: str(value) for name, value in ids.items()}
        row = {"id": new_id(), "created_at": self.circumstances.at, "topic": topic, "body": body}
        self.messages.append({**row, "file_id": file_id, "sent": False})

    def read(self, subjects: set[UUID], **more: Any) -> None:
        """One event for what one answer shows, and the files that it shows."""
        event = self.circumstances.event("read", **more)
        self.rows[table(AuditEvent)].append(event)
        self.rows[table(AuditSubject)].extend(
            {"event_id": event["id"], "file_id": one} for one in sorted(subjects)
        )

    def flush(self, last: bool = False) -> None:
        """Insert what waits, parents first; the events of it only when all is written.

        They lock the heads of their chains, which others wait for: so late, and all in one order.
        `last`: nothing else will be asked in this unit of work. Who changes nothing has nothing to
        tell: messages go with what is written.
        """
        if self.messages and self.events:
            self.rows[table(Message)].extend(self.messages)
            self.messages = []
        waiting = sum(map(len, self.rows.values()))
        few = waiting <= MOST and not (self.rows.get(table(File)) or self.files)
        if last and few and len(self.events) == 1:
            order = table_order()
            tables = sorted(self.rows, key=lambda one: order[one])
            rows = [(one, row) for one in tables for row in self.rows[one]]
            if isinstance(self.db, Line):
                self.db.commit_with_next()
            append(self.db, self.events[0], rows, self.entered)
            self.events, self.rows, self.entered = [], defaultdict(list), None
            return
        if self.events and self.entered:
            self.entered.confirm(self.db)
            self.entered = None
        files = self.rows.pop(table(File), [])
        insert_all(self.db, table(File), files)
        self.files |= {one["id"] for one in files}
        if last and self.events:
            chain(self.db, self.events, self.files)
            self.rows[table(AuditEvent)].extend(self.events)
            self.events = []
        order = table_order()
        for one in sorted(self.rows, key=lambda one: order[one]):
            insert_all(self.db, one, self.rows[one])
        self.rows.clear()


@cache
def table_order() -> Mapping[Table, int]:
    """Parents before children; every table is declared before the first request."""
    return {rows: place for place, rows in enumerate(table(File).metadata.sorted_tables)}


def shown(values: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in values.items() if name != "last_event_id"}


@cache
def sealed_columns(kind: type[Protected]) -> tuple[Column[Any], ...]:
    return tuple(column for column in table(kind).c if is_sealed(column))


def revision_place(record_id: UUID, version: int) -> str:
    return f"revisions|{record_id}|{version}|snapshot"


def open_revision(key: bytes, record_id: UUID, version: int, sealed: bytes | None) -> bytes:
    """Raises Unopened also where the version is not kept: somebody took it away."""
    if sealed is None:
        raise Unopened("a version is not kept")
    return unseal(key, sealed, revision_place(record_id, version))


def chain(db: Connection, events: list[dict[str, Any]], new_files: Collection[UUID] = ()) -> None:
    """Give each event its place; heads are locked late, in one order, so that none deadlock.

    `new_files` have no heads yet, and nobody else knows of them.
    """
    heads = table(ChainHead)
    found = {(event["file_id"], event["chain"]): (0, GENESIS) for event in events}
    known = sorted(place for place in found if place[0] not in new_files)
    insert_all(db, heads, [head(place, (0, GENESIS)) for place in known], "left")
    chains = sorted({name for _, name in known})
    files = sorted({file_id for file_id, _ in known})
    for start in range(0, len(files), 500):
        statement = (
            select(heads)
            .where(heads.c.file_id.in_(files[start : start + 500]), heads.c.chain.in_(chains))
            .order_by(heads.c.file_id, heads.c.chain)
            .with_for_update(key_share=True)
        )
        for row in db.execute(statement):
            if (row.file_id, row.chain) in found:
                found[row.file_id, row.chain] = (row.seq, row.hash)
    for event in events:
        place = (event["file_id"], event["chain"])
        seq, previous = found[place]
        event["seq"] = seq + 1
        event["hash"] = link(previous, leaf(event))
        found[place] = (event["seq"], event["hash"])
    insert_all(db, heads, [head(place, last) for place, last in found.items()], "replaced")


def head(place: tuple[UUID, str], last: tuple[int, bytes]) -> dict[str, Any]:
    return dict(zip(("file_id", "chain", "seq", "hash"), (*place, *last), strict=True))
