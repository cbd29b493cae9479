"""Single fields of a class: which of them an agreement can name, and what it leaves of a row.

An agreement that names fields of a class opens these alone. Each row says for each field whether
some relationship opens it, in columns beside its own, asked of the one predicate; what no column
says is not shown. Only the long way asks, so what the database spells itself is never of this kind.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement

from app.core.db import table
from app.safeguards.access.policy import POLICY, Grants, Reach
from app.safeguards.guard.columns import schemas_of
from app.safeguards.guard.protected import Protected, When, protected_kinds, within
from app.safeguards.guard.shown import Representation
from app.safeguards.guard.summaries import forms_of, in_sight, summary_of
from app.safeguards.identity.caller import Caller

OPENED = "opened_"  # before the name of a field: the column that says whether the row shows it
OF_THE_WHOLE = frozenset({"version", "updated_at"})  # tell of changes to what is not shown, too


@cache
def partly(role: str) -> bool:
    """Whether this role reaches anything by an agreement."""
    return any(Reach.AGREEMENT in roles.get(role, {}) for roles in POLICY.classes.values())


@cache
def by_agreement(kind: type[Protected], role: str) -> bool:
    return Reach.AGREEMENT in POLICY.in_sight(role, kind.record)


def envelope(kind: type[Protected]) -> frozenset[str]:
    """What is shown of every row, named or not: which one it is, since when, and in which file."""
    return frozenset({"id", "created_at", kind.file})


@cache
def nameable(shape: type[Representation]) -> frozenset[str]:
    """Fields of a schema that an agreement may name, or keep back by naming others."""
    own = envelope(shape.of) | OF_THE_WHOLE
    return frozenset({*shape.model_fields, *shape.model_computed_fields} - own)


@cache
def fields_of_class(record_class: str, role: str) -> frozenset[str]:
    """Fields that an agreement with this role can name, over all that it may be shown of a class.

    None where nothing that is on record of the class is shown by an agreement yet.
    """
    found: set[str] = set()
    for kind in protected_kinds():
        if f"{kind.record}.read" not in POLICY.verbs:
            continue
        whole = POLICY.grants(role, f"{kind.record}.read").get(Reach.AGREEMENT, frozenset())
        brief = POLICY.in_summary(role, kind.record).get(Reach.AGREEMENT, frozenset())
        for out in schemas_of(kind):
            if record_class in whole:
                found |= nameable(out)
            if record_class in brief and (summary := summary_of(out, role)):
                found |= nameable(summary)
    return frozenset(found)


def opened(
    out: type[Representation], caller: Caller, when: When
) -> Iterator[tuple[str, ColumnElement[bool]]]:
    """Of rows in sight: for each field under which name, and whether the caller is shown it."""
    if not by_agreement(out.of, caller.role):
        return
    rows, grants = table(out.of), in_sight(out, caller.role)
    for name in sorted(frozenset().union(*map(nameable, forms_of(out, caller.role)))):
        yield OPENED + name, within(out.of, rows, caller, grants, when, field=name)


def left_of(
    shape: type[Representation], role: str, row: Mapping[str, Any], told: dict[str, Any]
) -> dict[str, Any]:
    """Of what a row would tell, the fields that its columns open; all else is not there at all."""
    if not by_agreement(shape.of, role):
        return told
    closed = {name for name in nameable(shape) if not row.get(OPENED + name)}
    if closed:
        closed |= OF_THE_WHOLE
    return {name: value for name, value in told.items() if name not in closed}


def unfit(out: type[Representation], role: str, names: Iterable[str]) -> list[str]:
    """Of the names of filters, those by which a row would be found by what it may not show."""
    if not by_agreement(out.of, role):
        return []
    return [one for one in names if one not in envelope(out.of)]


@cache
def of_the_past(role: str, record: str) -> Grants:
    """Where the past of a record is told: an agreement opens what is on record today alone."""
    grants = POLICY.in_sight(role, record)
    return {reach: names for reach, names in grants.items() if reach is not Reach.AGREEMENT}
