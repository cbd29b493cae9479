"""Every role by every right and relationship, at the routes of the probes.

Not collected with the others: `tests/access/test_probes.py` runs it in a process of its own.
"""

from collections.abc import Iterable, Iterator
from typing import TypeVar

import pytest

from app.cli import migrating
from app.core.db import Base
from app.core.engine import open_engine
from app.core.settings import Settings
from app.core.transactions import transaction
from app.safeguards.guard.second_wall import BEYOND
from tests.access.cells.addresses import address, variants
from tests.access.cells.asking import Asking
from tests.access.cells.expecting import Cell, Judge
from tests.access.cells.operations import CLASSES, OPERATIONS, Operation
from tests.access.cells.people import Who
from tests.access.cells.rights import IN_SUMMARY, ROLES, has
from tests.access.cells.scene import FIELDS, SHARED, TABLES, File, Scene, disclosing
from tests.access.cells.shapes import KEPT, SHAPES, SHORT
from tests.access.cells.staging import staged
from tests.access.cells.writes import BY_NAME, Write, fixed
from tests.access.probe.kinds import NAMES, shown_in_summary
from tests.access.test_cells import near, told
from tests.conftest import ENGINES
from tests.worlds import Worlds

T = TypeVar("T")
TEXT = {"text": "what was seen"}
WRITERS = {
    "referral": ("social_worker", "author"),
    "conference": ("social_worker", "author"),
    "statistics": ("statistician", "none"),
}
# Where content would show beside the probe's own routes.
PAST = [one for one in OPERATIONS if one.answer in ("timeline", "history")]
OWN: list[Operation] = []
WRITES: list[Write] = []


def declare(name: str) -> None:
    """To the matrix, as the operations of the application are."""
    record, path = f"probe_{name}", f"/v1/cases/{{case_id}}/probes-of-{name}"
    CLASSES[record], TABLES[record] = name, (f"probes_of_{name}", "case_id")
    SHAPES[record] = frozenset(f"{KEPT} text seen author_id".split())
    SHORT[record], FIELDS[record] = frozenset({"id", "seen"}), "text"
    IN_SUMMARY[record] = {name: tuple(shown_in_summary(name))}
    mine = [
        Operation("GET", path, f"{record}.read", "R", "all"),
        Operation("POST", path, f"{record}.add", "C"),
        Operation("GET", f"{path}/{{probe_id}}", f"{record}.read", "R", "one"),
        Operation("POST", f"{path}/{{probe_id}}/amend", f"{record}.amend", "U"),
        Operation("POST", f"{path}/{{probe_id}}/approve", f"{record}.approve", "A"),
    ]
    OWN.extend(mine)
    BY_NAME.update({one.name: one for one in mine})
    WRITES.append(Write(path.removeprefix("/v1"), (name,), fixed(**TEXT)))


for _name in NAMES:
    declare(_name)
SHARED += ["referral", "statistics"]  # a partner has them by agreement


def migrated(settings: Settings) -> None:
    """With the tables of the probes, their walls, and the rights of the application on them."""
    migrating.migrate(settings)
    address = settings.migration_url or settings.database_url
    engine = open_engine(address, settings.database_key_file, owner=True)
    with transaction(engine, BEYOND) as db:
        Base.metadata.create_all(db)
    engine.dispose()
    migrating.migrate(settings)


@pytest.fixture(scope="module")
def scene(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tests.worlds.migrate", migrated)
        with staged(worlds, tmp_path_factory.mktemp("probes")) as scene:
            for name, by in WRITERS.items():
                for file in scene.files:
                    scene.done(by, f"/cases/{file.case_id}/probes-of-{name}", TEXT)
            scene.become(False, "given")
            yield scene


def in_place() -> list[tuple[str, str]]:
    """The relationships by which each role reaches most."""
    return [(role, relation) for role in ROLES for relation in near(role)]


def mine(scene: Scene, everybody: Iterable[T]) -> list[tuple[int, T]]:
    """Engines take turns: every other one, and where they stand among all."""
    turn = ENGINES.index(scene.world.engine)
    return [(n, one) for n, one in enumerate(everybody) if n % len(ENGINES) == turn]


def some(asking: Asking) -> Iterator[Cell]:
    """Everybody by each of the probe's own operations; in their place, by those of the past too."""
    usual, scene = in_place(), asking.scene
    for number, (place, who) in mine(scene, scene.people.items()):
        every = (*OWN, *PAST) if place in usual else OWN
        yield from about(asking, who, scene.files[number // 2 % 2], every)


def about(
    asking: Asking, who: Who, file: File, operations: Iterable[Operation] = (*OWN, *PAST)
) -> Iterator[Cell]:
    for one in operations:
        for row in variants(one, asking.judge, file):
            yield Cell(one, who, file, row)


def test_every_right_of_every_role(scene: Scene) -> None:
    """R, S, C, U and A."""
    asking = Asking(scene)
    asking.ask(some(asking))
    assert not asking.mismatches, told(asking)


def test_what_is_created_is_of_the_class(scene: Scene) -> None:
    asking = Asking(scene)
    asking.write(
        (write, scene.who(*place), scene.files[number % 2])
        for number, place in enumerate(in_place())
        for write in WRITES
    )
    assert not asking.mismatches, told(asking)
    assert {name for name in NAMES if len(scene.looked_up()[f"probe_{name}"]) > 2} == set(NAMES)


def test_what_is_changed_and_approved(scene: Scene) -> None:
    """U and A, with bodies that fit: who is let in does it."""
    judge, wrong, done = Judge(scene), [], set[str]()
    for number, place in enumerate(in_place()):
        who, file = scene.who(*place), scene.files[number % 2]
        for operation in (one for one in OWN if one.writes and len(one.names) > 1):
            (row,) = variants(operation, judge, file)
            cell = Cell(operation, who, file, row)
            expected = judge.expects(cell).status
            answer = who.send("POST", address(cell, scene), json=TEXT)
            if answer.status_code != (200 if expected == 422 else expected):
                wrong.append(f"{cell}: {answer.status_code} {answer.text}")
            done |= {operation.action} if answer.is_success else set()
    assert not wrong, "\n".join(wrong)
    assert done == {"probe_referral.amend", "probe_conference.amend", "probe_conference.approve"}


def test_what_is_sealed_is_there_for_nobody(scene: Scene) -> None:
    scene.become(True, "given")
    asking = Asking(scene)
    asking.ask(
        one
        for _, place in mine(scene, in_place())
        for one in about(asking, scene.who(*place), scene.files[0])
    )
    scene.become(False, "given")
    assert not asking.mismatches, told(asking)


@pytest.mark.prove
@pytest.mark.parametrize("sealed", [False, True])
def test_all_cells(scene: Scene, sealed: bool) -> None:
    scene.become(sealed, "given")
    asking = Asking(scene)
    asking.ask(
        one
        for who in scene.people.values()
        for file in scene.files
        for one in about(asking, who, file)
    )
    scene.become(False, "given")
    assert not asking.mismatches, told(asking)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_disclosed_to_whom_the_matrix_says(scene: Scene, name: str) -> None:
    """Q: a recipient on the staff, of a role to which the class is disclosed."""
    file, asking = scene.files[0], scene.who("supervisor", "unit")
    row = next(one for one in scene.rows[f"probe_{name}"] if one.file_id == file.case_id)
    for role in ROLES:
        if role in ("administrator", "partner", "supervisor"):
            continue  # nobody of this country's staff, and who asks
        body = disclosing(row.record, row.id) | {"recipient_id": scene.who(role, "none").id}
        answer = asking.send("POST", f"/v1/cases/{file.case_id}/disclosures", json=body)
        assert answer.status_code == (201 if has(role, name, "Q") else 422), (role, answer.text)


@pytest.mark.parametrize("name", NAMES)
def test_its_glass_is_broken_by_whom_the_matrix_says(scene: Scene, name: str) -> None:
    """B: and so by nobody, for none of these classes has it."""
    assert not any(has(role, name, "B") for role in ROLES)
    glass = {"record_class": name, "reason_code": "danger_to_life", "text": "at once"}
    path = f"/v1/cases/{scene.files[0].case_id}/break-glass"
    asking = [*(scene.who(*place) for place in in_place()), *breaking(scene)]
    assert {who.send("POST", path, json=glass).status_code for who in asking} <= {403, 404, 422}


def breaking(scene: Scene) -> list[Who]:
    """Who may break the glass of another class."""
    return [who for who in scene.people.values() if who.relation == "glass"]
