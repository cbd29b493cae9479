"""Servers and databases that are killed while clients write: nothing that was acknowledged is lost,
nothing is there that no event tells of, and the log holds.
"""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event
from time import sleep
from uuid import UUID

import pytest
from sqlalchemy import text

from app.core.transactions import reading
from app.main import open_house
from app.safeguards.audit.sequencer import open_sequencer
from app.safeguards.guard.calls import House
from app.safeguards.guard.second_wall import BEYOND
from tests.conftest import ENGINES
from tests.faults.killing import Server, Target, again, cluster
from tests.faults.observing import chains_hold
from tests.faults.writers import Writer
from tests.making import new_case
from tests.safeguards.audit.judging import log_judged, sink_judged, state_judged, told_of
from tests.worlds import Worlds, opened

WRITERS = 8
KILLS, ACKNOWLEDGED = 101, 50_500  # of each engine, in the long proof
EACH = 25  # kills between two looks at all of it
PAUSE = (0.3, 1.2)  # seconds that writers have between two kills
COUNTS = {
    "changes without an event": "SELECT count(*) FROM notes n WHERE NOT EXISTS (SELECT 1 FROM "
    "audit_events e WHERE e.id = n.last_event_id AND e.record_id = n.id AND "
    "e.made_version = n.version)",
    "events without a change": "SELECT count(*) FROM audit_events e WHERE e.record = 'note' AND "
    "e.outcome = 'written' AND NOT EXISTS (SELECT 1 FROM notes n WHERE n.id = e.record_id)",
    "notes without their revision": "SELECT count(*) FROM notes n WHERE NOT EXISTS (SELECT 1 FROM "
    "revisions r WHERE r.record_id = n.id AND r.version = n.version)",
    "chains with a gap": "SELECT count(*) FROM (SELECT file_id, chain FROM audit_events WHERE "
    "chain IS NOT NULL GROUP BY file_id, chain HAVING count(*) <> max(seq)) gaps",
    "heads that lag": "SELECT count(*) FROM chain_heads h WHERE h.seq <> (SELECT max(e.seq) FROM "
    "audit_events e WHERE e.file_id = h.file_id AND e.chain = h.chain)",
}


@dataclass
class Battle:
    """Writers, a server, and what can be killed."""

    house: House
    server: Server
    targets: list[Target]
    writers: list[Writer]
    folder: Path
    over: Event = field(default_factory=Event)
    kills: int = 0
    longest: float = 0.0

    @property
    def acknowledged(self) -> set[str]:
        return set().union(*(one.acknowledged.copy() for one in self.writers))

    @property
    def faults(self) -> list[str]:
        return [fault for one in self.writers for fault in one.faults]

    def fight(self, kills: int, acknowledged: int) -> None:
        chance, threads = Random(11), [one.start() for one in self.writers]
        while self.kills < kills or len(self.acknowledged) < acknowledged:
            sleep(chance.uniform(*PAUSE))
            target = self.targets[self.kills % len(self.targets)]
            self.longest = max(self.longest, again(target))
            self.kills += 1
            assert not self.faults, self.faults[:3]
            self.look()
            if self.kills % EACH == 0:
                self.judge_log()
        self.over.set()
        for one in threads:
            one.join(60)
        assert not any(one.is_alive() for one in threads)
        assert not self.faults, self.faults[:3]

    def notes(self) -> set[str]:
        cases = {UUID(one.case) for one in self.writers}
        with reading(self.house.engine, BEYOND) as db:
            found = db.execute(text("SELECT id, case_id FROM notes")).all()
            return {str(UUID(str(one))) for one, case in found if UUID(str(case)) in cases}

    def look(self) -> None:
        known = self.acknowledged
        assert not known - self.notes(), "acknowledged, and lost"
        with reading(self.house.engine, BEYOND) as db:
            found = {name: db.execute(text(sql)).scalar_one() for name, sql in COUNTS.items()}
        assert not any(found.values()), found

    def judge_log(self) -> None:
        house = self.house
        open_sequencer(house.engine, house.vault, house.settings).drain()
        assert log_judged(house, self.folder / f"log-{self.kills}") == 0

    def judge_second_record(self) -> None:
        """All that it has is in the log, and whatever was answered is in it."""
        assert sink_judged(self.house, self.folder / "sink") == 0
        answered = set[str]().union(*(one.answered for one in self.writers))
        events = text("SELECT id, record_id FROM audit_events WHERE record = 'note'")
        with reading(self.house.engine, BEYOND) as db:
            made = {UUID(str(one)): str(UUID(str(note))) for one, note in db.execute(events)}
        told = told_of(self.house)
        assert answered
        assert not answered - {made[one] for one in told & made.keys()}, "answered, and not told"

    def end(self) -> None:
        """All that is there was acknowledged by now, once."""
        assert self.notes() == self.acknowledged
        self.look()
        assert chains_hold(self.house)
        assert state_judged(self.house, self.folder / "end") == 0
        self.judge_second_record()
        if self.house.engine.dialect.name == "sqlite":
            with reading(self.house.engine) as db:
                assert db.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
                assert not db.exec_driver_sql("PRAGMA foreign_key_check").all()

    def tell(self) -> None:
        unsure = sum(one.found_done for one in self.writers)
        refused = sum(one.unavailable for one in self.writers)
        sys.stderr.write(
            f"{self.house.engine.dialect.name}: {len(self.acknowledged)} acknowledged writes, "
            f"{self.kills} kills, {unsure} found done without a word, {refused} told to wait, "
            f"back in {self.longest:.1f} s at most\n"
        )


@contextmanager
def battle(engine: str, shared: Path, folder: Path) -> Iterator[Battle]:
    with ExitStack() as stack:
        targets: list[Target] = []
        if engine == "postgresql":
            database, whole = stack.enter_context(cluster())
            worlds, targets = Worlds(folder / "shared", whole), [database]
        else:
            worlds = Worlds(shared, None)
        settings = stack.enter_context(worlds.database(folder / "house", "demo"))
        settings = settings.model_copy(update={"sequencer": True})
        with opened(settings.model_copy(update={"sequencer": False}), folder / "house") as world:
            cases = [new_case(world, team=()).id for _ in range(WRITERS // 2 + 1)]
            token = world.staff["social_worker", "north"].token
        house = open_house(settings)
        stack.callback(house.engine.dispose)
        server = Server(settings, folder / "house")
        server.start()
        stack.callback(server.kill)
        one = Battle(house, server, [server, *targets], [], folder)
        for number in range(WRITERS):  # by a key and by an id; two on one case, some on all
            case = cases[number // 2] if number < WRITERS - 2 else cases[-1]
            writer = Writer(lambda: server.port, token, case, number % 2 == 0, one.over)
            one.writers.append(writer)
        yield one


@pytest.mark.parametrize("engine", ENGINES)
def test_a_server_that_is_killed_forgets_nothing(engine: str, shared: Path, tmp_path: Path) -> None:
    with battle(engine, shared, tmp_path) as one:
        one.fight(len(one.targets), 30)
        one.end()


@pytest.mark.prove
@pytest.mark.timeout(0)
@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_is_lost_however_often_it_is_killed(
    engine: str, shared: Path, tmp_path: Path
) -> None:
    with battle(engine, shared, tmp_path) as one:
        one.fight(KILLS, ACKNOWLEDGED)
        one.tell()
        one.end()
