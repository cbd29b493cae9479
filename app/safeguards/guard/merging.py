"""The first rows within any of several reaches: the first by each, and of those the first.

Asked for each row in turn, a page for who reaches few rows would look at all there are; asked for
all that is within reach, a page for who reaches many would sort them all. By itself each reach has
an index in the order of the page, or few rows.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, False_, FromClause, Select, select, union

from app.safeguards.access.policy import Grants
from app.safeguards.guard.protected import Protected, When, no_bar, ways
from app.safeguards.identity.caller import Caller

Narrow = Callable[[Select[Any]], Select[Any]]


def first_by_each(
    kind: type[Protected],
    rows: FromClause,
    caller: Caller,
    grants: Grants,
    when: When,
    page: Narrow,
) -> ColumnElement[bool] | None:
    """Whether a row is among the first that some reach opens; None where there is one reach alone.

    `page`: what is asked of rows besides, in which order, and how many of them.
    """
    clauses = [
        one
        for one in ways(kind, rows, caller, grants, when, usual=True)
        if not isinstance(one, False_)
    ]
    if len(clauses) < 2:
        return None
    open_to_them = no_bar(kind, rows, caller)
    each = (page(select(rows.c.id).where(one, open_to_them)).subquery() for one in clauses)
    first = union(*(select(one.c.id) for one in each)).cte("first")
    return rows.c.id.in_(select(first.c.id))
