"""What a list costs under the widest predicate, beside the same one for who has everything.

The first 50 open cases of 100,000 with their tracks, for one caller in two roles that the policy
has only here: one reaches everything, the other by every relationship that there is. Both are
asked in turns on the short way that serves them: token, wall, rows, JSON and event; medians in
milliseconds. `python -m bench.widest` measures this alone, `make bench` as a part of all.
"""

import argparse
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import Connection, Engine, update

from app.core.db import table
from app.core.engine import open_engine
from app.core.paging import Paging
from app.core.transactions import transaction
from app.core.values import new_id, now
from app.main import ROUTERS  # declares every relationship
from app.registry.cases.models import TeamMember
from app.registry.cases.schemas import CaseOut
from app.registry.staff.models import User
from app.safeguards.access.policy import POLICY, Reach
from app.safeguards.guard.mark import Mark
from app.safeguards.guard.plans import Question
from app.safeguards.guard.quick import Quick
from app.safeguards.guard.second_wall import BEYOND, wall_of
from app.safeguards.guard.writing import Circumstances
from app.safeguards.identity.caller import Caller, authenticate, digest
from bench import postgres
from bench.places import KEPT, ROOT, Seed
from bench.servers import seeded

ROLES = {
    "any": (Reach.ANY,),
    "widest": (
        *(Reach.UNIT, Reach.LINE, Reach.TEAM, Reach.DOCKET, Reach.SUPERVISION, Reach.AGREEMENT),
        *(Reach.DISCLOSED, Reach.OWN, Reach.SELF, Reach.GLASS),
    ),
}
TURN = 20  # lists in one role before the other has its turn
MOST = 1.5
VAULT: Any = SimpleNamespace(cursors=bytes(32))  # nothing of a list is sealed but its cursor
assert ROUTERS


@dataclass(frozen=True)
class Cost:
    any: float
    widest: float

    @property
    def ratio(self) -> float:
        return self.widest / self.any

    def told(self, engine: str) -> str:
        return (
            f"{engine:12} any {self.any:6.2f} ms   widest {self.widest:6.2f} ms   "
            f"ratio {self.ratio:5.2f} (at most {MOST})"
        )


class Listing(Quick):
    """The short way with agreements as well, which are left to the long one for their fields."""

    def _question(self, out: type[Any], **more: Any) -> Question:
        return Question(out, self._mark, self._caller.role, self._db.dialect.name, **more)


class Measured(Exception):
    """Ends the transaction: nothing of it is kept."""


def measure(server: postgres.Server, seed: Seed, turns: int = 10) -> dict[str, Cost]:
    """Of a list, engine by engine."""
    for roles in POLICY.classes.values():
        cast(dict[str, Any], roles).update(
            {role: dict.fromkeys(reaches, "R") for role, reaches in ROLES.items()}
        )
    with engines(server, seed) as found:
        return {name: cost(engine, seed.known(), turns) for name, engine in found.items()}


def cost(engine: Engine, known: dict[str, Any], turns: int) -> Cost:
    token = digest(f"Bearer {known['token']}")
    took: dict[str, list[float]] = {role: [] for role in ROLES}
    with transaction(engine, BEYOND) as db:
        caller = authenticated(db, token)
    with suppress(Measured), transaction(engine, wall_of(caller)) as db:
        for turn in range(turns + 1):
            for role in ROLES:
                become(db, caller, role)
                somebody = authenticated(db, token)
                for _ in range(TURN):
                    begun = time.perf_counter()
                    listed(db, somebody, token)
                    if turn:  # the first ones make the statements, and warm what follows
                        took[role].append(1000 * (time.perf_counter() - begun))
        raise Measured()
    return Cost(*(statistics.median(took[role]) for role in ROLES))


def authenticated(db: Connection, token: bytes) -> Caller:
    caller = authenticate(db, token, now())
    assert caller is not None, "the seed has a token that is good"
    return caller


def become(db: Connection, caller: Caller, role: str) -> None:
    """The measured worker with their caseload, in another role."""
    users, teams = table(User), table(TeamMember)
    db.execute(update(users).where(users.c.id == caller.id).values(role=role))
    db.execute(update(teams).where(teams.c.user_id == caller.id).values(role=role))


def listed(db: Connection, caller: Caller, token: bytes) -> None:
    made = Circumstances(caller, "case.read", "GET /v1/cases", new_id(), now())
    work = Listing(db, VAULT, Mark("case.read"), None, token, made)
    page = work.page(CaseOut, Paging(), status="open")
    assert len(page.body) > 10_000, "a list of 50 cases is longer"


@contextmanager
def engines(server: postgres.Server, seed: Seed) -> Iterator[dict[str, Engine]]:
    """On copies of the seed, behind both walls, as the application's own role."""
    seeded(server, seed, {"postgresql", "sqlite"})
    file = KEPT / "widest.db"
    copyfile(seed.sqlite, file)
    server.copy(seed.name, "widest")
    found = {
        "postgresql": open_engine(server.url(postgres.APP, "widest"), KEPT / "none", 1),
        "sqlite": open_engine(f"sqlite:///{file}", KEPT / "sqlite.key", 1),
    }
    try:
        yield found
    finally:
        for one in found.values():
            one.dispose()
        server.drop("widest")
        file.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.widest", description=__doc__)
    parser.add_argument("--tree", type=Path, default=ROOT)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=10)
    asked = parser.parse_args()
    with postgres.running() as server:
        found = measure(server, Seed(asked.tree.resolve(), asked.cases), asked.turns)
    for name, one in found.items():
        print(one.told(name), flush=True)


if __name__ == "__main__":
    main()
