"""The single rows of a demo case, each as a step that its author's unit of work carries out."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, Protocol
from uuid import UUID

from app.casework.alerts.models import Alert
from app.casework.notes.models import Note
from app.casework.notes.rules import class_of
from app.casework.proceedings.models import Party, Proceeding
from app.casework.proceedings.rules import class_of as class_of_docket
from app.casework.tasks.models import Task
from app.cli.population.people import TODAY, Someone
from app.cli.population.story import BODIES, Assigned, Moved, Said, Story
from app.registry.cases.models import Decision
from app.registry.cases.track_models import Milestone, PathwayAssignment, TrackMove
from app.registry.pathways import deadlines as rules
from app.registry.pathways.catalogue import catalogue
from app.registry.pathways.places import Jurisdiction
from app.registry.people.schemas import BirthIn, IdentifierIn, NameIn, PersonIn
from app.safeguards.access.policy import POLICY
from app.safeguards.guard.unit_of_work import UnitOfWork

Add = Callable[[UnitOfWork], Any]
MANIFEST = "demo manifest"
STATED = "stated by the family"


class Rows(Protocol):
    """The case that the rows are of."""

    case_id: UUID
    story: Story
    place: Jurisdiction

    def class_of_track(self, code: str) -> str: ...


def person_of(someone: Someone) -> PersonIn:
    names = [
        NameIn(
            type=one.type,
            full=one.full,
            given=one.given,
            family=one.family,
            patronymic=one.patronymic,
            script=one.script,
            source=MANIFEST,
        )
        for one in someone.name.spellings
    ]
    return PersonIn(names=names, sex=someone.sex, birth=birth_of(someone))


def other_script(someone: Someone) -> PersonIn:
    """The same person once more, as another list has them: in Latin alone, and no case."""
    whole = person_of(someone)
    latin = [name.model_copy(update={"type": "legal"}) for name in whole.names[-1:]]
    return whole.model_copy(update={"names": latin})


def birth_of(someone: Someone) -> BirthIn:
    born, kind = someone.born, someone.birth_text
    if kind == "unknown":
        return BirthIn()
    if kind == "january":
        return BirthIn(value=f"{born.year}-01-01")
    if kind == "hijri":
        lunar = round((born.year - 622) * 33 / 32)  # years of 354 days, from 622
        return BirthIn(value=f"{lunar}H", original=f"{lunar}H")
    if kind == "year":
        return BirthIn(value=str(born.year), estimated=True)
    return BirthIn(value=born.isoformat(), method="document")


def impossible_number(chance: Random, born: date) -> str:
    """In the layout of a national number, with a month 13: nobody can have it."""
    return f"{born.year % 100:02}13{born.day:02}{chance.randrange(10**6):06}"


def papers(chance: Random, someone: Someone) -> list[IdentifierIn]:
    """Some have none, some one, and some two that contradict each other."""
    count = chance.choices((0, 1, 2), (45, 50, 5))[0]
    sources = ("camp registration card", "consular list")
    return [
        IdentifierIn(
            system="national-number",
            value=impossible_number(chance, someone.born),
            source=sources[place],
            confidence="doubtful" if place else "stated",
        )
        for place in range(count)
    ]


def milestone(rows: Rows, code: str, on: date) -> Add:
    practice = catalogue().milestones[code]
    child = rows.story.child_at_act
    record_class = practice.class_for(child)
    return lambda work: work.add(
        Milestone,
        file_id=rows.case_id,
        record_class=record_class,
        code=code,
        reached_on=on,
        by_id=work.actor.id,
    )


def track_move(rows: Rows, move: Moved) -> Add:
    practice = catalogue().current_track(move.track)
    record_class = rows.class_of_track(move.track)
    return lambda work: work.add(
        TrackMove,
        file_id=rows.case_id,
        record_class=record_class,
        track=move.track,
        practice=practice.version,
        from_state=move.origin,
        to_state=move.to,
        effective_on=move.on,
        decided_by=move.decided_by or f"user {work.actor.id}",
        reason=move.reason,
        author_id=work.actor.id,
    )


def assignment(rows: Rows, assigned: Assigned) -> Add:
    decision = assigned.pathway.decision
    return lambda work: work.add(
        PathwayAssignment,
        file_id=rows.case_id,
        code=assigned.pathway.code,
        practice=assigned.pathway.version,
        since=assigned.since,
        until=assigned.until,
        act_on=assigned.act_on,
        decided_on=assigned.since,
        decided_by=BODIES.get(decision.body, "Social service"),
        members=[f"Member {number} (fictional)" for number in range(1, decision.members + 1)],
        reason="heard the person and the three screens",
        ended_reason="charged after all" if assigned.until else None,
        author_id=work.actor.id,
    )


def decision(rows: Rows, about: str, value: str, on: date) -> Add:
    return lambda work: work.add(
        Decision,
        file_id=rows.case_id,
        about=about,
        value=value,
        decided_on=on,
        decided_by=f"user {work.actor.id}",
        reason="agreed at the conference",
        author_id=work.actor.id,
        practice=catalogue().current_phases.version,
    )


def note(rows: Rows, said: Said) -> Add:
    def add(work: UnitOfWork) -> None:
        writable = frozenset[str]().union(*POLICY.grants(work.actor.role, "note.add").values())
        work.add(
            Note,
            file_id=rows.case_id,
            record_class=class_of(said.kind, writable),
            kind=said.kind,
            occurred_on=said.on,
            text=said.text,
            author_id=work.actor.id,
        )

    return add


def task(rows: Rows, title: str, due_on: date) -> Add:
    return lambda work: work.add(
        Task,
        file_id=rows.case_id,
        record_class="plan",
        title=title,
        due_on=due_on,
        assignee_id=work.actor.id,
        author_id=work.actor.id,
    )


def alert(rows: Rows, code: str) -> Add:
    kind = catalogue().alerts[code]
    raised = datetime.combine(TODAY - timedelta(days=1), time(9), rows.place.zone)
    return lambda work: work.add(
        Alert,
        file_id=rows.case_id,
        record_class=kind.record_class,
        kind=code,
        discipline=kind.discipline,
        raised_by=work.actor.id,
        due_at=rules.after(kind.acknowledge, raised, rows.place),
    )


def add_docket(work: UnitOfWork, rows: Rows, entered: Sequence[tuple[UUID, str]]) -> None:
    """One proceeding, and who acts in it for a year to come."""
    record_class = class_of_docket("criminal", rows.story.child_on("JUS"))
    begun = rows.story.family.arrived
    opened = work.add(
        Proceeding,
        file_id=rows.case_id,
        record_class=record_class,
        kind="criminal",
        state="open",
        authority="District Court 1 (fictional)",
        reference=f"D-{rows.case_id.hex[-6:]}",
        opened_on=begun,
        author_id=work.actor.id,
    )
    for user_id, role in entered:
        work.add(
            Party,
            file_id=rows.case_id,
            record_class=record_class,
            proceeding_id=opened.id,
            user_id=user_id,
            role=role,
            jurisdiction=rows.place.code,
            juvenile=role == "prosecutor",
            mandate="order of the demo",
            mandate_dated_on=begun,
            since=begun,
            until=TODAY + timedelta(days=365),
            author_id=work.actor.id,
        )
