"""The first rows within any of several reaches: the first by each, and of those the first.

Asked for each row in turn, a page for who reaches few rows would look at all there are; asked for
all that is within reach, a page for who reaches many would sort them all. By itself each reach has
an index in the order of the page, or few rows.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import CTE, FromClause, Select, func, literal, select, union_all

from app.safeguards.guard.following import Owner
from app.safeguards.guard.protected import When, no_bar, ways
from app.safeguards.identity.caller import Caller

Narrow = Callable[[Select[Any]], Select[Any]]


def first_by_each(
    owner: Owner, rows: FromClause, caller: Caller, when: When, page: Narrow
) -> CTE | None:
    """The first rows of a kind by each of the reaches that open it, and whether one of them leads.

    None where there is one reach alone. `page`: what is asked of rows besides, in which order, and
    how many of them; a row of that page is among the first of every reach that opens it.
    """
    known = ways(owner.kind, rows, caller, owner.found_by, when, usual=True)
    if len(known) < 2:
        return None
    each = (
        page(select(rows.c.id, literal(int(reach in owner.leading)).label("leads")))
        .where(clause, no_bar(owner.kind, rows, caller))
        .subquery()
        for reach, clause in known.items()
    )
    found = union_all(*(select(one.c.id, one.c.leads) for one in each)).subquery()
    leads = func.max(found.c.leads).label("leads")
    return select(found.c.id, leads).group_by(found.c.id).cte("first")
