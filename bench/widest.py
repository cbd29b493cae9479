"""`python -m bench.widest`: what a list costs under the widest predicate, beside the reach `any`.

The same page of the same table, on 100,000 cases, asked in turn with the one predicate of the wall
as the policy would make it for a role that has everything, and for one that has every relationship.
Prints the medians in milliseconds and their ratio, engine by engine.
"""

import argparse
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, create_engine, select

from app.core.db import table
from app.core.engine import open_engine
from app.core.statements import Statement
from app.core.transactions import transaction
from app.core.values import now
from app.main import ROUTERS  # declares every relationship
from app.registry.cases.models import Case, TeamMember
from app.registry.staff.models import Unit, User
from app.safeguards.access.policy import Reach
from app.safeguards.guard.protected import When, visible
from app.safeguards.guard.second_wall import BEYOND, wall_of
from app.safeguards.identity.caller import Caller
from bench import postgres
from bench.places import KEPT, ROOT, Seed
from bench.servers import seeded

RELATIONSHIPS = (
    *(Reach.UNIT, Reach.LINE, Reach.TEAM, Reach.DOCKET, Reach.SUPERVISION, Reach.AGREEMENT),
    *(Reach.OWN, Reach.SELF, Reach.GLASS, Reach.DISCLOSED),
)
PAGE = 51
assert ROUTERS
MOST = 1.5


@dataclass(frozen=True)
class Cost:
    any: float
    widest: float

    @property
    def ratio(self) -> float:
        return self.widest / self.any


def cost(engine: Engine, rounds: int) -> Cost:
    when = When(now(), now().date())
    took: dict[str, list[float]] = {"any": [], "widest": []}
    with transaction(engine, BEYOND) as db:
        caller = somebody(db)
    with transaction(engine, wall_of(caller)) as db:  # the second wall stands, as in any request
        cases = table(Case)
        asked: dict[str, Any] = {}
        for name, reaches in (("any", (Reach.ANY,)), ("widest", RELATIONSHIPS)):
            grants = dict.fromkeys(reaches, frozenset({"case"}))
            page = visible(Case, caller, grants, when).where(cases.c.status == "open")
            page = page.order_by(cases.c.id).limit(PAGE)
            asked[name] = Statement(page, engine.dialect.name)  # prepared, as what is served
        for turn in range(rounds + 3):
            for name, statement in asked.items():
                begun = time.perf_counter()
                found = statement.run(db, {})
                if turn >= 3:  # the first ones are compiled and warm what follows
                    took[name].append(1000 * (time.perf_counter() - begun))
                assert len(found) > 1, f"{name} lists nothing"
    return Cost(*(statistics.median(took[name]) for name in ("any", "widest")))


def somebody(db: Any) -> Caller:
    """Who is on a team: with the caseload of a worker, and the unit of one."""
    team, users, units = table(TeamMember), table(User), table(Unit)
    source = team.join(users, users.c.id == team.c.user_id).join(
        units, units.c.id == users.c.unit_id
    )
    columns = (users.c.id, users.c.role, users.c.unit_id, units.c.jurisdiction)
    row = db.execute(select(*columns).select_from(source).limit(1)).one()
    return Caller(UUID(str(row.id)), "", row.role, row.unit_id, row.jurisdiction)


@contextmanager
def engines(seed: Seed) -> Iterator[dict[str, Engine]]:
    with postgres.running() as server:
        seeded(server, seed, {"postgresql", "sqlite"})
        url = server.url(postgres.APP, seed.name, "postgresql+psycopg")
        found = {
            "postgresql": create_engine(url),
            "sqlite": open_engine(f"sqlite:///{seed.sqlite}", KEPT / "sqlite.key", 1),
        }
        yield found
        for one in found.values():
            one.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.widest", description=__doc__)
    parser.add_argument("--tree", type=Path, default=ROOT)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=200)
    asked = parser.parse_args()
    with engines(Seed(asked.tree.resolve(), asked.cases)) as found:
        for name, engine in found.items():
            told = cost(engine, asked.rounds)
            print(
                f"{name:12} any {told.any:7.2f} ms   widest {told.widest:7.2f} ms   "
                f"ratio {told.ratio:5.2f} (at most {MOST})",
                flush=True,
            )


if __name__ == "__main__":
    main()
