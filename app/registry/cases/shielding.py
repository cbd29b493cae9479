"""Which justice a case is under: what is on record of a child's act is a child's, whenever that
turns out; and an adult's, where nobody was a child."""

from collections.abc import Callable, Mapping
from uuid import UUID

from app.core.db import table
from app.registry.cases.models import Case, CaseRecord
from app.registry.cases.subject import COVER, subject_of
from app.registry.pathways.ages import is_child
from app.registry.pathways.catalogue import catalogue
from app.registry.people.correcting import on_birth_changed
from app.registry.people.standing import Days
from app.safeguards.guard.protected import protected_kinds
from app.safeguards.guard.unit_of_work import UnitOfWork

DOCKETS = {"docket": "child_docket"}
Keeping = Callable[[UnitOfWork, UUID], bool]
KEEPING: list[Keeping] = []


def keeps_child_justice(rule: Keeping) -> Keeping:
    """Says of a case by what else it is a child's matter, whatever its birth says by now."""
    KEEPING.append(rule)
    return rule


def shield(work: UnitOfWork, case_id: UUID) -> None:
    """Once an act turns out to be a child's, what is on record of it moves to child justice."""
    move(work, case_id, childs_classes())


def unshield(work: UnitOfWork, case_id: UUID) -> None:
    """Nobody was a child, and nothing else says that it is a child's matter."""
    if not any(keeps(work, case_id) for keeps in KEEPING):
        move(work, case_id, {child: adult for adult, child in childs_classes().items()})


def childs_classes() -> Mapping[str, str]:
    """The class of an adult's justice → that of a child's."""
    practice = catalogue().current_track("JUS")
    assert practice.child_record_class is not None, "see the file of the track"
    return {practice.record_class: practice.child_record_class, **DOCKETS}


def move(work: UnitOfWork, case_id: UUID, moves: Mapping[str, str]) -> None:
    moved = False
    for kind in protected_kinds(CaseRecord):
        if "record_class" not in table(kind).c:
            continue
        rows = work.facts(
            kind,
            lambda r: (r.c.case_id == case_id) & r.c.record_class.in_(moves),
            *("id", "record_class"),
        )
        for row in rows:
            of = moves[row.record_class]
            work.expire(kind, lambda r, one=row.id: r.c.id == one, record_class=of)  # type: ignore[misc]
            moved = True
    if moved:
        work.publish("docket.changed", case=case_id)


@on_birth_changed
def follow_the_birth(work: UnitOfWork, person_id: UUID, before: Days, after: Days) -> None:
    """Where the correction decides whether an act was a child's: by the day of the act, else by
    the first day on which anything was on record. Nobody writes on the cases meanwhile."""
    work.hold(Case, lambda c: c.c.person_id == person_id)
    cases = work.facts(Case, lambda c: c.c.person_id == person_id, *COVER, "opened_on")
    for case in cases:
        person = subject_of(work, case._mapping)
        day, majority = person.act_on or case.opened_on, person.place.majority
        was, is_now = (is_child(*days, day, majority) for days in (before, after))
        if was != is_now:
            (shield if is_now else unshield)(work, case.id)
