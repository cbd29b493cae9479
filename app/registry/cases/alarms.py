"""Alerts that a record must raise: who keeps alerts says how, whoever needs one names its kind."""

from collections.abc import Callable

from app.registry.cases.subject import Subject
from app.safeguards.guard.unit_of_work import UnitOfWork

Raising = Callable[[UnitOfWork, Subject, str], None]  # of whom, and the code of its kind
RAISING: list[Raising] = []


def raises_alarms(how: Raising) -> Raising:
    """Declared with the record that an alert is; there is one."""
    RAISING.append(how)
    return how


def alarm(work: UnitOfWork, person: Subject, kind: str) -> None:
    """In the unit of work of what asks for it: neither is there without the other."""
    for how in RAISING:
        how(work, person, kind)
