"""The usual write: one event and a row in each of a few tables, with its chain link, at once.

PostgreSQL does it in one statement, which hashes the link where the head is locked; SQLite in a
few, under its one write lock. Both give the same bytes. What does not fit is inserted at length.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Connection,
    LargeBinary,
    Table,
    Text,
    cast,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import postgresql

from app.core.db import Identifier, table
from app.core.statements import Statement, bind
from app.safeguards.audit.chain import GENESIS, leaf, link
from app.safeguards.audit.models import AuditEvent, ChainHead
from app.safeguards.guard.door import Door, still_open, still_open_now

MOST = 6  # rows beside the event; more are better inserted table by table
EVENTS, HEADS = table(AuditEvent), table(ChainHead)
Row = tuple[Table, Mapping[str, Any]]
Form = tuple[tuple[Table, tuple[str, ...]], ...]


class Closed(Exception):
    """What let this unit of work in was taken back while it waited: it is to begin anew."""


@dataclass(frozen=True)
class Entered:
    """The door by which a unit of work came to write, and whose particulars opened it."""

    door: Door
    given: Mapping[str, Any]

    def confirm(self, db: Connection) -> None:
        if not still_open_now(self.door).run(db, self.given):
            raise Closed


def append(
    db: Connection, event: dict[str, Any], rows: Sequence[Row], entered: Entered | None = None
) -> None:
    """`event` gets its place in its chain; parents come before children in `rows`.

    Among these may be an event of reading, which is in no chain. Nothing is written if the door
    has closed since.
    """
    form: Form = ((EVENTS, tuple(event)), *((one, tuple(values)) for one, values in rows))
    given = {f"e_{name}": value for name, value in event.items()}
    for number, (_, values) in enumerate(rows, start=1):
        given |= {f"{number}_{name}": value for name, value in values.items()}
    given["leaf"] = leaf(event)
    if db.dialect.name == "postgresql":
        if entered:
            given |= entered.given
        made = at_once(form, entered.door if entered else None).run(db, given)
        if not made:
            raise Closed
        ((event["seq"], event["hash"]),) = made
        return
    steps = in_steps(form)
    found = steps.head.run(db, given)
    seq, previous = found[0] if found else (0, GENESIS)
    event["seq"], event["hash"] = seq + 1, link(previous, given["leaf"])
    given |= {"e_seq": event["seq"], "e_hash": event["hash"]}
    (steps.next if found else steps.first).run(db, given)
    for one in steps.inserts:
        one.run(db, given)


@lru_cache(maxsize=1000)
def at_once(form: Form, door: Door | None) -> Statement:
    event_leaf, genesis, prefix = (
        cast(one, LargeBinary)
        for one in (bind("leaf", LargeBinary()), literal(GENESIS), literal(b"\1"))
    )

    def linked(previous: Any) -> Any:
        return func.sha256(prefix.op("||")(previous).op("||")(event_leaf), type_=LargeBinary())

    first = select(
        bind("e_file_id", Identifier()), bind("e_chain", Text()), literal(1), linked(genesis)
    )
    if door:
        first = first.where(still_open(door))
    head = (
        postgresql.insert(HEADS)
        .from_select(["file_id", "chain", "seq", "hash"], first)
        .on_conflict_do_update(
            index_elements=[HEADS.c.file_id, HEADS.c.chain],
            set_={"seq": HEADS.c.seq + 1, "hash": linked(HEADS.c.hash)},
        )
        .returning(HEADS.c.seq, HEADS.c.hash)
        .cte("head")
    )
    ctes = []
    for number, (rows, names) in enumerate(form):
        values = values_of(number, rows, names)
        if number == 0:
            values |= {"seq": head.c.seq, "hash": head.c.hash}
        made = insert(rows).from_select(
            list(values), select(*values.values()).select_from(head), include_defaults=False
        )
        ctes.append(made.cte(f"made_{number}"))
    return Statement(select(head.c.seq, head.c.hash).add_cte(*ctes), "postgresql")


@dataclass(frozen=True)
class Steps:
    head: Statement
    first: Statement
    next: Statement
    inserts: tuple[Statement, ...]


@lru_cache(maxsize=1000)
def in_steps(form: Form) -> Steps:
    file_id, chain = bind("e_file_id", Identifier()), bind("e_chain", Text())
    here = (HEADS.c.file_id == file_id, HEADS.c.chain == chain)
    place = {"seq": bind("e_seq", HEADS.c.seq.type), "hash": bind("e_hash", HEADS.c.hash.type)}
    return Steps(
        Statement(select(HEADS.c.seq, HEADS.c.hash).where(*here), "sqlite"),
        Statement(insert(HEADS).values(file_id=file_id, chain=chain, **place), "sqlite"),
        Statement(update(HEADS).where(*here).values(place), "sqlite"),
        tuple(
            Statement(insert(rows).values(values_of(number, rows, names)), "sqlite")
            for number, (rows, names) in enumerate(form)
        ),
    )


def values_of(number: int, rows: Table, names: tuple[str, ...]) -> dict[str, Any]:
    prefix = number or "e"
    return {name: bind(f"{prefix}_{name}", rows.c[name].type) for name in names}
