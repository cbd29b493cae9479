"""The scene as a population: set once a run and engine, then copied with its world."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from uuid import UUID

from app.safeguards.guard.calls import House
from tests.access.cells.people import hired
from tests.access.cells.scene import File, Scene
from tests.worlds import POPULATIONS, Member, World, Worlds, keep_staff, populate_empty, working

SET = "scene.json"


def populate_scene(house: House, folder: Path) -> dict[tuple[str, str], Member]:
    """Everybody in every relationship to two files, and who made the first of them."""
    staff = populate_empty(house, folder)
    keep_staff(folder, staff)
    with working(house, folder) as world:
        people = hired(world)
        scene = Scene(world, people)
        scene.fill()
    told = {
        "people": [[*place, str(user)] for place, user in people.items()],
        "files": [astuple(one) for one in scene.files],
        "ids": scene.ids,
    }
    (folder / SET).write_text(json.dumps(told))
    return staff


POPULATIONS["scene"] = populate_scene


@contextmanager
def staged(worlds: Worlds, folder: Path) -> Iterator[Scene]:
    """A scene of one's own, with everybody signed in a moment ago."""
    with worlds.copy("scene", folder) as world:
        yield scene_in(world, folder)


def scene_in(world: World, folder: Path) -> Scene:
    """As this world was copied, with everybody signed in a moment ago."""
    told = json.loads((folder / SET).read_text())
    people = {(role, relation): UUID(user) for role, relation, user in told["people"]}
    scene = Scene(world, people)
    scene.files = tuple(File(*one) for one in told["files"])
    scene.ids, scene.rows = told["ids"], scene.looked_up()
    return scene
