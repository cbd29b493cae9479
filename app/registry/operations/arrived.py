"""Who of a group may have arrived with the same operation before, as far as the caller may see."""

from collections.abc import Iterator, Sequence
from typing import Any

from app.registry.operations.arriving import Arriving
from app.registry.operations.lines import LineProblem
from app.registry.operations.models import Arrival
from app.registry.people.births import Birth
from app.registry.people.duplicates import folded_names, within
from app.registry.people.folding import fold
from app.registry.people.matching import SAME, closest
from app.registry.people.models import Person
from app.registry.people.standing import birth_of_row
from app.safeguards.access.bars import barred
from app.safeguards.guard.unit_of_work import UnitOfWork

MOST = 5_000


def loaded_before(work: UnitOfWork, batch: bytes | None) -> Iterator[LineProblem]:
    """Whether these very bytes were loaded: told to whoever holds them, whoever loaded them.

    By cases that are not closed to the caller: of what is sealed, nothing was loaded.
    """
    if batch is None:
        return
    same = work.facts(
        Arrival,
        lambda a: (
            (a.c.batch == batch)
            & (a.c.case_jurisdiction == work.actor.jurisdiction)
            & ~barred(a.c.case_id, work.actor)
        ),
        "id",
        beyond=True,  # another unit may have loaded it
    )
    if same:
        detail = "this very file was loaded before"
        yield LineProblem(1, None, "file-loaded-already", detail, "warning")


def arrived_already(work: UnitOfWork, arriving: Sequence[Arriving]) -> Iterator[LineProblem]:
    """A warning for each line that resembles somebody who came with this operation."""
    arrivals = work.find(
        Arrival, lambda a: a.c.operation_id == work.file_id, anywhere=True, limit=MOST
    )
    if not arrivals or not arriving:
        return
    came = [row["person_id"] for row in arrivals]
    people: list[dict[str, Any]] = []
    for start in range(0, len(came), 500):
        people += work.find(Person, within(came[start : start + 500], "id"), anywhere=True)
    names = folded_names(work, came)
    known = [(birth_of_row(row), row) for row in people]
    for one in arriving:
        near = [
            row["id"]
            for birth, row in known
            if overlap(birth, one.birth) and {row["sex"], one.sex} != {1, 2}
        ]
        folded = [fold(name) for name in one.names] if near else []
        if any(closest(folded, names[row]) >= SAME for row in near):
            detail = "may be somebody who arrived with this operation already"
            yield LineProblem(one.line, None, "arrived-already", detail, "warning")


def overlap(one: Birth, other: Birth) -> bool:
    return starts_before(one, other) and starts_before(other, one)


def starts_before(one: Birth, other: Birth) -> bool:
    """Not wholly after the other; an open end reaches everywhere."""
    first, last = one.earliest, other.latest_possible
    return first is None or last is None or first <= last
