"""Rewrites `x IN (SELECT y …)` as `EXISTS (SELECT … AND y = x)`: for rows that are known already.

A list is driven by who may see what, so there the set comes first. Where the row is known, to
gather the whole set of a caller only to look for one in it costs more than all else.
"""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar, cast

from sqlalchemy import FromClause, Join, Select, exists, select
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import BinaryExpression, UnaryExpression
from sqlalchemy.sql.expression import ClauseElement

C = TypeVar("C", bound=ClauseElement)


def pointed(clause: C) -> C:
    """The same rows; only clauses of one column in a select of one column are touched.

    Nothing below a negation is: where the column is null, the two would differ there.
    """

    def replaced(element: Any, **_: Any) -> Any:
        if isinstance(element, UnaryExpression) and element.operator is operators.inv:
            return element
        if not isinstance(element, BinaryExpression) or element.operator is not operators.in_op:
            return None
        within = getattr(element.right, "element", None)
        if not isinstance(within, Select):
            return None
        if counts_or_cuts(within):
            return None
        (column,) = within.selected_columns
        own = within.get_final_froms()
        if getattr(element.left, "table", None) in [*sources(own)]:
            return None  # inside, the name would mean another row
        # What the set says of itself besides (that it repeats nothing) would be work here.
        asked = select(column).select_from(*own)
        if within.whereclause is not None:
            asked = asked.where(within.whereclause)
        return exists(asked.where(column == element.left).correlate_except(*own))

    return cast(C, visitors.replacement_traverse(clause, {}, replaced))


def counts_or_cuts(within: Select[Any]) -> bool:
    """Whether what is in the set hangs on its other rows: then nobody can ask of one alone."""
    grouped = within._group_by_clauses or within._having_criteria
    cut = within._limit_clause is not None or within._offset_clause is not None
    return bool(grouped) or cut


def sources(of: Iterable[FromClause]) -> Iterator[FromClause]:
    """Each by its own name, also where it stands in a join."""
    for one in of:
        if isinstance(one, Join):
            yield from sources((one.left, one.right))
        else:
            yield one
