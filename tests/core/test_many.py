"""Many rows at once arrive as single ones do, and clash as those do."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    cast,
    delete,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError

from app.core import many
from app.core.db import Identifier, UtcDateTime
from app.core.lines import Line, NotHere
from app.core.many import insert_all
from app.core.statements import Statement, begin, bind
from app.core.values import new_id
from tests.conftest import World

ROWS = Table(
    "some_rows",
    MetaData(),
    Column("id", Identifier(), primary_key=True),
    Column("order", UtcDateTime()),  # names that need quotes
    Column("until", Date()),
    Column("open", Boolean()),
    Column("number", Integer()),
    Column("text", Text()),
    Column("sealed", LargeBinary()),
    Column("detail", JSON(none_as_null=True)),
    Column("unsaid", Text(), server_default="as ever"),
    prefixes=["TEMPORARY"],
)
NAMES = [column.name for column in ROWS.c if column.name != "unsaid"]

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
FIRST, LAST = datetime(2, 1, 1), datetime(9998, 1, 1)  # noqa: DTZ001
MOMENTS = st.datetimes(FIRST, LAST, timezones=st.timezones())
PLAIN = (
    TEXTS,
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.none(),
    st.uuids(),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
)
NESTED = st.recursive(
    st.one_of(*PLAIN),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "id": st.uuids(),
    "order": st.none() | MOMENTS,
    "until": st.none() | st.dates(),
    "open": st.none() | st.booleans(),
    "number": st.none() | st.integers(-(2**31), 2**31 - 1),
    "text": st.none() | TEXTS,
    "sealed": st.none() | st.binary(),
    "detail": st.none() | st.lists(NESTED, max_size=3) | st.dictionaries(TEXTS, NESTED, max_size=3),
}
MANY = st.lists(st.fixed_dictionaries(VALUES), max_size=6, unique_by=lambda row: row["id"])


@contextmanager
def scratch(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as db, db.begin() as begun:
        begin(db)
        ROWS.create(db)
        yield db
        begun.rollback()


def one_by_one(db: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    values = {name: bind(name, ROWS.c[name].type) for name in NAMES}
    single = Statement(insert(ROWS).values(values), db.dialect.name)
    for row in rows:
        single.run(db, row)


def held(db: Connection) -> list[Any]:
    """As the database itself spells it."""
    spelled = (column if column.name == "sealed" else cast(column, Text) for column in ROWS.c)
    return [tuple(row) for row in db.execute(select(*spelled).order_by(ROWS.c.id))]


@settings(max_examples=80, deadline=None)
@given(MANY)
def test_each_value_arrives_as_it_does_alone(world: World, rows: list[dict[str, Any]]) -> None:
    with scratch(world.house.engine) as db:
        one_by_one(db, rows)
        alone = held(db)
        db.execute(delete(ROWS))
        insert_all(db, ROWS, rows)
        assert held(db) == alone
        assert len(alone) == len(rows)


def numbered(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": UUID(int=number), "number": number} for number in numbers]


def numbers(db: Connection) -> list[int]:
    return list(db.execute(select(ROWS.c.number).order_by(ROWS.c.id)).scalars())


def test_of_several_forms_and_more_than_one_document_none_is_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "AT_A_TIME", 3)
    others = [{"id": UUID(int=place), "text": "no number"} for place in (20, 21)]
    with scratch(world.house.engine) as db:
        insert_all(db, ROWS, [*numbered(*range(1, 8)), *others, *numbered(9)])
        assert numbers(db) == [*range(1, 8), 9, None, None]
        assert set(db.execute(select(ROWS.c.unsaid)).scalars()) == {"as ever"}


def test_a_clash_is_told_with_the_name_of_what_it_breaks(world: World) -> None:
    with scratch(world.house.engine) as db, pytest.raises(IntegrityError) as clash:
        insert_all(db, ROWS, numbered(1, 2, 1))
    if world.engine == "postgresql":
        assert getattr(clash.value.orig, "diag").constraint_name == "some_rows_pkey"  # noqa: B009


@pytest.mark.parametrize(("known", "then"), [("left", [1, 2]), ("replaced", [7, 2])])
def test_what_is_there_already_is_left_or_replaced(
    world: World, known: many.Known, then: list[int]
) -> None:
    with scratch(world.house.engine) as db:
        insert_all(db, ROWS, numbered(1))
        again = {"id": UUID(int=1), "number": 7}
        insert_all(db, ROWS, [again, *numbered(2)], known)
        assert numbers(db) == then


@pytest.mark.parametrize("value", [datetime(2026, 1, 5), object()])  # noqa: DTZ001
def test_what_is_no_value_of_a_column_is_refused(world: World, value: object) -> None:
    with scratch(world.house.engine) as db, pytest.raises((TypeError, ValueError, KeyError)):
        insert_all(db, ROWS, [{"id": new_id(), "order": value}])


def test_a_line_is_not_asked_for_many() -> None:
    """It would wait for them in the event loop."""
    line: Any = object.__new__(Line)
    with pytest.raises(NotHere, match="many at once"):
        insert_all(line, ROWS, numbered(1))
