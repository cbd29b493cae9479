"""Loads the fictional population: staff, missions, and for each person a case with its story."""

from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from operator import itemgetter
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.cli.demo_case import CaseRows, rows_of
from app.cli.demo_incidents import Candidates, happen
from app.cli.demo_rows import MANIFEST, STATED, other_script, papers
from app.cli.demo_staff import UNITS, Staff, keep, load_staff
from app.cli.population.people import SEED, Family, Mission
from app.cli.population.relatives import GROUP as RELATIVE
from app.cli.population.relatives import host_of, population
from app.cli.population.story import story_of
from app.core.db import table
from app.core.installation import DATA_CLASS, SYNTHETIC, state
from app.core.transactions import transaction
from app.registry.households import service as households
from app.registry.operations.models import Operation
from app.registry.operations.routes import OnOperation
from app.registry.operations.schemas import OperationIn
from app.registry.operations.service import plan
from app.registry.pathways.catalogue import catalogue
from app.registry.people.models import Person
from app.registry.people.service import add_identifier, kin, register
from app.registry.staff.models import Unit, User
from app.safeguards.guard.calls import House
from app.safeguards.guard.carrying import operator_work
from app.safeguards.guard.mark import Mark, Permit
from app.safeguards.guard.second_wall import BEYOND
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork
from app.safeguards.identity.caller import Caller, named

SMALL = 60  # for a first look
CHUNK = 150  # people taken in by one unit of work
MANY = 500  # cases that wait for those who write more: each then has several to write at once
Progress = Callable[[int], None]


def load_demo(
    house: House,
    operator: Caller,
    sign_ins: Path,
    people: int = SMALL,
    progress: Progress = lambda _: None,
) -> Staff | None:
    """None, and nothing is done, where the database holds anything already."""
    with transaction(house.engine, BEYOND) as db:
        for kind in (User, Unit, Operation, Person):
            if db.execute(select(func.count()).select_from(table(kind))).scalar_one():
                return None
        state(db, DATA_CLASS, SYNTHETIC)
    staff = load_staff(house, operator, people)
    desks = {unit: Desk(house, staff, unit) for unit in UNITS}
    # The newest first: who lists cases finds those that are worked on before those long closed.
    for mission in sorted(population(people), key=lambda one: one.arrived, reverse=True):
        load_mission(desks[mission.programme.unit], mission, progress)
    for desk in desks.values():
        desk.write_up()
    happen(desks["north"], desks["south"])
    keep(house, staff, sign_ins)
    return staff


class Desk:
    """Who works in a unit, how they take up their work, and the cases that wait for it."""

    def __init__(self, house: House, staff: Staff, unit: str) -> None:
        self.house, self.staff, self.unit = house, staff, unit
        self.callers: dict[UUID, Caller] = {}
        self.waiting: list[CaseRows] = []
        self.candidates = Candidates()

    def one_of(self, role: str, place: int) -> UUID:
        """The caseload is shared out in turn."""
        colleagues = self.staff[role, self.unit]
        return colleagues[place % len(colleagues)].id

    def at_work(
        self, user_id: UUID, mark: Mark, file_id: UUID | None = None, opened: Any = ()
    ) -> AbstractContextManager[UnitOfWork]:
        """The demo staff write their records themselves, behind the same wall as ever."""
        if user_id not in self.callers:
            with transaction(self.house.engine) as db:
                caller = named(db, user_id)
            assert caller is not None
            self.callers[user_id] = caller
        return operator_work(self.house, self.callers[user_id], mark, file_id, opened)

    def signed_in(self, caller: Caller) -> None:
        """From now on they work by this session."""
        self.callers[caller.id] = caller

    def write_up(self) -> None:
        """One unit of work for each colleague who has something to add to the cases that wait."""
        by_author = defaultdict[tuple[str, UUID], list[CaseRows]](list)
        for rows in self.waiting:
            for role in rows.by_role:
                by_author[role, self.one_of(role, rows.turn)].append(rows)
        for role, user_id in sorted(by_author, key=itemgetter(0)):
            theirs = by_author[role, user_id]
            opened = [rows.case_id for rows in theirs]
            with self.at_work(user_id, Permit("milestone.reach"), None, opened) as work:
                for rows in theirs:
                    rows.add_of(work, role)
        self.waiting.clear()


def load_mission(desk: Desk, mission: Mission, progress: Progress) -> None:
    with desk.at_work(desk.one_of("coordinator", 0), Permit("operation.plan")) as work:
        given = OperationIn(
            code=mission.code,
            name=mission.name,
            programme=mission.programme.code,
            arrives_on=mission.arrived,
        )
        operation = plan(work, given).id
    chunk: list[Family] = []
    for place, family in enumerate(mission.families, start=1):
        chunk.append(family)
        size = sum(len(one.members) for one in chunk)
        if size >= CHUNK or place == len(mission.families):
            load_chunk(desk, operation, chunk, Random(f"{SEED}/{mission.code}/{place}"))  # noqa: S311
            progress(size)
            chunk = []
    with desk.at_work(
        desk.one_of("social_worker", 0), OnOperation("operation.receive"), operation
    ) as work:
        work.change(Operation, operation, status="received")


def settle(
    work: UnitOfWork, operation: UUID, family: Family, people: list[Written], chance: Random
) -> None:
    """Who lives together, and who is whose child; one family in forty is known twice."""
    since = family.arrived
    household = households.start(work, since, None, operation)
    for someone, person in zip([*family.members, *family.relatives], people, strict=True):
        if someone.group == RELATIVE:
            kin(work, person.id, other_id=people[0].id, type=someone.part, source=STATED)
            moved_in = host_of(family).arrived
            households.take_in(
                work, household.id, person.id, someone.part, moved_in, "took them in"
            )
            continue
        part = "head" if someone.part in ("head", "alone") else "child"
        households.take_in(work, household.id, person.id, part, since, "came together")
        if someone.part == "child":
            kin(work, person.id, other_id=people[0].id, type="child", source=MANIFEST)
        if someone.part == "sibling":
            kin(work, person.id, other_id=people[0].id, type="sibling", source=MANIFEST)
    if chance.random() < 1 / 40:
        register(work, other_script(family.members[0]))


def load_chunk(desk: Desk, operation: UUID, families: list[Family], chance: Random) -> None:
    """One unit of work for the intake; what else there is to write waits at the desk."""
    jurisdiction = desk.staff["social_worker", desk.unit][0].jurisdiction
    place = catalogue().current_jurisdiction(jurisdiction)
    made: list[CaseRows] = []
    receiver = desk.one_of("social_worker", 0)
    with desk.at_work(receiver, OnOperation("operation.receive"), operation) as work:
        for family in families:
            people = []
            for someone, of in (
                *((one, family) for one in family.members),
                *((one, host_of(family)) for one in family.relatives),
            ):
                rows = rows_of(story_of(someone, of, place, chance), place, desk, chance)
                person = register(work, rows.person)
                for paper in papers(chance, someone):
                    add_identifier(work, paper, person)
                rows.add_case(work, person.id, operation)
                desk.candidates.consider(rows)
                made.append(rows)
                people.append(person)
            settle(work, operation, family, people, chance)
    desk.waiting += made
    if len(desk.waiting) >= MANY:
        desk.write_up()
