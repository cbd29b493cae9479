"""A schema as SQL: the database itself writes the JSON that the schema would have written.

The same bytes as `presenting` makes of the same row, so that an ETag is the same whoever wrote it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeGuard

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnClause,
    ColumnElement,
    Date,
    FromClause,
    Integer,
    LargeBinary,
    Select,
    Text,
    case,
    cast,
    false,
    func,
    literal_column,
    select,
    true,
    type_coerce,
)
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import ExpressionClauseList
from sqlalchemy.types import TypeEngine

from app.core.db import Identifier, UtcDateTime, table
from app.safeguards.guard.columns import withheld
from app.safeguards.guard.shown import Representation, children
from app.safeguards.vault.sealed import is_sealed

CLOCK = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'


@dataclass(frozen=True)
class Seen:
    """Rows of a child as the caller may see them, in one schema; or in the first of two where they
    are shown `whole`, and in the other where they are not."""

    rows: Select[Any]
    forms: Sequence[type[Representation]]
    whole: ColumnElement[bool]


Rows = Callable[[type[Representation], FromClause], Seen]


@dataclass(frozen=True)
class Piece:
    """Of the text of one row: SQL text, or the sealed column whose value stands at this place."""

    text: ColumnElement[Any] | None = None
    sealed: Column[Any] | None = None


@cache
def can_spell(out: type[Representation], within: type[Representation] | None = None) -> bool:
    """Whether each field is a column, or children of the same file; nothing is computed.

    A sealed column needs its key, so a schema that stands within another has none.
    """
    below, columns = children(out), table(out.of).c
    plain = all(
        name in columns and not (within and is_sealed(columns[name]))
        for name in out.model_fields
        if name not in below
    )
    decorated = out.__pydantic_decorators__
    computed = any((out.model_computed_fields, decorated.model_validators, decorated.validators))
    computed = computed or bool(decorated.field_validators or decorated.field_serializers)
    return (
        plain
        and not computed
        and all(
            mark.column == child.of.file and can_spell(child, out) for mark, child in below.values()
        )
    )


def pieces(
    out: type[Representation], rows: FromClause, readable: frozenset[str], engine: str, seen: Rows
) -> list[Piece]:
    """The text of a row of this schema, in parts that are to be joined."""
    found: list[Piece] = []
    waiting: list[ColumnElement[Any]] = []
    spell = SPELLINGS[engine]
    start = "{"
    for name in out.model_fields:
        waiting.append(constant(f'{start}"{name}":'))
        start = ","
        if name in children(out):
            mark, child = children(out)[name]
            waiting.append(listed(child, rows.c.id, mark.column, readable, engine, seen))
            continue
        column: Column[Any] = table(out.of).c[name]
        if withheld(column, readable):
            waiting.append(constant("null"))
        elif is_sealed(column):
            found += [Piece(text=joined(waiting)), Piece(sealed=column)]
            waiting = []
        else:
            shown = spell(rows.c[name], column.type)
            waiting.append(func.coalesce(shown, constant("null")) if column.nullable else shown)
    waiting.append(constant("}"))
    return [*found, Piece(text=joined(waiting))]


def listed(
    child: type[Representation],
    parent: ColumnElement[Any],
    column: str,
    readable: frozenset[str],
    engine: str,
    seen: Rows,
) -> ColumnElement[Any]:
    below = table(child.of)
    found = seen(child, below)
    rows = found.rows.where(below.c[column] == parent)
    rows = rows.order_by(*(below.c[name] for name in child.order))

    def text(schema: type[Representation]) -> ColumnElement[Any]:
        (one,) = pieces(schema, below, readable, engine, seen)
        assert one.text is not None, "can_spell lets no sealed column stand here"
        return one.text

    told, *brief = map(text, found.forms)
    for other in brief:
        told = case((found.whole, told), else_=other)
    texts = rows.with_only_columns(told.label("one")).correlate_except(below).subquery()
    together = func.string_agg if engine == "postgresql" else func.group_concat
    inner = select(together(texts.c.one, constant(",")))
    return func.coalesce(
        joined([constant("["), inner.scalar_subquery(), constant("]")]), constant("[]")
    )


def constant(text: str) -> ColumnElement[str]:
    """Of our own making: names of fields and punctuation."""
    assert "'" not in text
    return literal_column(f"'{text}'", Text())


def joined(parts: list[ColumnElement[Any]]) -> ColumnElement[Any]:
    """As few pieces as say the same: the database copies what it has at each step."""
    first, *others = merged(apart(parts))
    whole = first
    for part in others:
        whole = whole.concat(part)
    return whole


def apart(parts: Iterable[ColumnElement[Any]]) -> Iterator[ColumnElement[Any]]:
    for part in parts:
        if isinstance(part, ExpressionClauseList) and part.operator is operators.concat_op:
            yield from part.clauses
        else:
            yield part


def merged(parts: Iterable[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    found: list[ColumnElement[Any]] = []
    for part in parts:
        if found and is_constant(part) and is_constant(found[-1]):
            found[-1] = constant(words_of(found[-1]) + words_of(part))
        else:
            found.append(part)
    return found


def is_constant(part: ColumnElement[Any]) -> TypeGuard[ColumnClause[Any]]:
    return isinstance(part, ColumnClause) and part.is_literal and part.name.startswith("'")


def words_of(part: ColumnElement[Any]) -> str:
    assert is_constant(part), "else there are none"
    return part.name[1:-1]


def bytes_of(text: ColumnElement[Any]) -> ColumnElement[bytes]:
    """To be passed on as it is."""
    return type_coerce(text, LargeBinary())


def quoted(text: ColumnElement[Any]) -> ColumnElement[Any]:
    return joined([constant('"'), text, constant('"')])


def truth(value: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((value.is_(true()), constant("true")), (value.is_(false()), constant("false")))


def in_postgresql(value: ColumnElement[Any], kind: TypeEngine[Any]) -> ColumnElement[Any]:
    if isinstance(kind, Identifier | Date):
        return quoted(cast(value, Text))
    if isinstance(kind, UtcDateTime):
        return quoted(func.to_char(func.timezone(constant("UTC"), value), constant(CLOCK)))
    if isinstance(kind, Boolean):
        return truth(value)
    if isinstance(kind, Integer | JSON):
        return cast(value, Text)
    return cast(func.to_json(value), Text)


def in_sqlite(value: ColumnElement[Any], kind: TypeEngine[Any]) -> ColumnElement[Any]:
    if isinstance(kind, Identifier | UtcDateTime | Date):
        return quoted(type_coerce(value, Text))
    if isinstance(kind, Boolean):
        return truth(value)
    if isinstance(kind, Integer):
        return cast(value, Text)
    return type_coerce(value, Text) if isinstance(kind, JSON) else func.json_quote(value)


Spelling = Callable[[ColumnElement[Any], TypeEngine[Any]], ColumnElement[Any]]
SPELLINGS: dict[str, Spelling] = {"postgresql": in_postgresql, "sqlite": in_sqlite}


def kinds_spelled(base: type[Representation] = Representation) -> Iterator[type[Representation]]:
    """Every schema that the database can write itself."""
    for out in base.__subclasses__():
        if getattr(out, "of", None) is not None and can_spell(out):
            yield out
        yield from kinds_spelled(out)
