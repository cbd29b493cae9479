"""The demo's staff: two units in two jurisdictions, two users a role, and a sign-in for each."""

import json
import os
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from app.core.db import table
from app.core.installation import DATA_CLASS, SYNTHETIC, fact
from app.core.transactions import transaction
from app.core.values import now
from app.registry.staff.models import User
from app.registry.staff.schemas import ClientIn, UnitIn, UserIn
from app.registry.staff.service import add_client, add_unit, add_user
from app.safeguards.access.policy import ROLES
from app.safeguards.guard.calls import House
from app.safeguards.guard.carrying import operator_work
from app.safeguards.guard.mark import Permit
from app.safeguards.identity import sessions
from app.safeguards.identity.caller import Caller, authenticate

UNITS = {"north": "ra", "south": "rb"}
WITHOUT_UNIT = ("administrator",)
CASELOAD = {"social_worker": 25, "psychologist": 60, "child_protection_officer": 60}
MOST_COLLEAGUES = 60  # of one role in one unit


@dataclass(frozen=True)
class Member:
    id: UUID
    username: str
    password: str  # empty: nobody signs in as this one
    jurisdiction: str


Staff = dict[tuple[str, str], list[Member]]  # (role, unit) → colleagues, the first one signs in


def load_staff(house: House, operator: Caller, people: int) -> Staff:
    staff: Staff = {}
    with operator_work(house, operator, Permit("unit.add")) as work:
        units = {
            code: add_unit(
                work, UnitIn(code=f"demo-{code}", name=f"Demo unit {code}", jurisdiction=land)
            ).id
            for code, land in UNITS.items()
        }
    with operator_work(house, operator, Permit("user.add")) as work:
        for role in ROLES:
            for unit, unit_id in units.items():
                name = f"demo-{role.replace('_', '-')}-{unit}"
                password = secrets.token_hex(10)
                shown, land = f"Demo {role.replace('_', ' ')} {unit}", UNITS[unit]
                if role == "partner":
                    one = ClientIn(client_id=name, display_name=shown, unit_id=unit_id)
                    client, secret = add_client(work, one)
                    staff[role, unit] = [Member(client.id, name, secret, land)]
                    continue
                given = UserIn(
                    username=name,
                    display_name=shown,
                    role=role,
                    unit_id=None if role in WITHOUT_UNIT else unit_id,
                    password=password,
                )
                first = Member(add_user(work, given).id, name, password, land)
                staff[role, unit] = [first]
                for number in range(2, colleagues(role, people) + 1):
                    # They hold the caseload of a large demo; nobody signs in as them.
                    added = work.add(
                        User,
                        username=f"{name}-{number}",
                        display_name=f"Demo {role.replace('_', ' ')} {unit} {number}",
                        role=role,
                        unit_id=unit_id,
                    )
                    staff[role, unit].append(Member(added.id, added["username"], "", land))
    return staff


def colleagues(role: str, people: int) -> int:
    each = CASELOAD.get(role)
    return min(MOST_COLLEAGUES, -(-people // (2 * each))) if each and people > 100 else 1


def keep(house: House, staff: Staff, sign_ins: Path) -> None:
    """One sign-in per role for who tries the demo: mode 0600, demo databases only."""
    told: dict[str, dict[str, str]] = {}
    life, key = timedelta(hours=house.settings.session_hours), house.vault.admitting
    for (role, unit), members in staff.items():
        if unit == "north":
            first = members[0]
            with transaction(house.engine) as db:
                token = sessions.start(db, key, first.id, now(), life, life).access
            told[role] = {"username": first.username, "password": first.password, "token": token}
    write(sign_ins, told)


def sign_in(house: House, user_id: UUID) -> Caller:
    """For what takes somebody who has just proved who they are; over in a minute."""
    at, minute, key = now(), timedelta(minutes=1), house.vault.admitting
    with transaction(house.engine) as db:
        pair = sessions.start(db, key, user_id, at, minute, minute, renewable=False)
        caller = authenticate(db, sessions.digest_of(pair.access), at, key)
    assert caller is not None, "the session has just begun"
    return caller


def is_demo(house: House) -> bool:
    with transaction(house.engine) as db:
        return fact(db, DATA_CLASS) == SYNTHETIC


def renew(house: House, sign_ins: Path) -> None:
    """Fresh tokens at each start: those of yesterday have run out."""
    told = json.loads(sign_ins.read_text())
    users = table(User)
    life, key = timedelta(hours=house.settings.session_hours), house.vault.admitting
    with transaction(house.engine) as db:
        ids = {
            row.username: row.id for row in db.execute(select(users.c.username, users.c.id)).all()
        }
        for one in told.values():
            if one["username"] in ids:
                pair = sessions.start(db, key, ids[one["username"]], now(), life, life)
                one["token"] = pair.access
    write(sign_ins, told)


def write(sign_ins: Path, told: dict[str, dict[str, str]]) -> None:
    sign_ins.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(sign_ins, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(told, file, indent=2)
