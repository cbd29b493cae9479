"""The second wall: what PostgreSQL itself refuses to show, whatever statement asks for it.

It is coarse and stands apart from the policy: rows of the jurisdiction that a transaction has
stated, less those of sealed cases; nothing where none is stated. Where a unit is stated too, what
hangs on a case is of that unit. Each kind of record says by which of its columns it belongs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Text, cast, func, literal, select, true

from app.core.db import Identifier, table
from app.core.local import Local
from app.safeguards.access.bars import EVERYBODY, Bar
from app.safeguards.guard.protected import Protected
from app.safeguards.identity.caller import Caller, staff

JURISDICTION, SCOPE, UNIT = "casework.jurisdiction", "casework.scope", "casework.unit"
# Roles that come to a case by the unit alone, by hand, for this wall does not read the policy. A
# team, a line and a docket cross units, so of the others no unit can be stated.
OF_ONE_UNIT = frozenset({"centre_manager"})
SEALED, SYSTEM = "sealed", "system"  # scopes: past seals; past both, for what no caller asks
NOWHERE = "-"  # stated for staff in no unit: they find what belongs to such staff, and no more

Clause = Callable[[FromClause], ColumnElement[bool]]


@dataclass(frozen=True)
class Belonging:
    """Which rows of a table a transaction finds, and which it may put there."""

    shows: Clause
    takes: Clause


BELONGING: dict[type[Protected], Belonging | None] = {}
FUNCTIONS: dict[str, str] = {}  # that the wall calls: by name and arguments, how each is made


def belongs(kind: type[Protected], takes: Clause | None = None) -> Callable[[Clause], Clause]:
    """Says, for a kind and all its children, which rows are of the jurisdiction stated.

    `takes`: which new rows are, where what makes them so can only follow.
    """

    def register(shows: Clause) -> Clause:
        BELONGING[kind] = Belonging(shows, takes or shows)
        return shows

    return register


def stands_outside(kind: type[Protected]) -> None:
    """This kind is read without a wall: whose a token is, is asked before anybody is known.

    And the staff of all jurisdictions are administered by one person.
    """
    BELONGING[kind] = None


def belonging_of(kind: type[Protected]) -> Belonging | None:
    return next(BELONGING[base] for base in kind.__mro__ if base in BELONGING)


def setting(name: str) -> ColumnElement[str]:
    """As stated in this transaction, or null: once it was set, a session says '' for unset.

    Not in a select of its own: that would be evaluated once for all rows, but the walls of one
    statement are many, and to make so many plans ready costs more than to look at each row anew.
    """
    told: ColumnElement[str] = func.nullif(func.current_setting(name, true()), literal(""))
    return told


def here(jurisdiction: ColumnElement[str]) -> ColumnElement[bool]:
    return jurisdiction == setting(JURISDICTION)


def of_their_own(rows: FromClause) -> ColumnElement[bool]:
    """Rows that say their jurisdiction themselves."""
    return here(rows.c.jurisdiction)


def of_unit(unit_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Of the unit that is stated; of any, where none is."""
    return setting(UNIT).is_(None) | (cast(unit_id, Text) == setting(UNIT))


# As a function, for a statement makes all its selects ready, those too that it does not come to.
FUNCTIONS["is_case(uuid)"] = """
CREATE OR REPLACE FUNCTION is_case(file uuid) RETURNS boolean LANGUAGE plpgsql STABLE
SET search_path TO pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.cases WHERE id = file);
END $$
"""


def with_a_case(case_id: ColumnElement[object]) -> ColumnElement[bool]:
    """As its case, behind the wall of cases; it is asked for only where a unit is stated."""
    return setting(UNIT).is_(None) | func.is_case(case_id)


def is_stated(_: FromClause) -> ColumnElement[bool]:
    return setting(JURISDICTION).is_not(None)


def open_to_anybody(file_id: ColumnElement[object]) -> ColumnElement[bool]:
    """No seal on this file, or a transaction that may pass seals."""
    bars = table(Bar)
    bar = select(literal(1)).where(
        bars.c.file_id == file_id, bars.c.user_id == literal(EVERYBODY, Identifier())
    )
    return ~bar.exists() | (setting(SCOPE) == literal(SEALED))


def with_the(owners: FromClause, id: ColumnElement[object]) -> ColumnElement[bool]:
    """As the row of this id, which has a wall of its own."""
    return select(literal(1)).select_from(owners).where(owners.c.id == id).exists()


def of_staff(user_id: ColumnElement[object]) -> ColumnElement[bool]:
    """By the unit of a member of staff."""
    users, units = staff()
    source = users.outerjoin(units, units.c.id == users.c.unit_id)
    place = func.coalesce(units.c.jurisdiction, literal(NOWHERE))
    same = select(literal(1)).select_from(source).where(users.c.id == user_id, here(place))
    return same.exists()


@cache
def wall_around(
    jurisdiction: str | None, past_seals: bool, again: bool, unit: str | None = None
) -> Local:
    place, scope = (JURISDICTION, jurisdiction or NOWHERE), (SCOPE, SEALED if past_seals else "")
    stated = (place, scope) if past_seals or again else (place,)
    return Local(stated if unit is None else (*stated, (UNIT, unit)))


def wall_of(caller: Caller, past_seals: bool = False, again: bool = False) -> Local:
    """What a transaction of this caller states as it begins; `again`: after it was BEYOND."""
    unit = str(caller.unit_id) if caller.role in OF_ONE_UNIT else None
    return wall_around(caller.jurisdiction, past_seals, again, unit)


BEYOND = Local(((SCOPE, SYSTEM),))  # for what no caller asks, and for what is never shown
