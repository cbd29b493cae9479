"""Turns a story into the rows of one case, each by the role that would have written it."""

import secrets
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from random import Random
from typing import Any, Protocol
from uuid import UUID

from app.cli.demo_rows import (
    Add,
    add_docket,
    alert,
    assignment,
    decision,
    milestone,
    note,
    person_of,
    task,
    track_move,
)
from app.cli.population.people import TODAY
from app.cli.population.story import Story
from app.registry.cases.deadlines import COMMON_CLASS, day_of
from app.registry.cases.models import Case, TeamMember
from app.registry.cases.track_models import Deadline, Track
from app.registry.pathways import deadlines as rules
from app.registry.pathways.catalogue import catalogue, newest
from app.registry.pathways.definitions import Start, Timer
from app.registry.pathways.numbers import new_number
from app.registry.pathways.places import Jurisdiction
from app.registry.people.schemas import PersonIn
from app.safeguards.guard.unit_of_work import UnitOfWork

MOVED = 40  # one case in so many changed hands as the family moved
TEAM_OF_TRACK = {
    "MHP": ("psychologist",),
    "HLT": ("health_worker",),
    "DOC": ("legal_officer",),
    "CPC": ("child_protection_officer",),
    "EDU": ("educator",),
    "JUS": ("prosecutor", "defence_lawyer", "probation_officer"),
    "SEC": ("security_assessor",),
    "LIV": ("livelihoods_officer",),
    "REL": ("religious_counsellor",),
}

ENTERED = ("prosecutor", "defence_lawyer")  # in the docket of the proceedings


class Desk(Protocol):
    def one_of(self, role: str, place: int) -> UUID: ...


@dataclass
class CaseRows:
    """What is to be written: the intake's own rows, then those of each role."""

    person: PersonIn
    story: Story
    place: Jurisdiction
    desk: Desk
    turn: int  # whose caseload it falls into
    case_id: UUID = field(init=False)  # once it is opened
    by_role: dict[str, list[Add]] = field(default_factory=lambda: defaultdict(list))

    def who(self, role: str) -> UUID:
        return self.desk.one_of(role, self.turn)

    def add_of(self, work: UnitOfWork, role: str) -> None:
        for add in self.by_role[role]:
            add(work)

    def add_case(self, work: UnitOfWork, person_id: UUID, operation: UUID) -> None:
        """By the intake: the cover, the team, the tracks as they stand, and their deadlines."""
        family, story = self.story.family, self.story
        closed = family.phase == "closed"
        on = closing_day(story)
        opened = work.add(
            Case,
            number=new_number(
                self.place.programmes[family.programme.code].number, secrets.token_bytes(15)
            ),
            person_id=person_id,
            programme=family.programme.code,
            jurisdiction=self.place.code,
            unit_id=work.actor.unit_id,
            operation_id=operation if story.returned else None,
            status="closed" if closed else "open",
            phase=family.phase,
            phase_before="aftercare" if closed else None,
            need_level="medium" if story.child else "low",
            lead_worker_id=self.who("social_worker"),
            opened_on=family.arrived,
            closed_on=on if closed else None,
            closure_reason="goals_met" if closed else None,
            closure_proposed_by=self.who("social_worker") if closed else None,
            retention_class=story.kept_as if closed else None,
        )
        self.case_id = opened.id
        self.add_team(work)
        self.add_tracks(work)

    def add_team(self, work: UnitOfWork) -> None:
        roles = {role for code in self.story.states for role in TEAM_OF_TRACK.get(code, ())}
        arrived = self.story.family.arrived
        for role in ("social_worker", *sorted(roles)):
            part = "lead worker" if role == "social_worker" else role.replace("_", " ")
            self.add_member(work, self.who(role), role, part, arrived, None, "team of the demo")
        if "JUS" in self.story.states:
            add_docket(work, self, [(self.who(role), role) for role in ENTERED])
        before = self.desk.one_of("social_worker", self.turn + 1)
        if self.turn % MOVED == 0 and before != self.who("social_worker"):
            until, why = min(TODAY, arrived + timedelta(days=200)), "the family moved to a district"
            self.add_member(work, before, "social_worker", "lead worker", arrived, until, why)

    def add_member(
        self,
        work: UnitOfWork,
        user_id: UUID,
        role: str,
        part: str,
        since: date,
        until: date | None,
        reason: str,
    ) -> None:
        work.add(
            TeamMember,
            file_id=self.case_id,
            user_id=user_id,
            role=role,
            jurisdiction=self.place.code,
            part=part,
            since=since,
            until=until,
            reason=reason,
        )

    def add_tracks(self, work: UnitOfWork) -> None:
        for code, (state, since) in self.story.states.items():
            practice = catalogue().current_track(code)
            record_class = self.class_of_track(code)
            due = self.add_deadlines(
                work, practice.timers.values(), code, practice.version, record_class
            )
            if state == "custodial" and self.story.family.phase != "closed":
                late = self.add_late_review(work, code, record_class)
                due = late if due is None else min(late, due)
            work.add(
                Track,
                file_id=self.case_id,
                record_class=record_class,
                code=code,
                practice=practice.version,
                pillar=practice.pillar,
                state=state,
                since=since,
                due_on=due,
                attending=practice.attending(state),
            )
        common = catalogue().timers
        self.add_deadlines(work, newest(common).values(), None, max(common), COMMON_CLASS)

    def add_late_review(self, work: UnitOfWork, code: str, record_class: str) -> date:
        """A review of detention that should have been held: its clock ran out some days ago."""
        versions = catalogue().timers
        timer = newest(versions)["D04"]
        began = rules.at(TODAY - timedelta(days=40), time(), self.place)
        due_at = rules.due(timer, began, self.place, self.story.child_on(code))
        work.add(
            Deadline,
            file_id=self.case_id,
            record_class=record_class,
            track=code,
            rule=timer.rule,
            practice=max(versions),
            place=f"{self.place.code}.v{self.place.version}",
            started_at=began,
            due_at=due_at,
        )
        return day_of(due_at, self.place)

    def class_of_track(self, code: str) -> str:
        return catalogue().current_track(code).class_for(self.story.child_on(code))

    def add_deadlines(
        self,
        work: UnitOfWork,
        timers: Any,
        code: str | None,
        version: int,
        record_class: str,
    ) -> date | None:
        """Those that the milestones started, met or still running; the first day that is due."""
        child, ended = self.story.child_on(code or ""), self.over(code)
        first: date | None = None
        for code_reached, reached in self.story.milestones.items():
            for timer in rules.started_by(timers, Start("milestone", code_reached), child):
                if timer.when:
                    continue
                began = rules.at(reached.on, time(), self.place)
                due_at = rules.due(timer, began, self.place, child)
                settled = self.settled(timer, ended)
                work.add(
                    Deadline,
                    file_id=self.case_id,
                    record_class=record_class,
                    track=code,
                    rule=timer.rule,
                    practice=version,
                    place=f"{self.place.code}.v{self.place.version}",
                    started_at=began,
                    due_at=due_at,
                    status=settled[0],
                    settled_on=settled[1],
                )
                if settled[0] == "running":
                    day = day_of(due_at, self.place)
                    first = day if first is None else min(first, day)
        return first

    def over(self, code: str | None) -> date | None:
        """The day from which nothing is waited for."""
        if self.story.family.phase == "closed":
            return closing_day(self.story)
        if code is None:
            return None
        state, since = self.story.states[code]
        return since if catalogue().current_track(code).states[state].ends else None

    def settled(self, timer: Timer, ended: date | None) -> tuple[str, date | None]:
        if timer.met_by and (met := self.story.milestones.get(timer.met_by)):
            return "met", met.on
        return ("ended", ended) if ended else ("running", None)


def closing_day(story: Story) -> date:
    last = max((on for _, on in story.phases), default=TODAY)
    return min(TODAY, last + timedelta(days=200))


def rows_of(story: Story, place: Jurisdiction, desk: Desk, chance: Random) -> CaseRows:
    family = story.family
    rows = CaseRows(person_of(story.someone), story, place, desk, chance.randrange(10_000))
    for reached in story.milestones.values():
        rows.by_role[reached.role].append(milestone(rows, reached.code, reached.on))
    for move in story.moves:
        rows.by_role[move.role].append(track_move(rows, move))
    for assigned in story.assigned:
        rows.by_role["supervisor"].append(assignment(rows, assigned))
    for phase, on in story.phases:
        rows.by_role["supervisor"].append(decision(rows, "phase", phase, on))
    if family.phase == "closed":
        on = closing_day(story)
        rows.by_role["supervisor"].append(decision(rows, "closure", "goals_met", on))
    for said in story.notes:
        rows.by_role[said.role].append(note(rows, said))
    if family.phase != "closed":
        more_work(rows, chance)
    return rows


def more_work(rows: CaseRows, chance: Random) -> None:
    if chance.random() < 0.5:
        due = TODAY + timedelta(days=chance.randint(-10, 40))
        rows.by_role["social_worker"].append(task(rows, "Fictional task: call the school", due))
    if chance.random() < 0.06 and "MHP" in rows.story.states:
        rows.by_role["psychologist"].append(alert(rows, "SAFETY_SELF"))
