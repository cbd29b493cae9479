"""Filters of the trail as types: a code that no policy knows is a mistake, not an empty list."""

from typing import TYPE_CHECKING, Literal

from app.safeguards.access.policy import POLICY
from app.safeguards.guard.attesting import COMMANDS
from app.safeguards.guard.configuring import CONFIGURE
from app.safeguards.guard.signing_in import ROUTES

KnownOutcome = Literal[
    "read", "written", "refused", "signed-in", "signed-out", "configured", "done"
]

if TYPE_CHECKING:
    KnownRecord = str
    KnownClass = str
    KnownAction = str
    KnownDeed = str
else:
    KnownRecord = Literal[tuple(POLICY.records)]
    KnownClass = Literal[tuple(POLICY.classes)]
    KnownAction = Literal[tuple(POLICY.verbs)]
    # Of the trail, which has sign-ins, settings and operators' commands, too.
    KnownDeed = Literal[(*POLICY.verbs, "self", *ROUTES, CONFIGURE, *COMMANDS)]
