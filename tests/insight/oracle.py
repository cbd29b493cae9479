"""What a file's past should tell, worked out slowly: every revision, row by row, in Python."""

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.db import table
from app.core.values import moment, now
from app.insight.changes import changes
from app.safeguards.access.policy import POLICY, ROLES
from app.safeguards.audit.models import AuditEvent, Revision
from app.safeguards.guard.columns import columns_shown
from app.safeguards.guard.protected import When, protected_kinds, visible
from app.safeguards.guard.writing import open_revision
from app.safeguards.identity.caller import named
from app.safeguards.vault.file_keys import FileKeys
from tests.conftest import World
from tests.looking import transaction
from tests.making import Made

IN_SUMMARY = {
    "note": frozenset({"id", "kind", "occurred_on", "created_at"}),
    "track": frozenset({"id", "code", "pillar", "attending"}),
}


def told(world: World, made: Made, role: str) -> list[dict[str, Any]]:
    """Entries of the history, oldest first, with the names of the fields that an event holds."""
    file_id, kept, events = UUID(made.id), table(Revision), table(AuditEvent)
    readable = POLICY.in_columns(role)
    found: list[dict[str, Any]] = []
    before: dict[Any, Any] = {}
    with transaction(world.house.engine) as db:
        caller = named(db, UUID(world.staff[role, "north"].id))
        assert caller is not None
        key = FileKeys(db, world.house.vault).of(file_id)
        kinds = {kind.record: kind for kind in protected_kinds()}
        seen_now = {}
        for record, kind in kinds.items():
            for way, grants in (
                ("whole", POLICY.grants(role, f"{record}.read")),
                ("summary", POLICY.in_summary(role, record)),
            ):
                rows = db.execute(visible(kind, caller, grants, When(now(), now().date()))).all()
                here = {row.id for row in rows if getattr(row, kind.file) == file_id}
                seen_now[record, way] = here, frozenset[str]().union(*grants.values())
        joined = select(events, kept.c.snapshot, kept.c.version).join(
            kept, kept.c.event_id == events.c.id
        )
        rows = db.execute(joined.where(kept.c.file_id == file_id)).all()
    for row in sorted(rows, key=lambda one: (one.created_at, one.record_class, one.seq)):
        ways = [
            way
            for way in ("whole", "summary")
            if row.record_id in seen_now[row.record, way][0]
            and row.record_class in seen_now[row.record, way][1]
        ]
        if not ways:
            continue
        brief = ways == ["summary"]
        if brief and not {*row.detail["fields"]} & IN_SUMMARY[row.record]:
            continue
        whole = json.loads(open_revision(key, row.record_id, row.version, row.snapshot))
        in_full = columns_shown(kinds[row.record], readable)
        shown = IN_SUMMARY[row.record] if brief else in_full
        then = {name: value for name, value in whole.items() if name in shown}
        found.append(
            {
                "event_id": str(row.id),
                "at": moment(row.created_at),
                "actor_id": None if brief or not row.actor_id else str(row.actor_id),
                "role": None if brief else row.role,
                "action": row.action,
                "record_class": row.record_class,
                "record": row.record,
                "record_id": str(row.record_id),
                "version": row.record_version,
                "changes": changes(before.get(row.record_id, {}), then),
                "reason": then.get("reason"),
                "chain": {"rev": row.seq, "hash": row.hash.hex()},
                **{n: None if brief else getattr(row, n) for n in WHY},
                "grants": [] if brief else row.detail.get("grants", []),
                "fields": [n for n in row.detail["fields"] if not brief or n in shown],
            }
        )
        before[row.record_id] = then
    return found


WHY = ("purpose", "basis", "relation")
READERS = [role for role in ROLES if POLICY.grants(role, "history.read")]
HISTORY = (
    *("event_id", "at", "actor_id", "action", "record_class", "record", "record_id"),
    *("version", "changes", "reason", "chain", *WHY, "grants"),
)
TIMELINE = (
    *("event_id", "at", "actor_id", "role", "action", "record", "record_id", "record_class"),
    *("version", "fields"),
)


def some(entries: list[dict[str, Any]], names: Iterable[str]) -> list[dict[str, Any]]:
    return [{name: one[name] for name in names} for one in entries]


def paged(made: Made, role: str, path: str, limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = made.get(role, f"{path}limit={limit}{cursor}")
        assert len(page["items"]) <= limit
        found += page["items"]
        if page["next"] is None:
            return found
        assert len(page["items"]) == limit
        cursor = f"&cursor={page['next']}"
