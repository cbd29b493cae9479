"""The generated matrix: every route × role × relationship × sealed or open × consent.

What each cell must meet is worked out by hand (`cells/expecting.py`); status, fields, rows of lists
and the event of the trail are asserted. In pairs here, all of them in the long proofs.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest

from tests.access.cells.addresses import variants
from tests.access.cells.allowed import wrong
from tests.access.cells.asking import Asking
from tests.access.cells.expecting import Cell
from tests.access.cells.operations import OPERATIONS, Operation
from tests.access.cells.pairs import pairwise
from tests.access.cells.people import RELATIONS, Who, places
from tests.access.cells.rights import RIGHTS, ROLES
from tests.access.cells.scene import File, Scene
from tests.access.cells.staging import staged
from tests.access.cells.writes import WRITES
from tests.architecture.test_routes import application, walked
from tests.conftest import ENGINES, World
from tests.worlds import Worlds

STATES = [(False, "none"), (True, "none"), (False, "given"), (True, "given")]
STATES += [(False, "withdrawn"), (True, "withdrawn")]
OPEN, FULL, FILES = STATES[0], STATES[2], ("adult", "child")
SEALED_OR_NOT = STATES[:2]  # what is about no case may name one, and consent decides nothing there
# For what is about no case: these relationships to the unit, the country and oneself are enough.
AROUND = ("none", "unit", "abroad", "team", "kin", "cover", "line", "agreement")
SHOWN_AT_MOST = 20


def spelled(state: tuple[bool, str]) -> str:
    sealed, consent = state
    return f"{'sealed' if sealed else 'open'}, consent {consent}"


def told(asking: Asking) -> str:
    wrong = asking.mismatches
    return "\n".join([f"{len(wrong)} mismatches in {asking.count} cells", *wrong[:SHOWN_AT_MOST]])


def test_every_operation_has_its_line(world: World) -> None:
    """By name, whichever is missing on either side; with the action that it takes."""
    routed = {
        f"{method} {path}": door.mark.action
        for method, path, door, _ in walked(application(world))
        if door
    }
    assert {one.name: one.action for one in OPERATIONS} == routed
    assert len(OPERATIONS) == len({one.name for one in OPERATIONS})


def test_every_pair_that_can_meet_does() -> None:
    axes: dict[str, list[Any]] = {"one": [1, 2, 3], "two": ["x", "y", "z"], "three": [True, False]}

    def possible(one: Any, two: Any, three: Any) -> bool:
        return (one, two) != (1, "x") and (two, three) != ("z", True)

    met = pairwise(axes, possible, [(3, "y", True)])
    assert met[0] == (3, "y", True)
    assert all(possible(*each) for each in met)
    every_one = [each for each in product(*axes.values()) if possible(*each)]
    for left, right in combinations(range(3), 2):
        assert {(one[left], one[right]) for one in met} == {
            (one[left], one[right]) for one in every_one
        }
    assert len(met) < len(every_one)


def near(role: str) -> Iterator[str]:
    """The relationships by which a role reaches most: as who cares, and as who prosecutes."""
    if role in ("supervisor", "centre_manager"):
        yield "unit"
        return
    yield next(one for one in ("author", "team", "none") if role in RELATIONS[one][1])
    yield from (one for one in ("docket", "condition", "agreement") if role in RELATIONS[one][1])


# Who stands in the relationship, among those around what is about no case.
IN_WHICH = {"unit": ("unit",), "line": ("line",), "self": ("cover", "agreement")}


def around(operation: Operation, role: str) -> list[str]:
    """Where a role would be told more, if it reached further, and where by what it holds."""
    (name,) = operation.classes
    ways = RIGHTS.get(name, {}).get(role, {})
    wanted = ["none", "abroad", *(one for way in ways for one in IN_WHICH.get(way, ()))]
    if operation.record in ("event", "interest"):  # which may name who is closed to the reader
        wanted.append("kin")
    return [one for one in wanted if ways and role in RELATIONS[one][1]]


@cache
def chosen() -> list[tuple[Any, ...]]:
    """Engines are an axis, too: each takes its part, and every pair is met on one of them."""
    axes: dict[str, Sequence[Any]] = {
        "operation": OPERATIONS,
        "role": ROLES,
        "relation": [*RELATIONS],
        "state": STATES,
        "file": FILES,
        "engine": ENGINES,
    }

    def possible(operation: Any, role: Any, relation: Any, state: Any, file: Any, **_: Any) -> bool:
        if role is not None and relation is not None and role not in RELATIONS[relation][1]:
            return False
        if operation is None:
            return True
        if operation.of_a_file:
            return file != "child" or not operation.of_adults
        here = relation in (None, *AROUND) and file in (None, FILES[0])
        return here and state in (None, *SEALED_OR_NOT)

    turns = [*product(FILES, ENGINES)]
    # Where most is shown: each by the role in its place.
    reads = [one for one in OPERATIONS if one.of_a_file and not one.writes]
    first = [
        (operation, role, relation, FULL, *turns[(place + number) % len(turns)])
        for place, operation in enumerate(reads)
        for number, role in enumerate(ROLES)
        for relation in near(role)
    ]
    # What shows whom a relationship opens: by everybody; where consent decides, in each state.
    lists = [one for one in reads if one.path in ("/v1/cases", "/v1/people")]
    for number, (role, relation) in enumerate(places()):
        some = [(FULL, *turns[number % len(turns)])]
        if role == "partner":
            some = [(state, FILES[0], engine) for state in STATES for engine in ENGINES]
        first += [(operation, role, relation, *one) for operation in lists for one in some]
    of_none = [one for one in OPERATIONS if one.answer in ("all", "events") and not one.of_a_file]
    first += [
        (operation, role, relation, OPEN, FILES[0], ENGINES[(place + number) % len(ENGINES)])
        for place, operation in enumerate(of_none)
        for number, role in enumerate(ROLES)
        for relation in around(operation, role)
    ]
    return pairwise(axes, possible, dict.fromkeys(one for one in first if possible(*one[:-1])))


def in_order(scene: Scene, wanted: list[tuple[Any, ...]]) -> Asking:
    """State after state; of several records that a path could name, another one each time."""
    asking, turns = Asking(scene), Counter[str]()
    files = {one.name: one for one in scene.files}

    def cell(operation: Any, role: str, relation: str, file: str) -> Cell:
        rows = variants(operation, asking.judge, files[file])
        turns[operation.name] += 1
        row = rows[turns[operation.name] % len(rows)]
        return Cell(operation, scene.who(role, relation), files[file], row)

    for state in STATES:
        scene.become(*state)
        asking.ask(
            cell(operation, role, relation, file)
            for operation, role, relation, at, file, _ in wanted
            if at == state
        )
    return asking


@pytest.fixture(scope="module")
def scene(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with staged(worlds, tmp_path_factory.mktemp("cells")) as scene:
        yield scene


def test_pairs_of_all_axes(scene: Scene) -> None:
    mine = [one for one in chosen() if one[-1] == scene.world.engine]
    asking = in_order(scene, mine)
    assert not asking.mismatches, told(asking)


def misled(scene: Scene, people: Iterable[tuple[Who, File]]) -> Iterator[str]:
    """Whoever is told of their permissions on a case otherwise than the matrix has it."""
    judge = Asking(scene).judge
    for who, file in people:
        answer = who.send("GET", f"/v1/me/permissions?case_id={file.case_id}")
        for fault in wrong(judge, who, file, answer.status_code, answer.json()):
            yield f"{who} of the {file.name}: {fault}"


def test_what_somebody_is_told_they_may_is_what_the_matrix_gives(scene: Scene) -> None:
    """Each on one file of the two, and all of them where it is sealed."""
    mine, people = ENGINES.index(scene.world.engine), [*scene.people.values()]
    for sealed in (False, True):
        scene.become(sealed, scene.consent)
        some = [(who, scene.files[(n + mine) % 2]) for n, who in enumerate(people)]
        faults = [*misled(scene, some)]
        assert not faults, "\n".join([f"{len(faults)} faults", *faults[:SHOWN_AT_MOST]])


def test_what_is_written_is_of_a_class_of_its_author(scene: Scene) -> None:
    """Bodies that fit, by every role in its place: a door opens by any class, a row by its own."""
    scene.become(False, scene.consent)
    asking, mine = Asking(scene), ENGINES.index(scene.world.engine)
    asking.write(
        (write, scene.who(role, relation), scene.files[(place + number) // 2 % 2])
        for place, role in enumerate(ROLES)
        for relation in near(role)
        for number, write in enumerate(WRITES)
        if (place + number) % 2 == mine
    )
    assert not asking.mismatches, told(asking)


def every(asking: Asking) -> Iterator[Cell]:
    """Whatever can be asked in one state: where most is shown, of both files and each class of
    record; in the other states, of one of them in turn."""
    scene, people = asking.scene, asking.scene.people.values()
    state = (scene.sealed, scene.consent)
    for number, operation in enumerate(OPERATIONS, STATES.index(state)):
        if not operation.of_a_file:
            if state in SEALED_OR_NOT:
                yield from (Cell(operation, who, scene.files[0]) for who in people)
            continue
        named = [
            (file, row) for file in scene.files for row in variants(operation, asking.judge, file)
        ]
        for place, who in enumerate(people, number):
            some = named if state == FULL else [named[place % len(named)]]
            yield from (Cell(operation, who, file, row) for file, row in some)


@pytest.fixture
def asking(worlds: Worlds, tmp_path: Path) -> Iterator[Asking]:
    """In a scene of its own, so that several processes can take a state each."""
    with staged(worlds, tmp_path / "cells") as scene:
        yield Asking(scene)


def led_to(asking: Asking, state: tuple[bool, str]) -> None:
    for one in STATES[: STATES.index(state) + 1]:
        asking.scene.become(*one)


def proven(asking: Asking, of: str) -> None:
    engine, wrong = asking.scene.world.engine, len(asking.mismatches)
    sys.stderr.write(f"{engine}, {of}: {asking.count} cells, {wrong} mismatches\n")
    assert not asking.mismatches, told(asking)


@pytest.mark.prove
@pytest.mark.parametrize("state", STATES, ids=spelled)
def test_all_cells(asking: Asking, state: tuple[bool, str]) -> None:
    led_to(asking, state)
    asking.ask(every(asking))
    proven(asking, spelled(state))


@pytest.mark.prove
def test_all_writes(asking: Asking) -> None:
    led_to(asking, (False, "withdrawn"))
    asking.write(product(WRITES, asking.scene.people.values(), asking.scene.files))
    proven(asking, "writes")
