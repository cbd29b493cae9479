"""No answer with data leaves without a decision: one that nobody decided on is a defect."""

from collections.abc import Collection, MutableMapping
from http import HTTPStatus
from typing import Any

Scope = MutableMapping[str, Any]
DECISIONS = "decisions"  # of the request's state, shared with whatever stands in between


class Undecided(RuntimeError):
    """An answer would have left that no guard had let through."""


def decide(scope: Scope, let_through: bool) -> None:
    scope["state"][DECISIONS].append(let_through)


def undecided(scope: Scope, status: int, public: Collection[object]) -> bool:
    """Whether this answer has no decision and needs one.

    `public`: the handlers that show no data; a refusal shows none either.
    """
    if status >= HTTPStatus.MULTIPLE_CHOICES or any(scope["state"][DECISIONS]):
        return False
    return scope.get("endpoint") not in public
