"""Pure: of which class a condition is, who may see to it, and when it is over."""

from datetime import date

CLASSES = ("justice", "child_justice")
OFFICER = "probation_officer"


def class_of(child: bool) -> str:
    """`child`: by the day of the act."""
    return "child_justice" if child else "justice"


def over(until: date | None, today: date) -> bool:
    return until is not None and until <= today
