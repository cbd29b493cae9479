"""What follows when a birth turns out to be another: said beside the records that it is about."""

from collections.abc import Callable
from uuid import UUID

from app.registry.people.standing import Days
from app.safeguards.guard.unit_of_work import UnitOfWork

Rule = Callable[[UnitOfWork, UUID, Days, Days], None]  # of whom, as reckoned before and from now on
RULES: list[Rule] = []


def on_birth_changed(rule: Rule) -> Rule:
    """Declared with the records; carried out in the unit of work that corrects the birth."""
    RULES.append(rule)
    return rule


def follow(work: UnitOfWork, person_id: UUID, before: Days, after: Days) -> None:
    """In all jurisdictions and sealed files, too: who corrects a birth need not see any of it."""
    if before == after:
        return
    with work.beyond_walls():
        for rule in RULES:
            rule(work, person_id, before, after)
