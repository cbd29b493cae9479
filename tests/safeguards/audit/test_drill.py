"""Somebody holds the database, and edits it: each edit is found, and nothing else ever is."""

import pickle
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from shutil import rmtree
from typing import Any

import pytest

from app import verify
from app.core.engine import UnsafeDatabase
from app.core.key_file import UnsafeKey
from app.safeguards.audit.sequencer import open_sequencer
from app.safeguards.audit.tiles import BadTile
from tests.conftest import World
from tests.looking import past_insistence
from tests.making import new_case, today
from tests.safeguards.audit.edits import EDITS, Edit, Held
from tests.safeguards.audit.growing import SEEN, THEN
from tests.safeguards.audit.judging import log_judged, named, state_judged
from tests.worlds import Worlds

NAMED = re.compile(r"first bad index (\d+)")
RUNS, SHORT, OF_ONE = 1000, 12, 50  # clean runs, and those of one database


@dataclass
class Drill:
    """A database that is edited once, and all who look at it afterwards."""

    world: World
    folder: Path
    capsys: pytest.CaptureFixture[str]
    said: dict[str, str] = field(default_factory=dict)  # by the check that found something

    def __post_init__(self) -> None:
        self.seen = self.folder / SEEN
        self.then: dict[str, Any] = pickle.loads((self.folder / THEN).read_bytes())
        self.note = self.then["note"].encode()

    def edit(self, edit: Edit) -> int | None:
        with past_insistence(self.world.house, keys=False) as db:
            return edit(Held(self.world, db, self.then, self.note))

    def look(self) -> None:
        house = self.world.house
        try:
            lets_grow = open_sequencer(house.engine, house.vault, house.settings)
        except (UnsafeDatabase, UnsafeKey) as refused:
            self.said["start"] = str(refused)
        else:
            try:
                lets_grow.drain()
            except BadTile as damaged:
                self.said["grow"] = str(damaged)
            if lets_grow.unvouched:
                self.said["grow"] = f"{lets_grow.unvouched} events are not the application's"
            self.judged("state", state_judged, house, self.folder / "state")
        log = self.folder / "log"
        self.judged("log", log_judged, house, log)
        if (log / "keys").exists():
            self.judged("sink", verify.main, ["sink", str(self.seen), *named(log)])

    def judged(self, check: str, judge: Any, *given: Any) -> None:
        try:
            code = judge(*given)
        except (BadTile, FileNotFoundError) as nothing:  # there is nothing that could be given away
            self.said[check] = str(nothing)
            return
        said = self.capsys.readouterr().out
        if code:
            self.said[check] = said


@pytest.fixture
def drill(worlds: Worlds, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Drill]:
    with worlds.copy("logged", tmp_path) as world:
        capsys.readouterr()
        yield Drill(world, tmp_path, capsys)


@pytest.mark.turns
@pytest.mark.parametrize("name", EDITS)
def test_each_edit_is_found(drill: Drill, name: str) -> None:
    check, edit = EDITS[name]
    index = drill.edit(edit)
    drill.look()
    assert check in drill.said, drill.said
    if index is not None:
        assert NAMED.findall(drill.said["log"])[:1] == [str(index)], drill.said
    if check == "state":
        assert re.search(r"first bad index \d+|of no event", drill.said["state"]), drill.said


def test_where_nothing_was_edited_nothing_is_found(drill: Drill) -> None:
    drill.edit(lambda _: None)
    drill.look()
    assert drill.said == {}


# --- nobody touches it ----------------------------------------------------------------------------


class History:
    """What a few of the staff might do in a day, at random, and the log grows now and then."""

    def __init__(self, world: World, chance: Random) -> None:
        self.world, self.chance = world, chance
        house = world.house
        self.lets_grow = open_sequencer(house.engine, house.vault, house.settings)
        self.cases = [new_case(world, team=())]
        self.ways = (self.note, self.note, self.look, self.look, self.refused, self.list, self.name)

    def go_on(self) -> None:
        for _ in range(self.chance.randint(1, 12)):
            self.chance.choice(self.ways)()
            if self.chance.random() < 0.3:
                self.lets_grow.sequencing.batch(most=self.chance.randint(1, 300))

    def note(self) -> None:
        kind = self.chance.choice(("social_work", "unheard-of"))
        body = {"kind": kind, "occurred_on": str(today()), "text": "запись"}
        self.case.post("social_worker", "/notes", body)

    def name(self) -> None:
        path, full = f"/v1/people/{self.case.person_id}/names", f"Name {self.chance.random()}"
        self.world.as_("social_worker")("POST", path, json={"full": full, "source": "test"})

    def look(self) -> None:
        path = self.chance.choice(("", "/notes", "/history", "/team", "/access-log"))
        self.case.send(self.chance.choice(("social_worker", "supervisor")), "GET", path)

    def refused(self) -> None:
        self.case.send(self.chance.choice(("educator", "administrator")), "GET", "/notes")

    def list(self) -> None:
        if self.chance.random() < 0.1:
            self.cases.append(new_case(self.world, team=()))
        self.world.as_("social_worker")("GET", "/v1/cases?limit=5")

    @property
    def case(self) -> Any:
        return self.chance.choice(self.cases)


def no_false_alarm(worlds: Worlds, folder: Path, runs: int) -> None:
    chance = Random(23)
    for first in range(0, runs, OF_ONE):
        with worlds.copy("empty", folder / str(first)) as world:
            for role in ("social_worker", "supervisor", "educator"):
                world.hire(role)
            history, house = History(world, chance), world.house
            for number in range(first, min(first + OF_ONE, runs)):
                history.go_on()
                place = folder / f"judged-{number}"
                assert state_judged(house, place) == 0, number
                assert log_judged(house, place / "log") == 0, number
                rmtree(place)
            assert not history.lets_grow.unvouched


def test_no_false_alarm_shortly(worlds: Worlds, tmp_path: Path) -> None:
    no_false_alarm(worlds, tmp_path, SHORT)


@pytest.mark.prove
@pytest.mark.timeout(0)
def test_no_false_alarm(worlds: Worlds, tmp_path: Path) -> None:
    no_false_alarm(worlds, tmp_path, RUNS)
