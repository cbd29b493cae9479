"""For every route that reads: who is answered, and with the most."""

from collections.abc import Iterator

from app.safeguards.audit.sequencer import open_sequencer
from tests.access.cells.addresses import address, variants
from tests.access.cells.expecting import Cell, Judge
from tests.access.cells.operations import OPERATIONS, Operation
from tests.access.cells.people import Who
from tests.access.cells.scene import Scene


def reads(scene: Scene, names: set[str]) -> dict[str, tuple[Who, str]]:
    """Of these routes; those of which nobody is answered are not there."""
    house, judge = scene.world.house, Judge(scene)
    open_sequencer(house.engine, house.vault, house.settings).drain()
    auditor = scene.who("auditor", "none")
    (first,) = auditor.send("GET", "/v1/audit/events?limit=1").json()["items"]
    scene.ids["event_id"] = first["id"]
    found = {}
    for operation in OPERATIONS:
        if operation.name not in names:
            continue
        for _, cell in sorted(cells(scene, judge, operation), key=lambda one: -one[0]):
            path = address(cell, scene)
            if cell.who.send("GET", path).status_code == 200:
                found[operation.name] = cell.who, path
                break
    return found


def cells(scene: Scene, judge: Judge, operation: Operation) -> Iterator[tuple[int, Cell]]:
    """How many rows each would be shown, as far as that is known."""
    for who in scene.people.values():
        for row in variants(operation, judge, scene.files[0]):
            cell = Cell(operation, who, scene.files[0], row)
            yield len(judge.expects(cell).forms or ()), cell
