"""Who else may be this person: proposed from what the caller may see, and never merged."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, and_, or_

from app.registry.people.births import birthday
from app.registry.people.folding import Token, fold
from app.registry.people.matching import SAME, closest
from app.registry.people.models import Person, PersonName
from app.registry.people.standing import birth_of_row
from app.safeguards.guard.unit_of_work import UnitOfWork

MOST_COMPARED = 1000
MOST_PROPOSED = 20


def possible_duplicates(work: UnitOfWork) -> tuple[list[dict[str, Any]], bool]:
    """The likeliest first; False where there were more than could be compared."""
    person = work.reachable(Person, work.file_id)
    others = work.find(
        Person,
        lambda p: and_(p.c.id != person["id"], births_overlap(p, person)),
        anywhere=True,
        limit=MOST_COMPARED,
    )
    alike = [row for row in others if {row["sex"], person["sex"]} != {1, 2}]
    names = folded_names(work, [person["id"], *(row["id"] for row in alike)])
    found = []
    for row in alike:
        score = closest(names[person["id"]], names[row["id"]])
        if score >= SAME:
            shown = {"person_id": row["id"], "display_name": row["display_name"]}
            found.append({**shown, "similarity": round(score, 3)})
    found.sort(key=lambda one: -one["similarity"])
    return found[:MOST_PROPOSED], len(others) < MOST_COMPARED


def births_overlap(people: FromClause, person: Mapping[str, Any]) -> ColumnElement[bool]:
    """As SQL: the intervals have a day in common; an open end reaches everybody."""
    known, columns = birth_of_row(person), people.c
    clauses = []
    if known.latest_possible:
        last = columns.birth_earliest
        clauses.append(or_(last.is_(None), last <= known.latest_possible))
    if known.earliest:
        # A placeholder, 1 January, may stand for its whole year.
        first, year_before = columns.birth_latest, birthday(known.earliest, -1)
        placeholder = and_(columns.birth_placeholder.is_(True), first > year_before)
        clauses.append(or_(first.is_(None), first >= known.earliest, placeholder))
    return and_(columns.id.is_not(None), *clauses)


def folded_names(work: UnitOfWork, people: Sequence[UUID]) -> dict[UUID, list[Sequence[Token]]]:
    """By person, each name that the caller may see, folded once for many comparisons."""
    names: dict[UUID, list[Sequence[Token]]] = defaultdict(list)
    for start in range(0, len(people), 500):
        among = within(people[start : start + 500], "person_id")
        for row in work.find(PersonName, among, anywhere=True, limit=10_000):
            names[row["person_id"]].append(fold(row["full"]))
    return names


def within(some: Sequence[UUID], column: str) -> Callable[[FromClause], ColumnElement[bool]]:
    return lambda rows: rows.c[column].in_(some)
