"""A small fictional population, impossible to mistake: two units, two users a role, families."""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.casework.notes.schemas import NoteIn
from app.casework.notes.service import write
from app.core.db import table
from app.core.engine import transaction
from app.core.installation import DATA_CLASS, SYNTHETIC, state
from app.core.values import now
from app.registry.cases.on_case import OnCase
from app.registry.cases.schemas import TeamMemberIn
from app.registry.cases.team import assign
from app.registry.operations.intake import receive
from app.registry.operations.routes import OnOperation
from app.registry.operations.schemas import ArrivalsIn, MemberIn, OperationIn
from app.registry.operations.service import plan
from app.registry.people.schemas import BirthIn, NameIn
from app.registry.staff.models import User
from app.registry.staff.schemas import UnitIn, UserIn
from app.registry.staff.service import add_unit, add_user
from app.safeguards.access.policy import ROLES
from app.safeguards.guard.carrying import House, operator_work
from app.safeguards.guard.mark import Mark, Permit
from app.safeguards.guard.unit_of_work import UnitOfWork
from app.safeguards.identity import sessions
from app.safeguards.identity.caller import Caller, named

UNITS = {"north": ("ra", "alder"), "south": ("rb", "cedar")}
GIVEN = {
    1: ("Anvar Анвар", "Bakyt Бакыт", "Davron Даврон", "Emil Эмиль", "Farid Фарид"),
    2: ("Aida Аида", "Dilnoza Дильноза", "Gulnara Гульнара", "Madina Мадина", "Zarina Зарина"),
}
FAMILY = "Synthetova Синтетова", "Fiktivova Фиктивова", "Obraztsova Образцова"  # the watermark
WITHOUT_UNIT = ("administrator",)
SMALL = 60
TEAM = ("psychologist", "prosecutor", "child_protection_officer", "health_worker")


def load_demo(house: House, operator: Caller, sign_ins: Path) -> bool:
    """False, and nothing is done, where anybody is on the staff already."""
    with transaction(house.engine) as db:
        if db.execute(select(func.count()).select_from(table(User))).scalar_one():
            return False
        state(db, DATA_CLASS, SYNTHETIC)
    staff = load_staff(house, operator)
    for place, (unit, (_, programme)) in enumerate(UNITS.items()):
        load_operation(house, staff, unit, programme, SMALL // 2, Random(place))  # noqa: S311
    keep(house, staff, sign_ins)
    return True


Staff = dict[tuple[str, str], tuple[UUID, str, str]]  # (role, unit) → id, user name, password


def load_staff(house: House, operator: Caller) -> Staff:
    staff: Staff = {}
    with operator_work(house, operator, Permit("unit.add")) as work:
        units = {
            code: add_unit(
                work, UnitIn(code=f"demo-{code}", name=f"Demo unit {code}", jurisdiction=land)
            ).id
            for code, (land, _) in UNITS.items()
        }
    with operator_work(house, operator, Permit("user.add")) as work:
        for role in ROLES:
            for unit, unit_id in units.items():
                username, password = f"demo-{role.replace('_', '-')}-{unit}", secrets.token_hex(10)
                given = UserIn(
                    username=username,
                    display_name=f"Demo {role.replace('_', ' ')} {unit}",
                    role=role,
                    unit_id=None if role in WITHOUT_UNIT else unit_id,
                    password=password,
                    kind="client" if role == "partner" else "person",
                )
                staff[role, unit] = (add_user(work, given).id, username, password)
    return staff


def load_operation(
    house: House, staff: Staff, unit: str, programme: str, people: int, chance: Random
) -> None:
    """Families come by air; each member has a case of their own and a team."""

    def acting(role: str, mark: Mark, file_id: UUID | None = None) -> Any:
        return acting_as(house, staff[role, unit][0], mark, file_id)

    with acting("coordinator", Permit("operation.plan")) as work:
        planned = OperationIn(
            code=f"demo-{programme}-1",
            name=f"Operation {programme.title()} 1",
            programme=programme,
            arrives_on=date(2025, 11, 1),
        )
        operation = plan(work, planned).id
    cases: list[UUID] = []
    while len(cases) < people:
        members = family(chance, min(5, people - len(cases)))
        with acting("social_worker", OnOperation("operation.receive"), operation) as work:
            given = ArrivalsIn(members=members, confirm_duplicates=True)
            cases += [case.id for case in receive(work, given)]
    for case_id in cases:
        for role in TEAM:
            member = TeamMemberIn(
                user_id=staff[role, unit][0],
                part=role.replace("_", " "),
                since=date(2025, 11, 1),
                reason="demo team",
            )
            with acting("social_worker", OnCase("team.assign"), case_id) as work:
                assign(work, member)
        for role, kind in (("social_worker", "social_work"), ("psychologist", "therapy")):
            text = "Fictional note: settled in, asked about school, next meeting agreed."
            note = NoteIn(kind=kind, occurred_on=date(2025, 11, 10), text=text)
            with acting(role, OnCase("note.add"), case_id) as work:
                write(work, note)


def family(chance: Random, size: int) -> list[MemberIn]:
    """A mother and her children; some births are known to the year alone."""
    surname = chance.choice(FAMILY).split()
    members = []
    for place in range(size):
        sex = 2 if place == 0 else chance.choice((1, 2))
        latin, cyrillic = chance.choice(GIVEN[sex]).split()
        year = chance.randint(1985, 1998) if place == 0 else chance.randint(2009, 2024)
        month, day = chance.randint(1, 12), chance.randint(1, 28)
        value = f"{year}" if chance.random() < 0.3 else f"{year}-{month:02}-{day:02}"
        names = [
            NameIn(full=f"{cyrillic} {surname[1]}", script="Cyrl", source="demo manifest"),
            NameIn(
                type="transliterated",
                full=f"{latin} {surname[0]}",
                script="Latn",
                source="demo manifest",
            ),
        ]
        estimated = len(value) == 4
        birth = BirthIn(value=value, estimated=estimated)
        relationship = ("son" if sex == 1 else "daughter") if place else "head"
        members.append(
            MemberIn(names=names, sex=sex, birth=birth, group=surname[0], relationship=relationship)
        )
    return members


@contextmanager
def acting_as(
    house: House, user_id: UUID, mark: Mark, file_id: UUID | None
) -> Iterator[UnitOfWork]:
    """The demo staff write their records themselves, behind the same wall as ever."""
    with transaction(house.engine) as db:
        caller = named(db, user_id)
    assert caller is not None
    with operator_work(house, caller, mark, file_id) as work:
        yield work


def keep(house: House, staff: Staff, sign_ins: Path) -> None:
    """One sign-in per role for who tries the demo: mode 0600, demo databases only."""
    told: dict[str, dict[str, str]] = {}
    life = timedelta(hours=house.settings.session_hours)
    for (role, unit), (user_id, username, password) in staff.items():
        if unit == "north":
            with transaction(house.engine) as db:
                token = sessions.start(db, user_id, now(), life, life).access
            told[role] = {"username": username, "password": password, "token": token}
    sign_ins.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(sign_ins, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(told, file, indent=2)
