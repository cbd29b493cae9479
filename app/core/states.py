"""A record is in one state at a time: what does not follow on it is refused."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.core.errors import Conflict


def wrong_state(
    why: str,
    current: str,
    allowed: Sequence[str] = (),
    unmet: Sequence[Mapping[str, str]] = (),
) -> Conflict:
    """`allowed`: the states that this is for, or that follow; `unmet`: code and detail of each."""
    return Conflict(why, code="wrong-state", current=current, allowed=[*allowed], unmet=[*unmet])


def require_status(row: Mapping[str, Any], what: str, *allowed: str) -> None:
    """Of a row with a `status`; `what` it is, for people."""
    current = row["status"]
    if current not in allowed:
        why = f"the {what} is {current}; this is for one that is {' or '.join(allowed)}"
        raise wrong_state(why, current, allowed)
