"""Which representation of a record a role is shown: whole by R, its summary by S, or row by row."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause

from app.core.db import table
from app.safeguards.access.policy import POLICY, Grants
from app.safeguards.guard.columns import columns_of, schemas_of
from app.safeguards.guard.protected import Protected, of_classes, within
from app.safeguards.guard.shown import Abridged, Out, Representation, Summary
from app.safeguards.identity.caller import Caller

WHOLE = "shown_whole"  # beside the columns of a row, where it depends on the row


@cache
def summary_of(out: type[Representation], role: str) -> type[Summary] | None:
    """In which such a record is shown where the role has only S of it, if anywhere."""
    if not issubclass(out, Out) or not POLICY.in_summary(role, out.of.record):
        return None
    return out.summary_for.get(role, out.summary)


@cache
def schema_of(out: type[Representation], role: str) -> type[Representation] | None:
    """The one in which the role is shown every such record; None where it depends on the row."""
    summary = summary_of(out, role)
    if summary is None:
        return out
    return None if POLICY.grants(role, f"{out.of.record}.read") else summary


@cache
def forms_of(out: type[Representation], role: str) -> list[type[Representation]]:
    """The schemas in which the role is shown such records: one, or the whole and its summary."""
    if (schema := schema_of(out, role)) is not None:
        return [schema]
    summary = summary_of(out, role)
    assert summary is not None, "else all rows would have one schema"
    return [out, summary]


@cache
def in_sight(out: type[Representation], role: str) -> Grants:
    """Of the rows that a schema shows; S opens none where it neither is a summary nor has one."""
    record = out.of.record
    if summary_of(out, role) is None and not issubclass(out, Summary):
        return POLICY.grants(role, f"{record}.read")
    return POLICY.in_sight(role, record)


def lacking_in_summary(out: type[Out], role: str, names: Iterable[str]) -> list[str]:
    """Of the names of filters, those of what a summary does not show, if the role is shown one."""
    summary = summary_of(out, role)
    return [one for one in names if one not in summary.model_fields] if summary else []


def has_summary(out: Any) -> bool:
    return isinstance(out, type) and issubclass(out, Abridged) and any(out.summaries())


def classes(grants: Grants) -> frozenset[str]:
    return frozenset[str]().union(*grants.values())


def classes_whole(role: str, record: str) -> frozenset[str]:
    return classes(POLICY.grants(role, f"{record}.read"))


def told_whole(
    kind: type[Protected], rows: FromClause, caller: Caller, when: Any, *, usual: bool = False
) -> ColumnElement[bool]:
    """Of rows in sight: whether they are so by R; else it is by S alone."""
    whole = POLICY.grants(caller.role, f"{kind.record}.read")
    if classes(whole) & classes(POLICY.in_summary(caller.role, kind.record)):
        return within(kind, rows, caller, whole, when, usual=usual)
    return of_classes(kind, rows, classes(whole))


@cache
def columns_in_summary(kind: type[Protected], role: str) -> frozenset[str]:
    """Columns that summaries of this kind show to a role."""
    summaries = (summary_of(out, role) for out in schemas_of(kind))
    names = {name for one in summaries if one is not None for name in columns_of(one)}
    return frozenset(names & set(table(kind).c.keys()))
