"""Who asks: for every role somebody in every relationship that the role can be in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app.cli.commands import OPERATOR
from app.core.values import now
from app.registry.staff.models import User
from app.safeguards.guard.carrying import operator_work
from app.safeguards.guard.mark import Permit
from app.safeguards.identity import sessions
from app.safeguards.identity.accounts import first
from app.safeguards.identity.passwords import hashed
from tests.access.cells.rights import ROLES, has
from tests.conftest import World
from tests.looking import transaction
from tests.making import Send
from tests.worlds import PASSWORD

UNITS = {"north": "ra", "east": "ra", "south": "rb"}  # the case is of the first
ALL = frozenset(ROLES) - {"administrator"}
STAFF = ALL - {"partner"}  # people, who can be on a team
MANDATED = frozenset({"prosecutor", "defence_lawyer", "legal_officer"})
# Relationship → in which unit, and who can be in it.
RELATIONS: dict[str, tuple[str, frozenset[str]]] = {
    "none": ("east", ALL | {"administrator"}),
    "unit": ("north", ALL),
    "abroad": ("south", ALL),
    "team": ("east", STAFF),
    "left": ("east", STAFF),  # was on the team until today
    # On the team for the track of the school alone.
    "strand": (
        "east",
        frozenset({"social_worker", "psychologist", "educator", "livelihoods_officer"}),
    ),
    "line": ("east", STAFF),  # somebody on the team reports to them
    "cover": ("east", frozenset(one for one in STAFF if has(one, "cover", "C"))),
    "kin": ("north", STAFF),  # on the team, and a cousin: closed to them
    # On the team, and wrote what is one's own; the social worker of them leads the case.
    "author": (
        "east",
        frozenset({"social_worker", "psychologist", "health_worker", "child_protection_officer"})
        | {"religious_counsellor"},
    ),
    "docket": ("east", MANDATED),  # of the criminal matter
    "civil": ("east", MANDATED - {"prosecutor"}),
    "mandate-ended": ("east", MANDATED),
    "condition": ("east", frozenset({"probation_officer"})),
    "condition-ended": ("east", frozenset({"probation_officer"})),
    "agreement": ("east", frozenset({"partner"})),
    "agreement-ended": ("east", frozenset({"partner"})),
    "recipient": ("east", MANDATED | {"security_assessor", "auditor"}),  # of an extract
    "glass": (  # broke it
        "north",
        frozenset({"social_worker", "centre_manager", "psychologist", "health_worker"}),
    ),
}
MEMBERS = ("team", "author", "kin", "strand")
BROKEN = {
    "psychologist": "therapy_notes",
    "health_worker": "therapy_notes",
    "social_worker": "protection",
    "centre_manager": "health",
}


@dataclass(frozen=True)
class Who:
    role: str
    relation: str
    unit: str | None
    id: str
    send: Send

    def __str__(self) -> str:
        return f"{self.role} ({self.relation})"

    @property
    def here(self) -> bool:
        """In the country of the case."""
        return self.unit is not None and UNITS[self.unit] == "ra"

    @property
    def member(self) -> bool:
        """Has a row of the team that runs; B of the team is for who has one, too."""
        as_member = self.role in ("psychologist", "health_worker")
        return self.relation in MEMBERS or (self.relation == "glass" and as_member)

    @property
    def on_team(self) -> bool:
        return self.member or self.relation == "cover"


def places() -> list[tuple[str, str]]:
    """Role and relationship; whoever others report to comes first."""
    found = [(role, relation) for relation, (_, roles) in RELATIONS.items() for role in roles]
    return sorted(found, key=lambda one: (one[1] != "line", ROLES.index(one[0]), one[1]))


def hired(world: World) -> dict[tuple[str, str], UUID]:
    """All of them at once, with a password that they share."""
    boss, units = world.as_("administrator"), {}
    for code, land in UNITS.items():
        made = boss("POST", "/v1/units", json={"code": code, "name": code, "jurisdiction": land})
        assert made.status_code == 201, made.text
        units[code] = UUID(made.json()["id"])
    ids: dict[tuple[str, str], UUID] = {}
    with operator_work(world.house, OPERATOR, Permit("user.add")) as work:
        for role, relation in places():
            unit = None if role == "administrator" else units[unit_of(role, relation)]
            name = f"{role.replace('_', '-')}-{relation}"
            superior = ids[role, "line"] if relation == "team" else None
            ids[role, relation] = work.add(
                User,
                username=name,
                display_name=name,
                role=role,
                kind="client" if role == "partner" else "person",
                unit_id=unit,
                supervisor_id=superior,
            ).id
    known = hashed(PASSWORD)
    with transaction(world.house.engine) as db:
        for user in ids.values():
            first(db, world.house.vault.admitting, user, known)
    return ids


def signed_in(world: World, ids: Mapping[tuple[str, str], UUID]) -> dict[tuple[str, str], Who]:
    """Each of them, a moment ago."""
    found, life, key = {}, timedelta(hours=12), world.house.vault.admitting
    with transaction(world.house.engine) as db:
        for (role, relation), user in ids.items():
            send = world.with_token(sessions.start(db, key, user, now(), life, life).access)
            place = None if role == "administrator" else unit_of(role, relation)
            found[role, relation] = Who(role, relation, place, str(user), send)
    return found


def unit_of(role: str, relation: str) -> str:
    """Who leads a case is of its unit."""
    return "north" if (role, relation) == ("social_worker", "author") else RELATIONS[relation][0]
