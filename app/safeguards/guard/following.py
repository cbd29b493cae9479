"""What hangs on a row that a statement has found in sight: most of it need not be asked for again.

Whether a relationship such as a team's opens a record of a case is a question about the case. Where
the same statement has asked it for the case, it would ask it once more for each of its records.
"""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, FromClause, or_, true

from app.safeguards.access.policy import Grants, Reach
from app.safeguards.guard.protected import Protected, When, base_of, within
from app.safeguards.identity.caller import Caller

FOLLOWING: dict[tuple[type, type], frozenset[Reach]] = {}


def follows(kind: type[Protected], owner: type[Protected], reaches: Iterable[Reach]) -> None:
    """Declares, for the row filters of two kinds, by what the one opens exactly with the other.

    By each of these, a row of `kind` of whatever class is open where the `owner` is on whose file
    it hangs, and the class of neither is asked.
    """
    FOLLOWING[kind, owner] = frozenset(reaches)


def beneath(
    kind: type[Protected],
    rows: FromClause,
    caller: Caller,
    grants: Grants,
    when: When,
    owner: type[Protected],
    found_by: Grants,
    *,
    usual: bool = False,
) -> ColumnElement[bool]:
    """`within`, for rows whose owner the same statement finds `within` the grants `found_by`.

    Classes that each of the owner's reaches opens follow from it, its bars included; the others
    are asked for. Such rows have to be joined to their owner by its file.
    """
    classes = following(kind, grants, owner, found_by)
    if isinstance(own := kind.record_class, str):
        return true() if own in classes else within(kind, rows, caller, grants, when, usual=usual)
    rest = {reach: left for reach, told in grants.items() if (left := told - classes)}
    others = within(kind, rows, caller, rest, when, usual=usual)
    return or_(rows.c.record_class.in_(sorted(classes)), others) if classes else others


def following(
    kind: type[Protected], grants: Grants, owner: type[Protected], found_by: Grants
) -> frozenset[str]:
    """The classes of rows that are in sight wherever their owner is."""
    reaches = [reach for reach, told in found_by.items() if owner.record_class in told]
    known = FOLLOWING.get((base_of(kind), base_of(owner)), frozenset())
    if not reaches or not known.issuperset(reaches) or not (kind.barrable and owner.barrable):
        return frozenset()
    return frozenset[str].intersection(*(grants.get(reach, frozenset()) for reach in reaches))
