"""The text of one entry of the past, as far as a role may be told it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from sqlalchemy import JSON, Column, ColumnElement, FromClause, Text, and_, case, cast, func, select

from app.core.db import table
from app.safeguards.access.policy import POLICY
from app.safeguards.guard.columns import withheld
from app.safeguards.guard.past import BRIEF, EVENTS, UNTOLD, kept_with
from app.safeguards.guard.protected import Protected
from app.safeguards.guard.spelling import SPELLINGS, constant, joined
from app.safeguards.guard.summaries import columns_in_summary

COLUMNS = {"event_id": "id", "at": "created_at", "version": "record_version"}
FIELDS = "fields"  # names of what was written, as far as the caller may read it
TOLD = "told_as"  # beside the columns of an entry: how it is told


@dataclass(frozen=True)
class Asked:
    """Of which kind of file, for which role, on which engine."""

    scope: type[Protected]
    role: str
    engine: str


def columns_told(out: type[BaseModel], order: Iterable[str]) -> list[Column[Any]]:
    """Those of the trail from which the text of an entry is made, and its place."""
    fields = (COLUMNS.get(name, name) for name in out.model_fields)
    names = dict.fromkeys([*order, "record", "detail", *fields])
    return [EVENTS.c[name] for name in names if name in EVENTS.c]


def entry(out: type[BaseModel], rows: FromClause, asked: Asked) -> ColumnElement[Any]:
    """The text of one entry; each field is a column of the trail, or the names of what was set."""
    spell, parts, start = SPELLINGS[asked.engine], [], "{"
    summaries = any(POLICY.in_summary(asked.role, one.record) for one in kept_with(asked.scope))
    for name in out.model_fields:
        column = rows.c.get(COLUMNS.get(name, name))
        if name == FIELDS:
            shown = names_told(rows, asked)
        elif column is not None:
            shown = spell(column, column.type)
        else:
            raise TypeError(f"{out.__name__}: the trail has no {name}")
        if name in UNTOLD and summaries:
            shown = case((rows.c[TOLD] == BRIEF, constant("null")), else_=shown)
        if name == FIELDS or (column is not None and EVENTS.c[column.name].nullable):
            shown = func.coalesce(shown, constant("null"))
        parts += [constant(f'{start}"{name}":'), shown]
        start = ","
    return joined([*parts, constant("}")])


def names_told(rows: FromClause, asked: Asked) -> ColumnElement[Any]:
    """What a record withholds from the caller is not named either, nor what a summary has not."""
    whole: ColumnElement[Any] = rows.c.detail.op("->", return_type=JSON())(constant(FIELDS))
    readable, cases = POLICY.in_columns(asked.role), []
    for kind in kept_with(asked.scope):
        if POLICY.in_summary(asked.role, kind.record):
            shown = columns_in_summary(kind, asked.role)
            unseen = sorted(one.name for one in table(kind).c if one.name not in shown)
            this = and_(rows.c[TOLD] == BRIEF, rows.c.record == kind.record)
            cases.append((this, without(whole, unseen, asked.engine)))
        hidden = sorted(one.name for one in table(kind).c if withheld(one, readable))
        if hidden:
            cases.append((rows.c.record == kind.record, without(whole, hidden, asked.engine)))
    text = cast(whole, Text)
    return case(*cases, else_=text) if cases else text


def without(names: ColumnElement[Any], hidden: list[str], engine: str) -> ColumnElement[Any]:
    if engine == "postgresql":
        one: Any = func.json_array_elements_text(names).column_valued("name")
        words = func.string_agg(cast(func.to_json(one), Text), constant(","))
        left: ColumnElement[Any] = joined(
            [constant("["), func.coalesce(words, constant("")), constant("]")]
        )
    else:
        one = func.json_each(names).table_valued("value").c.value
        left = func.json_group_array(one)
    return select(left).where(one.not_in(hidden)).scalar_subquery()
