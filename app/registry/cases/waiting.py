"""Tasks that are set for a timer, and end with it: who keeps tasks says how."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from app.safeguards.guard.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class FollowUp:
    """`days`: not before the first, by the last, after the day on which it was done."""

    rule: str
    practice: int
    days: tuple[int, int]
    title: str
    record_class: str
    track: str | None  # whose timer it is, where the case has it open


@dataclass(frozen=True)
class Tasks:
    """How a task is set, for a timer or for none, and ends with timers: `met`, or `ended`."""

    set: Callable[[UnitOfWork, FollowUp, UUID | None, date], Any]
    settle: Callable[[UnitOfWork, Sequence[UUID], str], Any]


KEPT: list[Tasks] = []


def keeps_tasks(tasks: Tasks) -> None:
    """Declared with the record that a task is; there is one."""
    KEPT.append(tasks)
