"""What hangs on a row that a statement has found in sight: most of it need not be asked for again.

Whether a relationship such as a team's opens a record of a case is a question about the case. Where
the same statement has asked it for the case, it would ask it once more for each of its records.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, FromClause, and_, or_

from app.safeguards.access.policy import Grants, Reach
from app.safeguards.guard.protected import (
    Protected,
    When,
    base_of,
    of_classes,
    within,
)
from app.safeguards.identity.caller import Caller

FOLLOWING: dict[type, tuple[type, frozenset[Reach]]] = {}  # owner → what hangs on it, and by what


def follows(kind: type[Protected], owner: type[Protected], reaches: Iterable[Reach]) -> None:
    """Declares, for the row filters of two kinds, by what the one opens exactly with the other.

    By each of these, a row of `kind` of whatever class is open where the `owner` is on whose file
    it hangs, and the class of neither is asked. So it is for who has nothing rare (`rarely`): with
    what is rare, it may hang on the class.
    """
    FOLLOWING[owner] = kind, frozenset(reaches)


def leads(owner: type[Protected], kind: type[Protected]) -> frozenset[Reach]:
    """By which of its reaches all rows of `kind` in the file of an `owner` are where that is."""
    below, reaches = FOLLOWING.get(base_of(owner), (None, frozenset[Reach]()))
    same = base_of(kind) in (below, base_of(owner)) and kind.barrable and owner.barrable
    return reaches if same else frozenset()


@dataclass(frozen=True)
class Owner:
    """A kind whose rows a statement has found in sight, and by which grants.

    `led`: of each row, whether it is so by reaches that lead; needed where others have found some.
    """

    kind: type[Protected]
    found_by: Grants
    led: ColumnElement[bool] | None = None

    @property
    def opening(self) -> Grants:
        """The reaches that open the owner's own class."""
        own = self.kind.record_class
        return {reach: told for reach, told in self.found_by.items() if own in told}

    @property
    def leading(self) -> Grants:
        """Those of them from which something follows."""
        _, known = FOLLOWING.get(base_of(self.kind), (None, frozenset[Reach]()))
        return {reach: told for reach, told in self.opening.items() if reach in known}

    @property
    def mixed(self) -> bool:
        return 0 < len(self.leading) < len(self.opening)


def following(kind: type[Protected], grants: Grants, owner: Owner) -> frozenset[str]:
    """The classes of rows that are in sight wherever their owner is, by what leads."""
    below, _ = FOLLOWING.get(base_of(owner.kind), (None, None))
    barred = kind.barrable and owner.kind.barrable
    if not owner.leading or base_of(kind) is not below or not barred:
        return frozenset()
    return frozenset[str].intersection(*(grants.get(one, frozenset()) for one in owner.leading))


def beneath(
    kind: type[Protected],
    rows: FromClause,
    caller: Caller,
    grants: Grants,
    when: When,
    owner: Owner,
) -> ColumnElement[bool]:
    """`within` of who has nothing rare, for rows that are joined to their owner by its file.

    What follows is taken from the owner, its bars included; the rest is asked for.
    """
    asked = within(kind, rows, caller, grants, when, usual=True)
    classes = following(kind, grants, owner)
    follow = of_classes(kind, rows, classes)
    if owner.mixed:
        assert owner.led is not None, "else what was found by other reaches would lead, too"
        return or_(and_(owner.led, follow), asked)
    rest = {reach: left for reach, told in grants.items() if (left := told - classes)}
    return or_(follow, within(kind, rows, caller, rest, when, usual=True))
