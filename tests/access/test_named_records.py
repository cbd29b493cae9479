"""A record that somebody may not see is named in vain, whatever else is right about the request.

With a body that fits, on a file that they see: the answer is that of an id which nobody has.
"""

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests.access.cells.addresses import NOWHERE, address, named_record
from tests.access.cells.expecting import Cell, Judge
from tests.access.cells.operations import OPERATIONS, Operation
from tests.access.cells.people import Who
from tests.access.cells.scene import File, Row, Scene
from tests.access.cells.staging import staged
from tests.access.test_sealing import bytes_of
from tests.architecture.test_routes import application
from tests.worlds import Worlds

# Who see the file, may do this on it and do not see the record: of each operation and class.
FEW, ALL = 4, 10_000
TAG = {"If-Match": '"1"'}
NAMING = [one for one in OPERATIONS if one.writes and one.of_a_file and len(one.names) > 1]


class Bodies:
    """The least that each operation takes, by its own description."""

    def __init__(self, scene: Scene) -> None:
        self.whole = application(scene.world).openapi()

    def of(self, operation: Operation) -> dict[str, Any]:
        described = self.whole["paths"][operation.path][operation.method.lower()]
        if "requestBody" not in described:
            return {}
        content = described["requestBody"]["content"]["application/json"]
        return {"json": self.least(content["schema"])}

    def least(self, schema: Any) -> Any:
        if "$ref" in schema:
            return self.least(self.resolved(schema["$ref"]))
        for way in ("oneOf", "anyOf"):
            if way in schema:
                return self.least(schema[way][0])
        if "const" in schema or "enum" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        kind = schema.get("type", "object")
        if kind == "object":
            named = schema.get("required", [*schema.get("properties", {})][:1])
            return {one: self.least(schema["properties"][one]) for one in named}
        if kind == "array":
            return [self.least(schema["items"]) for _ in range(schema.get("minItems", 0))]
        if kind in ("integer", "number"):
            return schema.get("minimum", 1)
        return True if kind == "boolean" else self.text(schema)

    @staticmethod
    def text(schema: Any) -> str:
        of_format = {"date": "2026-01-05", "date-time": "2026-01-05T10:00:00Z", "uuid": NOWHERE}
        return of_format.get(schema.get("format", ""), "word")

    def resolved(self, reference: str) -> Any:
        found = self.whole
        for name in reference.removeprefix("#/").split("/"):
            found = found[name]
        return found


def hidden(scene: Scene) -> Iterator[tuple[Operation, File, Row, list[Who]]]:
    """Each record that a path can name, one of each class, and who sees its file and not it."""
    judge = Judge(scene)
    for operation in NAMING:
        record = named_record(operation)
        for file in scene.files:
            rows = [one for one in judge.rows(record) if file in judge.about(one)]
            for row in {one.record_class: one for one in rows}.values():
                unseen = [
                    who
                    for who in scene.people.values()
                    if judge.sees(who, row) is None
                    and judge.knows(who, file, operation)
                    and judge.opens(who, file, operation)
                ]
                if unseen:
                    yield operation, file, row, unseen


def told(scene: Scene, most: int) -> tuple[list[str], int]:
    """The differences, and how often it was the record that was not there."""
    bodies, found, absent = Bodies(scene), list[str](), 0
    for turn, (operation, file, row, unseen) in enumerate(hidden(scene)):
        step = max(1, len(unseen) // most)
        more = bodies.of(operation)
        for who in islice(unseen, turn % step, None, step):
            path = address(Cell(operation, who, file, row), scene)
            here = who.send(operation.method, path, headers=TAG, **more)
            there = who.send(operation.method, path.replace(row.id, NOWHERE), headers=TAG, **more)
            absent += here.status_code == 404
            if bytes_of(here, row.id) != bytes_of(there, NOWHERE):
                name = f"{operation.method} {operation.path} of {row.record_class} as {who}"
                found.append(f"{name}: {here.status_code} {here.text[:150]} / {there.text[:100]}")
    return found, absent


@pytest.fixture
def scene(worlds: Worlds, tmp_path: Path) -> Iterator[Scene]:
    with staged(worlds, tmp_path / "worlds") as scene:
        scene.become(False, "given")
        yield scene


def test_a_record_that_is_hidden_is_named_in_vain(scene: Scene) -> None:
    found, absent = told(scene, FEW)
    assert not found, "\n".join([f"{len(found)} differences", *found[:30]])
    assert absent > 300
    assert len(NAMING) > 35


@pytest.mark.prove
def test_it_is_so_to_everybody(scene: Scene) -> None:
    found, absent = told(scene, ALL)
    assert not found, "\n".join([f"{len(found)} differences", *found[:30]])
    sys.stderr.write(f"{scene.world.engine}: {absent} hidden records named, 0 told apart\n")


def test_its_bodies_fit(scene: Scene) -> None:
    """Else the least of them would be what the answers are about."""
    bodies, judge = Bodies(scene), Judge(scene)
    for operation in NAMING:
        row = next(one for one in judge.rows(named_record(operation)) if judge.about(one))
        file = judge.about(row)[0]
        who = next(one for one in scene.people.values() if judge.opens(one, file, operation))
        path = address(Cell(operation, who, file, row), scene)
        answer = who.send(operation.method, path, headers=TAG, **bodies.of(operation))
        if answer.status_code == 422:
            codes = {one["code"] for one in answer.json()["errors"]}
            assert not codes & {"missing", "extra-forbidden", "model-type"}, answer.text
