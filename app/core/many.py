"""Many rows of one table: PostgreSQL is sent a document that holds them, SQLite row by row."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from typing import Any, Literal

import orjson
from sqlalchemy import JSON, Connection, Select, Table, Text, cast, column, func, select
from sqlalchemy.dialects import postgresql, sqlite

from app.core.cells import bare
from app.core.lines import Line, NotHere
from app.core.statements import Statement, bind
from app.core.values import moment

AT_A_TIME = 500  # rows of one document
Known = Literal["refused", "left", "replaced"]  # what becomes of a row whose key is there already
Rows = Sequence[Mapping[str, Any]]


def insert_all(db: Connection, rows: Table, values: Rows, known: Known = "refused") -> None:
    """In their order, those of one form together; within a transaction."""
    if values and isinstance(db, Line):
        raise NotHere("many at once")
    engine = db.dialect.name
    for names, some in groupby(values, key=tuple):
        statement, alike = insertion(rows, names, engine, known), list(some)
        if engine != "postgresql":
            statement.run_each(db, alike)
            continue
        for start in range(0, len(alike), AT_A_TIME):
            told = document(rows, names, alike[start : start + AT_A_TIME])
            statement.run(db, {"document": told})


@lru_cache(maxsize=500)
def insertion(rows: Table, names: tuple[str, ...], engine: str, known: Known) -> Statement:
    if engine == "postgresql":
        made: Any = postgresql.insert(rows)
        made = made.from_select(names, in_document(rows, names), include_defaults=False)
    else:
        made = sqlite.insert(rows)
        made = made.values({name: bind(name, rows.c[name].type) for name in names})
    if known == "left":
        made = made.on_conflict_do_nothing()
    if known == "replaced":
        others = set(names) - set(rows.primary_key.columns.keys())
        made = made.on_conflict_do_update(
            index_elements=rows.primary_key, set_={name: made.excluded[name] for name in others}
        )
    return Statement(made, engine)


def in_document(rows: Table, names: tuple[str, ...]) -> Select[Any]:
    columns = [column(name, rows.c[name].type) for name in names]
    told = cast(bind("document", Text()), JSON)
    found = func.json_to_recordset(told).table_valued(*columns).render_derived(with_types=True)
    return select(*found.c)


def document(rows: Table, names: tuple[str, ...], values: Rows) -> bytes:
    """An object for each row; what a column of JSON holds is spelled as it always is."""
    if documents := [name for name in names if isinstance(rows.c[name].type, JSON)]:
        values = [
            {**row, **{name: orjson.Fragment(bare(row[name])) for name in documents}}
            for row in values
        ]
    return orjson.dumps(values, default=spelled, option=orjson.OPT_PASSTHROUGH_DATETIME)


def spelled(value: Any) -> str:
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, date):
        return moment(value) if isinstance(value, datetime) else value.isoformat()
    raise TypeError(f"{type(value).__name__} is no value of a column")
