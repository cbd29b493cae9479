"""Guards a route under /cases/{case_id}: a case out of reach does not exist."""

import app.registry.cases.reach  # noqa: F401  registers the row filters
from app.registry.cases.models import Case
from app.safeguards.guard.mark import Mark


def OnCase(action: str) -> Mark:
    return Mark(action, Case, "case_id", "case.read", recalls=True)


def OnSealedCase(action: str) -> Mark:
    """The same of a case that may be sealed: for what may unseal it, and nothing else."""
    return Mark(action, Case, "case_id", "case.read", past_seals=True, recalls=True)
