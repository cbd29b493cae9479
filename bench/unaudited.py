"""Takes the events away, in the bench alone, to tell what they cost.

A read leaves none; a write leaves its rows and what it promised to subscribers, and neither a
revision, nor an event, nor a link. Token, wall, door, sealing and the number of questions are as
they were. The bench counts events before it measures, so a place that was missed ends the run: an
unaudited server that audits would be a false witness.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, literal, select

from app import main
from app.core.statements import Statement
from app.core.values import new_id
from app.safeguards.guard import carrying, plans, quick, shortcut, writing
from app.safeguards.guard.appending import Closed, Entered, Form, Row, values_of
from app.safeguards.guard.door import Door, still_open
from app.safeguards.guard.writing import Writes


def apply() -> None:
    replace(main, "examine_refusals", nothing)  # the database is one of `bench.bare`
    replace(Writes, "read", nothing)
    replace(Writes, "revise", without_event)
    replace(writing, "append", append)
    replace(plans, "with_evidence", without_evidence)
    replace(quick.Quick, "_event", unsaid)
    replace(quick.Quick, "_witness", nothing)
    replace(quick, "word", nothing)
    for way in (carrying, shortcut):
        replace(way, "on_record", nothing)


def replace(owner: Any, name: str, by: object) -> None:
    if not hasattr(owner, name):
        raise SystemExit(f"bench/unaudited.py: {owner} has no {name} any more")
    setattr(owner, name, by)


# --- reads ----------------------------------------------------------------------------------------


def nothing(*_: object, **__: object) -> None:
    """Instead of an event, our word for it, its second record."""


def unsaid(*_: object) -> dict[str, Any]:
    return {}


def without_evidence(_question: object, shown: Any, *_: object) -> Any:
    """The statement that reads, as it was before events were added to it."""
    return shown


# --- writes ---------------------------------------------------------------------------------------


def without_event(writes: Writes, *_: object, **__: object) -> UUID:
    """Instead of `Writes.revise`; what stands for the event keeps the rows on their way."""
    writes.written += 1
    writes.events.append({})
    return new_id()


def append(
    db: Connection, _event: object, rows: Sequence[Row], entered: Entered | None = None
) -> None:
    """The rows alone, by the same door and in one question where there was one."""
    form: Form = tuple((one, tuple(values)) for one, values in rows)
    given: dict[str, Any] = {**(entered.given if entered else {})}
    for number, (_, values) in enumerate(rows, start=1):
        given |= {f"{number}_{name}": value for name, value in values.items()}
    if db.dialect.name != "postgresql":
        for one in in_steps(form):
            one.run(db, given)
    elif not at_once(form, entered.door if entered else None).run(db, given):
        raise Closed


@lru_cache(maxsize=1000)
def at_once(form: Form, door: Door | None) -> Statement:
    opened = select(literal(1).label("open"))
    passed = (opened.where(still_open(door)) if door else opened).cte("passed")
    made = [
        insert(rows)
        .from_select(
            list(values), select(*values.values()).select_from(passed), include_defaults=False
        )
        .cte(f"made_{number}")
        for number, rows, values in numbered(form)
    ]
    return Statement(select(passed.c.open).add_cte(*made), "postgresql")


@lru_cache(maxsize=1000)
def in_steps(form: Form) -> list[Statement]:
    return [Statement(insert(rows).values(values), "sqlite") for _, rows, values in numbered(form)]


def numbered(form: Form) -> list[tuple[int, Any, Mapping[str, Any]]]:
    return [
        (number, rows, values_of(number, rows, names))
        for number, (rows, names) in enumerate(form, start=1)
    ]
