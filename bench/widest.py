"""What a list costs by the relationships of each role, beside the same one for who has everything.

The first 50 open cases of 100,000 with their tracks, for one caller in roles that the policy has
only here, and that differ by the relationships that open cases alone: those of its own roles, one
that has them all, and one that reaches everything. All are asked in turns on the short way that
serves them (token, wall, rows, JSON and event); medians. `python -m bench.widest` measures this
alone, `make bench` as a part of all.
"""

import argparse
import statistics
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import Connection, Engine, insert, select

from app.core.db import table
from app.core.engine import open_engine
from app.core.paging import Paging
from app.core.transactions import transaction
from app.core.values import new_id, now
from app.main import ROUTERS  # declares every relationship
from app.registry.cases.models import TeamMember
from app.registry.cases.schemas import CaseOut
from app.registry.staff.models import User
from app.safeguards.access.policy import POLICY, ROLES, Reach
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.guard.mark import Mark
from app.safeguards.guard.quick import Quick
from app.safeguards.guard.second_wall import BEYOND, wall_of
from app.safeguards.identity.caller import Caller, by_token, digest
from app.safeguards.identity.models import Session, Token
from bench import bare, postgres
from bench.places import KEPT, ROOT, Seed
from bench.servers import seeded

ANY, ALL = "any", "all"


def relationships() -> dict[str, tuple[Reach, ...]]:
    """Those by which the roles of the policy reach cases; one that has them all, and one that has
    everything."""
    found: dict[str, tuple[Reach, ...]] = {ANY: (Reach.ANY,)}
    for role in ROLES:
        opened = POLICY.in_sight(role, "case").items()
        reaches = sorted(reach for reach, classes in opened if "case" in classes)
        if reaches:
            found["+".join(reaches)] = tuple(reaches)
    every_one = {reach for reaches in found.values() for reach in reaches} - {Reach.ANY}
    return found | {ALL: tuple(one for one in Reach if one in every_one)}


TURN = 20  # lists in one role before the other has its turn
MOST = 1.5
VAULT: Any = SimpleNamespace(cursors=bytes(32))  # nothing of a list is sealed but its cursor
assert ROUTERS


@dataclass(frozen=True)
class Cost:
    """Milliseconds of a list, by relationships."""

    took: dict[str, float]

    @property
    def ratios(self) -> dict[str, float]:
        """Of what roles have; that one has all of them is not asked."""
        names = [name for name in self.took if name not in (ANY, ALL)]
        return {name: self.took[name] / self.took[ANY] for name in names}

    def told(self, engine: str) -> str:
        name, ratio = max(self.ratios.items(), key=lambda one: one[1])
        each = ", ".join(f"{one} {took:.2f}" for one, took in self.took.items())
        return f"{engine}: {ratio:.2f} (at most {MOST}) for {name}; milliseconds: {each}"


def measure(server: postgres.Server, seed: Seed, turns: int = 10) -> dict[str, Cost]:
    """Of a list, engine by engine."""
    asked = relationships()
    for roles in POLICY.classes.values():
        rights = {name: dict.fromkeys(reaches, "R") for name, reaches in asked.items()}
        cast(dict[str, Any], roles).update(rights)
    with engines(server, seed) as found:
        for engine in found.values():
            populate(engine, seed.known(), asked)
        server.run("VACUUM (ANALYZE)", "widest")  # as it is some minutes after any change
        return {name: cost(engine, tuple(asked), turns) for name, engine in found.items()}


def cost(engine: Engine, roles: tuple[str, ...], turns: int) -> Cost:
    took: dict[str, list[float]] = {role: [] for role in roles}
    with transaction(engine, BEYOND) as db:
        callers = {role: authenticated(db, digest(f"Bearer {role}")) for role in roles}
    for turn in range(turns + 1):
        for role, caller in callers.items():
            for _ in range(TURN):
                begun = time.perf_counter()
                with transaction(engine, wall_of(caller)) as db:
                    listed(db, caller, digest(f"Bearer {role}"))
                if turn:  # the first ones make the statements, and warm what follows
                    took[role].append(1000 * (time.perf_counter() - begun))
    return Cost({role: statistics.median(each) for role, each in took.items()})


def authenticated(db: Connection, token: bytes) -> Caller:
    """By no more than the rows: what is copied here has no word of the application."""
    (cells,) = by_token(db.dialect.name).run(db, {"token": token, "at": now()})
    return Caller(*cells[:-1])


def populate(engine: Engine, known: dict[str, Any], roles: Iterable[str]) -> None:
    """For each role somebody with the caseload of the measured worker."""
    with transaction(engine, BEYOND) as db:
        worker = authenticated(db, digest(f"Bearer {known['token']}"))
        for role in roles:
            me, here = new_id(), new_id()
            again(db, User, User.id == worker.id, id=me, username=role, role=role)
            again(db, Session, Session.id == worker.session_id, id=here, user_id=me)
            token = {"id": new_id(), "digest": digest(f"Bearer {role}"), "session_id": here}
            again(db, Token, Token.session_id == worker.session_id, **token)
            again(db, TeamMember, TeamMember.user_id == worker.id, user_id=me, role=role)


def again(db: Connection, kind: Any, which: Any, **values: Any) -> None:
    """Those rows once more, with other values."""
    rows = table(kind)
    found = [dict(row) for row in db.execute(select(rows).where(which)).mappings()]
    own = {"id": new_id} if "id" in rows.c and "id" not in values else {}
    made = [{**row, **values, **{name: make() for name, make in own.items()}} for row in found]
    db.execute(insert(rows), [{n: v for n, v in one.items() if n in rows.c} for one in made])


def listed(db: Connection, caller: Caller, token: bytes) -> None:
    made = Circumstances(caller, "case.read", "GET /v1/cases", new_id(), now())
    work = Quick(db, VAULT, Mark("case.read"), None, token, made)
    page = work.page(CaseOut, Paging(), status="open")
    assert len(page.body) > 10_000, "a list of 50 cases is longer"


@contextmanager
def engines(server: postgres.Server, seed: Seed) -> Iterator[dict[str, Engine]]:
    """On copies of the seed, behind both walls, as the application's own role.

    The copies take staff of whom no event tells: of what is read nothing changes by that.
    """
    seeded(server, seed, {"postgresql", "sqlite"})
    file = KEPT / "widest.db"
    copyfile(seed.sqlite, file)
    bare.on_sqlite(file, KEPT / "sqlite.key")
    server.copy(seed.name, "widest")
    bare.on_postgresql(server, "widest")
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
