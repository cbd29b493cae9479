"""Pure: which roles are wider than which, by the table of the policy."""

from collections.abc import Mapping
from typing import Any

Classes = Mapping[str, Mapping[str, Mapping[Any, str]]]  # class → role → reach → rights
Rank = Mapping[Any, int]  # of reaches, the widest first


def may_give(giver: str, role: str, classes: Classes, rank: Rank) -> bool:
    """Whoever hires for all of the staff gives any role; others none that is wider than theirs."""
    hires = classes["appointment"].get(giver, {}).get("any", "")
    return "C" in hires or not wider(role, giver, classes, rank)


def wider(role: str, own: str, classes: Classes, rank: Rank) -> bool:
    """Whether the role has any right, anywhere, that one's own does not have at least as far."""
    for roles in classes.values():
        mine = roles.get(own, {})
        for reach, letters in roles.get(role, {}).items():
            had = {one for far, some in mine.items() if rank[far] <= rank[reach] for one in some}
            if not set(letters) <= had:
                return True
    return False
