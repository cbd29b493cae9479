"""What somebody could do who holds the database: each edit, and the check that finds it.

The checks are those of whoever runs the service: the start, which looks at the log (`start`), and
the log that grows and keeps out what is not ours (`grow`); and those of an auditor with
`casework-verify` and what they were given: the log (`log`), the rows (`state`), and all that they
have seen before (`sink`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, delete, insert, select, text, update

from app.core.db import Base, table
from app.core.values import new_id
from app.safeguards.audit.chain import leaf, link, log_leaf
from app.safeguards.audit.models import (
    SAID,
    AuditEvent,
    ChainHead,
    LogHead,
    LogLeaf,
    LogTile,
    Revision,
)
from app.safeguards.audit.tiles import WIDTH
from app.safeguards.guard.protected import protected_kinds
from tests.conftest import World

EVENTS, LEAVES, TILES = table(AuditEvent), table(LogLeaf), table(LogTile)
HEADS, LOG, REVISIONS = table(ChainHead), table(LogHead), table(Revision)
PLACE = 700  # of the log, where most edits are; a tile is full there
EARLIER = 600  # as many events the log had when a dump was made


@dataclass
class Held:
    """A database that somebody holds, and what it was when the log was shorter."""

    world: World
    db: Connection
    then: dict[str, Any]  # the head of the log at that time
    note: bytes  # and the checkpoint beside the database

    def event(self, place: int = PLACE, **like: Any) -> dict[str, Any]:
        """The first in the log from this place on that is like that, with its place."""
        joined = EVENTS.join(LEAVES, LEAVES.c.event_id == EVENTS.c.id)
        alike = [EVENTS.c[name] == value for name, value in like.items()]
        wanted = select(EVENTS, LEAVES.c.leaf_index).select_from(joined)
        found = wanted.where(LEAVES.c.leaf_index >= place, *alike).order_by(LEAVES.c.leaf_index)
        return dict(self.db.execute(found.limit(1)).mappings().one())

    def last_of_a_chain(self) -> dict[str, Any]:
        heads = (EVENTS.c.file_id == HEADS.c.file_id) & (EVENTS.c.chain == HEADS.c.chain)
        last = EVENTS.join(HEADS, heads & (EVENTS.c.seq == HEADS.c.seq))
        joined = last.join(LEAVES, LEAVES.c.event_id == EVENTS.c.id)
        found = select(EVENTS, LEAVES.c.leaf_index).select_from(joined).where(EVENTS.c.seq > 1)
        return dict(self.db.execute(found.order_by(LEAVES.c.leaf_index)).mappings().first() or {})

    def change(self, event: dict[str, Any], **values: Any) -> int:
        found = update(EVENTS).where(EVENTS.c.id == event["id"]).values(values)
        assert self.db.execute(found).rowcount == 1
        return int(event["leaf_index"])

    def leaf(self, place: int) -> dict[str, Any]:
        found = select(LEAVES).where(LEAVES.c.leaf_index == place)
        return dict(self.db.execute(found).mappings().one())

    def set_leaf(self, place: int, **values: Any) -> None:
        found = update(LEAVES).where(LEAVES.c.leaf_index == place).values(values)
        assert self.db.execute(found).rowcount == 1

    @property
    def size(self) -> int:
        return int(self.db.execute(select(LOG.c.size)).scalar_one())

    def forged(self, **more: Any) -> dict[str, Any]:
        """As an event of ours, whole, with a word that is none."""
        like = self.event()
        event = {column.name: like[column.name] for column in SAID}
        free = dict.fromkeys(("chain", "seq", "hash", "record_version"))
        return {**event, "id": new_id(), "outcome": "read", **free, **more}

    def put(self, event: dict[str, Any]) -> None:
        self.db.execute(insert(EVENTS).values(event))

    def grow_by(self, event: dict[str, Any]) -> int:
        """The log itself, as if it were ours."""
        size = self.size
        made = {"leaf_index": size, "event_id": event["id"], "leaf": log_leaf(event)}
        self.db.execute(insert(LEAVES).values(made))
        self.db.execute(update(LOG).values(size=size + 1))
        return size

    def cut(self, rows: Table) -> None:
        self.db.execute(delete(rows))


Edit = Callable[[Held], int | None]  # gives the index that must be named, if one can be


def flipped(value: bytes) -> bytes:
    return bytes([value[0] ^ 1]) + value[1:]


# --- events ---------------------------------------------------------------------------------------


def of_event(**values: Any) -> Edit:
    return lambda held: held.change(held.event(), **values)


def a_byte_of_a_link(held: Held) -> int:
    event = held.event(outcome="written")
    return held.change(event, hash=flipped(event["hash"]))


def the_names_of_its_fields(held: Held) -> int:
    event = held.event(outcome="written")
    return held.change(event, detail={**event["detail"], "fields": ["nothing"]})


def backdated(held: Held) -> int:
    event = held.event()
    return held.change(event, created_at=event["created_at"].replace(year=2020))


def of_another_actor(held: Held) -> int:
    event = held.event()
    other = select(EVENTS.c.actor_id).where(EVENTS.c.actor_id != event["actor_id"]).limit(1)
    return held.change(event, actor_id=held.db.execute(other).scalar_one())


def swapped_in_their_chain(held: Held) -> int:
    second = held.last_of_a_chain()
    rest = {"file_id": second["file_id"], "chain": second["chain"], "seq": second["seq"] - 1}
    first = held.event(0, **rest)
    held.change(first, seq=-1)
    held.change(second, seq=first["seq"])
    return held.change(first, seq=second["seq"])


def removed_with_its_leaf(held: Held) -> None:
    event = held.event(outcome="read")
    held.db.execute(delete(LEAVES).where(LEAVES.c.event_id == event["id"]))
    held.db.execute(delete(EVENTS).where(EVENTS.c.id == event["id"]))


def altered_with_a_right_leaf(held: Held) -> int:
    """Its link and its leaf, too: what it says now is what is hashed."""
    event = {**held.last_of_a_chain(), "role": "auditor"}
    mine = (EVENTS.c.file_id == event["file_id"], EVENTS.c.chain == event["chain"])
    before = select(EVENTS.c.hash).where(*mine, EVENTS.c.seq == event["seq"] - 1)
    event["hash"] = link(held.db.execute(before).scalar_one(), leaf(event))
    held.change(event, role="auditor", hash=event["hash"])
    here = (HEADS.c.file_id == event["file_id"], HEADS.c.chain == event["chain"])
    held.db.execute(update(HEADS).where(*here).values(hash=event["hash"]))
    held.set_leaf(event["leaf_index"], leaf=log_leaf(event))
    return int(event["leaf_index"]) // WIDTH * WIDTH  # all of the tile fits its leaves


def altered_with_all_that_is_above(held: Held) -> None:
    """Leaf, tile and what was signed: all but the signature fits."""
    altered_with_a_right_leaf(held)
    tile = held.db.execute(select(TILES).where(TILES.c.level == 1)).mappings().first()
    assert tile
    place = (TILES.c.level == 1) & (TILES.c.n == tile["n"])
    held.db.execute(update(TILES).where(place).values(hashes=flipped(tile["hashes"])))
    held.db.execute(update(LOG).values(root=bytes(32)))


def inserted(**more: Any) -> Edit:
    def edit(held: Held) -> None:
        held.put(held.forged(**more))

    return edit


def inserted_long_ago(held: Held) -> None:
    first = select(EVENTS.c.id).order_by(EVENTS.c.id).limit(1)
    early = UUID(int=held.db.execute(first).scalar_one().int - 1)
    held.put(held.forged(id=early))


def inserted_with_its_leaf(held: Held) -> None:
    event = held.forged()
    held.put(event)
    held.grow_by(event)


def written_as_if_by_us(held: Held) -> None:
    """The next of a chain, rightly linked, with the word of another event."""
    last = held.last_of_a_chain()
    event = {column.name: last[column.name] for column in SAID}
    event |= {"id": new_id(), "seq": last["seq"] + 1, "record_id": new_id()}
    event["hash"] = link(last["hash"], leaf(event))
    held.put(event)
    here = (HEADS.c.file_id == event["file_id"], HEADS.c.chain == event["chain"])
    held.db.execute(update(HEADS).where(*here).values(seq=event["seq"], hash=event["hash"]))


def the_last_of_a_chain_removed(held: Held) -> None:
    last = held.last_of_a_chain()
    mine = (EVENTS.c.file_id == last["file_id"], EVENTS.c.chain == last["chain"])
    before = select(EVENTS.c.hash).where(*mine, EVENTS.c.seq == last["seq"] - 1)
    here = (HEADS.c.file_id == last["file_id"], HEADS.c.chain == last["chain"])
    link_before = held.db.execute(before).scalar_one()
    held.db.execute(update(HEADS).where(*here).values(seq=last["seq"] - 1, hash=link_before))
    held.db.execute(delete(LEAVES).where(LEAVES.c.event_id == last["id"]))
    held.db.execute(delete(EVENTS).where(EVENTS.c.id == last["id"]))


# --- the log --------------------------------------------------------------------------------------


def a_byte_of_a_leaf(held: Held) -> int:
    held.set_leaf(PLACE, leaf=flipped(held.leaf(PLACE)["leaf"]))
    return PLACE


def two_leaves_swapped(held: Held) -> int:
    one, other = held.leaf(PLACE)["leaf"], held.leaf(PLACE + 1)["leaf"]
    held.set_leaf(PLACE, leaf=other)
    held.set_leaf(PLACE + 1, leaf=one)
    return PLACE


def two_events_swapped(held: Held) -> int:
    one, other = held.leaf(PLACE), held.leaf(PLACE + 1)
    held.db.execute(delete(LEAVES).where(LEAVES.c.leaf_index == PLACE + 1))
    held.set_leaf(PLACE, event_id=other["event_id"])
    held.db.execute(insert(LEAVES).values({**other, "event_id": one["event_id"]}))
    return PLACE


def a_leaf_removed(held: Held) -> None:
    held.db.execute(delete(LEAVES).where(LEAVES.c.leaf_index == PLACE))


def a_byte_of_a_tile(held: Held) -> None:
    tile = held.db.execute(select(TILES).order_by(TILES.c.level, TILES.c.n)).mappings().first()
    assert tile
    place = (TILES.c.level == tile["level"]) & (TILES.c.n == tile["n"])
    held.db.execute(update(TILES).where(place).values(hashes=flipped(tile["hashes"])))


def the_last_leaves_removed(held: Held) -> None:
    held.db.execute(delete(LEAVES).where(LEAVES.c.leaf_index >= held.size - 5))


def the_log_cut_back(held: Held) -> None:
    """To what was signed then, and events after it are gone as well."""
    later = select(LEAVES.c.event_id).where(LEAVES.c.leaf_index >= held.then["size"])
    gone = [*held.db.execute(later).scalars()]
    held.db.execute(delete(LEAVES).where(LEAVES.c.leaf_index >= held.then["size"]))
    for some in (gone[at : at + 500] for at in range(0, len(gone), 500)):
        held.db.execute(delete(EVENTS).where(EVENTS.c.id.in_(some)))
    held.db.execute(update(LOG).values(held.then))


def an_old_dump_with_its_checkpoint(held: Held) -> None:
    """Whoever holds the machine, too, puts back the file beside the database."""
    the_log_cut_back(held)
    held.world.house.settings.log_checkpoint_file.write_bytes(held.note)


def an_old_checkpoint(held: Held) -> None:
    held.db.execute(update(LOG).values(held.then))


def another_checkpoint_file(held: Held) -> None:
    file = held.world.house.settings.log_checkpoint_file
    file.write_bytes(file.read_bytes().replace(b"\n", b"\n0", 1))


def another_root(held: Held) -> None:
    held.db.execute(update(LOG).values(root=bytes(32)))


def emptied(rows: Table) -> Edit:
    return lambda held: held.cut(rows)


# --- rows -----------------------------------------------------------------------------------------


def sql(*statements: str) -> Edit:
    def edit(held: Held) -> None:
        for one in statements:
            assert held.db.execute(text(one)).rowcount > 0, one

    return edit


def a_byte_that_is_sealed(held: Held) -> None:
    notes = Base.metadata.tables["notes"]
    raw = text("SELECT id, text FROM notes ORDER BY id LIMIT 1")
    row = held.db.execute(raw).one()
    sealed = bytes(row.text)
    given = {"id": row.id, "text": sealed[:-1] + bytes([sealed[-1] ^ 1])}
    assert "text" in notes.c
    assert held.db.execute(text("UPDATE notes SET text = :text WHERE id = :id"), given).rowcount


def a_row_as_it_was(held: Held) -> None:
    """An earlier version by name, with its own event and revision: the later one never was."""
    c = REVISIONS.c
    later = held.db.execute(select(c.record, c.record_id).where(c.version == 2).limit(1)).one()
    first = select(c.event_id).where(c.record_id == later.record_id, c.version == 1)
    (kind,) = [one for one in protected_kinds() if one.record == later.record]
    values = {"version": 1, "last_event_id": held.db.execute(first).scalar_one()}
    here = table(kind).c.id == later.record_id
    assert held.db.execute(update(table(kind)).where(here).values(values)).rowcount == 1
    held.db.execute(delete(REVISIONS).where(c.record_id == later.record_id, c.version > 1))


def copied_row(held: Held) -> None:
    notes = Base.metadata.tables["notes"]
    row = dict(held.db.execute(text("SELECT * FROM notes ORDER BY id LIMIT 1")).mappings().one())
    row["id"] = str(new_id())
    names = [one.name for one in notes.c if one.computed is None]
    marks = ", ".join(f":{name}" for name in names)
    held.db.execute(
        text(f"INSERT INTO notes ({', '.join(names)}) VALUES ({marks})"),
        {name: row[name] for name in names},
    )


ONE_CASE = "(SELECT id FROM cases ORDER BY id LIMIT 1)"
ONE_NOTE = "(SELECT id FROM notes ORDER BY id LIMIT 1)"
# A record of two versions at least.
CHANGED = "(SELECT record_id FROM revisions WHERE version = 2 ORDER BY record_id LIMIT 1)"
EDITS: dict[str, tuple[str, Edit]] = {
    "a byte of a link": ("log", a_byte_of_a_link),
    "an event's role": ("log", of_event(role="auditor")),
    "an event's outcome": ("log", of_event(outcome="refused", code="forbidden")),
    "an event's action": ("log", of_event(action="policy.read")),
    "an event of nobody": ("log", of_event(actor_id=None)),
    "an event of somebody else": ("log", of_another_actor),
    "the fields that an event names": ("log", the_names_of_its_fields),
    "a backdated event": ("log", backdated),
    "two events swapped in their chain": ("log", swapped_in_their_chain),
    "an event removed, with its leaf": ("start", removed_with_its_leaf),
    "a forged event with a right hash": ("log", altered_with_a_right_leaf),
    "and with a forged tile and root": ("start", altered_with_all_that_is_above),
    "a forged event": ("grow", inserted(mac=None)),
    "a forged event with a word": ("grow", inserted(mac=bytes(32))),
    "a forged event of long ago": ("grow", inserted_long_ago),
    "a forged event with its leaf": ("start", inserted_with_its_leaf),
    "a forged write, rightly linked": ("grow", written_as_if_by_us),
    "the last event of a chain removed": ("log", the_last_of_a_chain_removed),
    "a byte of a leaf": ("log", a_byte_of_a_leaf),
    "two leaves swapped": ("log", two_leaves_swapped),
    "two events swapped in the log": ("log", two_events_swapped),
    "a leaf removed": ("log", a_leaf_removed),
    "a byte of a tile": ("start", a_byte_of_a_tile),
    "the last leaves removed": ("start", the_last_leaves_removed),
    "the last events removed": ("start", the_log_cut_back),
    "an old dump with its checkpoint": ("sink", an_old_dump_with_its_checkpoint),
    "an old checkpoint over a longer log": ("start", an_old_checkpoint),
    "another checkpoint beside the database": ("start", another_checkpoint_file),
    "another root": ("start", another_root),
    "no leaves": ("start", emptied(LEAVES)),
    "no tiles": ("start", emptied(TILES)),
    "no log": ("start", emptied(LOG)),
    "a value": ("state", sql(f"UPDATE cases SET status = 'of old' WHERE id = {ONE_CASE}")),
    "a user's role": (
        "state",
        sql(
            "UPDATE users SET role = 'administrator' WHERE id = "
            "(SELECT id FROM users WHERE role = 'educator' ORDER BY id LIMIT 1)"
        ),
    ),
    "a user's unit": (
        "state",
        sql(
            "UPDATE users SET unit_id = (SELECT u.id FROM units u WHERE u.id <> users.unit_id "
            "ORDER BY u.id LIMIT 1) WHERE role = 'auditor'"
        ),
    ),
    "a sealed value moved to another row": (
        "state",
        sql(
            f"UPDATE notes SET text = (SELECT text FROM notes WHERE id > {ONE_NOTE} LIMIT 1) "
            f"WHERE id = {ONE_NOTE}"
        ),
    ),
    "a byte that is sealed": ("state", a_byte_that_is_sealed),
    "a kind": ("state", sql(f"UPDATE notes SET kind = 'counselling' WHERE id = {ONE_NOTE}")),
    "a moment": (
        "state",
        sql(
            "UPDATE notes SET created_at = updated_at, occurred_on = '2020-01-01' "
            f"WHERE id = {ONE_NOTE}"
        ),
    ),
    "an author": (
        "state",
        sql(
            "UPDATE notes SET author_id = (SELECT id FROM users WHERE id <> author_id LIMIT 1) "
            f"WHERE id = {ONE_NOTE}"
        ),
    ),
    "a revision": (
        "state",
        sql(
            f"UPDATE revisions SET snapshot = (SELECT snapshot FROM revisions WHERE "
            f"record_id = {ONE_CASE} LIMIT 1) WHERE record_id = {ONE_NOTE}"
        ),
    ),
    "a revision removed": (
        "state",
        sql(f"DELETE FROM revisions WHERE record_id = {ONE_NOTE}"),
    ),
    "a version of its own": (
        "state",
        sql(f"UPDATE notes SET version = 7 WHERE id = {ONE_NOTE}"),
    ),
    "a version before the last removed": (
        "state",
        sql(f"DELETE FROM revisions WHERE record_id = {CHANGED} AND version = 1"),
    ),
    "a version before the last dated back": (
        "state",
        sql(
            "UPDATE revisions SET created_at = (SELECT created_at FROM revisions WHERE "
            f"record_id = {CHANGED} AND version = 2) WHERE record_id = {CHANGED} AND version = 1"
        ),
    ),
    "the class of a version before the last": (
        "state",
        sql(
            "UPDATE revisions SET record_class = 'child_justice' "
            f"WHERE record_id = {CHANGED} AND version = 1"
        ),
    ),
    "what a version before the last said": (
        "state",
        sql(
            f"UPDATE revisions SET snapshot = (SELECT snapshot FROM revisions WHERE "
            f"record_id = {CHANGED} AND version = 2) WHERE record_id = {CHANGED} AND version = 1"
        ),
    ),
    "a version put in": (
        "state",
        sql(
            "INSERT INTO revisions (record_id, version, record, record_class, file_id, event_id, "
            "created_at, snapshot) SELECT record_id, 99, record, record_class, file_id, "
            "(SELECT id FROM audit_events WHERE outcome = 'read' LIMIT 1), created_at, snapshot "
            f"FROM revisions WHERE record_id = {CHANGED} AND version = 1"
        ),
    ),
    "a row as it was": ("state", a_row_as_it_was),
    "a row removed": ("state", sql(f"DELETE FROM notes WHERE id = {ONE_NOTE}")),
    "a row put in": ("state", copied_row),
    "a key destroyed": (
        "state",
        sql(
            "UPDATE files SET wrapped_key = NULL WHERE id = "
            f"(SELECT case_id FROM notes WHERE id = {ONE_NOTE})"
        ),
    ),
    "another's event": (
        "state",
        sql(
            f"UPDATE notes SET last_event_id = (SELECT last_event_id FROM cases "
            f"WHERE id = {ONE_CASE}) WHERE id = {ONE_NOTE}"
        ),
    ),
}
