"""All that is on record of one file, with proofs, for whoever judges it without us.

One JSON document, an item a line: each event of the file in the order of the log, that it is in the
log, and of a version that the reader may read today its fields, each with the salt by which the
event commits to it. What the reader may not be told stands there without its content, so that each
chain is whole all the same. Parts follow each other as `timeline` has it; nothing is held between.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Connection, Select, and_, literal, select

from app.core.db import Identifier, table
from app.core.errors import Conflict, NotFound
from app.core.transactions import transaction
from app.core.values import canonical, moment, now
from app.safeguards.access.policy import POLICY
from app.safeguards.audit.chain import LOGGED, entry, leaf, log_leaf
from app.safeguards.audit.committing import hashes, salts, spelled
from app.safeguards.audit.forms import written_bytes
from app.safeguards.audit.models import AuditEvent, LogLeaf, Revision
from app.safeguards.audit.stored_log import head_of, reader
from app.safeguards.audit.tiles import Reader, inclusion
from app.safeguards.guard.columns import columns_shown
from app.safeguards.guard.logged import Logged
from app.safeguards.guard.past import Sighting, kept_with
from app.safeguards.guard.second_wall import wall_of
from app.safeguards.guard.shown import Shown
from app.safeguards.guard.summaries import columns_in_summary
from app.safeguards.guard.writing import open_revision
from app.safeguards.identity.caller import authenticate

B = TypeVar("B", bound=BaseModel)
PART = 100  # events of which one part tells
EVENTS, LEAVES, KEPT = table(AuditEvent), table(LogLeaf), table(Revision)
SUMMARY, WHOLE = 1, 2  # how `Sighting` tells an entry
# Why something is not told: an event, or all or some fields of a version; or that it is not kept,
# which nothing of ours does.
CLOSED, CLASS, FIELDS, MISSING = "closed", "class", "fields", "missing"


@dataclass(frozen=True)
class Place:
    """Where a bundle has come to. `digest` is over all bytes so far."""

    size: int  # of the log, as it was signed
    digest: Any
    after: int = -1
    count: int = 0


class Bundling(Logged):
    def bundle(self, out: type[B]) -> Shown[B]:
        """Of the file of the path. Conflict where the log of it is not signed yet."""
        head = head_of(self._db)
        if head is None:
            raise Conflict("nothing is signed yet", code="not-logged-yet")
        size, note = head.given_away()
        self._shown |= {"record": "bundle", "count": "all"}
        told = {
            "checkpoint": note,
            "file_id": self.file_id,
            "made_at": moment(self.at),
            "made_for": self.actor.id,
            "policy": POLICY.digest,
        }
        start = canonical(told).removesuffix(b"}") + b',"items":[\n'
        return self._part(start, Place(size, sha256()))

    def _part(self, start: bytes, place: Place) -> Shown[Any]:
        file_id = literal(self.file_id, Identifier())
        told = Sighting(self._scope, file_id, self.actor, self._when).told(EVENTS)
        whole = self._events_within(POLICY.grants(self.actor.role, "event.read"))
        found = items_after(place, self.file_id, whole, told)
        rows = [dict(row) for row in self._execute(found).mappings()]
        read, lines = cache(reader(self._db)), []  # proofs of one part share most tiles
        for row in rows[:PART]:
            lines.append(canonical(self._item(row, read, place.size)))
        comma = b",\n" if place.count and lines else b""
        body, digest = start + comma + b",\n".join(lines), place.digest.copy()
        digest.update(body)
        count = place.count + len(lines)
        if len(rows) > PART:
            last = rows[PART - 1]["leaf_index"]
            following = Place(place.size, digest, last, count)
            return Shown(body, rest=lambda db: self._resumed(db, following))
        digest.update(b"\n")
        end = canonical({"events": count, "sha256": digest.hexdigest()})
        return Shown(body + b"\n]," + end.removeprefix(b"{"))

    def _resumed(self, db: Connection, place: Place) -> Shown[Any]:
        """The next part, for whoever may have it still."""
        at = now()
        with transaction(db.engine, wall_of(self.actor)) as mine:
            key = self._vault.admitting
            if authenticate(mine, self._asked.token, at, key) != self.actor:
                raise NotFound("what was within reach is not any more")
            circumstances = replace(self._circumstances, at=at)
            again = type(self)(mine, self._vault, self._mark, self._asked, circumstances)
            again._open()
            return again._part(b"", place)

    def _item(self, row: dict[str, Any], read: Reader, size: int) -> dict[str, Any]:
        """An event, where it stands in the log, and the version that it wrote, as far as told."""
        index, kept = row["leaf_index"], row["kept"]
        proof = [written_bytes(one) for one in inclusion(read, index, size)]
        placed = {"index": index, "proof": proof}
        if not row["evident"]:
            closed = {name: row[name] for name in ("chain", "seq", "hash")}
            closed |= {"leaf": leaf(row), "log_leaf": log_leaf(row), "reason": CLOSED}
            return {"withheld": closed, **placed}
        told = {"event": json.loads(entry(row)), **placed}
        if kept is None:
            return told if row["outcome"] != "written" else {**told, "redacted": MISSING}
        return {**told, **self._version_of(row, kept)}

    def _version_of(self, row: Mapping[str, Any], kept: bytes) -> dict[str, Any]:
        """Fields with what opens the event's commitment to each, and hashes of the others."""
        kinds = {kind.record: kind for kind in kept_with(self._scope)}
        kind, role = kinds.get(row["record"]), self.actor.role
        if kind is None or row["told"] not in (SUMMARY, WHOLE):
            return {"redacted": CLASS}
        brief = row["told"] == SUMMARY
        readable = POLICY.in_columns(role)
        seen = columns_in_summary(kind, role) if brief else columns_shown(kind, readable)
        key, version = self._keys.of(self.file_id), row["record_version"]
        whole = json.loads(open_revision(key, row["record_id"], version, kept))
        each = salts(key, row["record_id"], version, len(whole))
        shown = [
            {"name": name, "value": whole[name], "salt": each[place], "place": place}
            for place, name in enumerate(sorted(whole))
            if name in seen
        ]
        told = {"fields": shown, "hashes": hashes(each, spelled(whole))}
        return {"version": told, **({"redacted": FIELDS} if len(shown) < len(whole) else {})}


def items_after(
    place: Place, file_id: UUID, evident: ColumnElement[bool], told: ColumnElement[int]
) -> Select[Any]:
    """Events about the file that are in the log as it was signed, each with its revision."""
    source = EVENTS.join(LEAVES, LEAVES.c.event_id == EVENTS.c.id).outerjoin(
        KEPT,
        and_(
            KEPT.c.record_id == EVENTS.c.record_id,
            KEPT.c.version == EVENTS.c.record_version,
            KEPT.c.event_id == EVENTS.c.id,
        ),
    )
    beside = (
        LEAVES.c.leaf_index,
        evident.label("evident"),
        told.label("told"),
        KEPT.c.snapshot.label("kept"),
    )
    statement = select(*(EVENTS.c[name] for name in LOGGED), *beside).select_from(source)
    here = LEAVES.c.about_id == file_id, LEAVES.c.leaf_index > place.after
    until = LEAVES.c.leaf_index < place.size
    return statement.where(*here, until).order_by(LEAVES.c.leaf_index).limit(PART + 1)
