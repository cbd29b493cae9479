"""What happens that a reader may not see: the next world differs from the last one by it alone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

from app.core.values import new_id
from tests.access.cells.expecting import Judge
from tests.access.cells.operations import OPERATIONS
from tests.access.cells.people import BROKEN, Who, signed_in
from tests.access.cells.rights import DPO, RIGHTS
from tests.access.cells.scene import ORDER, WHY, File, Row, Scene
from tests.access.cells.writes import WRITES, Write
from tests.making import today

ONCE = ("/seal", "/team")  # can be done once, or is there already
NOTE = {"kind": "social_work", "occurred_on": str(today()), "text": "what nobody here may read"}
# The lead, the supervisors of the unit and the data protection officers are told.
TOLD = dict.fromkeys(("disclosure", "break_glass"), ("social_worker", "supervisor", DPO))
# Of an alert those of its discipline in the unit of the case, on the team or not.
ON_DUTY = {
    "alert_safety": ("psychologist", "supervisor"),
    "alert_safeguarding": ("child_protection_officer",),
    "alert_visit": ("supervisor",),
    "alert_medical": ("health_worker",),
    "alert_detention": ("legal_officer",),
}
OVERSEERS = ("coordinator", "auditor", DPO)  # declare their own alone
RARELY = 4  # of a hundred happenings, each that is no single write
Request = tuple[str, str]  # method and path
EVERYWHERE, HERE = ("any",), ("any", "jurisdiction")


@dataclass(frozen=True)
class Happening:
    """With what the reader asks about it before and after, beside all else."""

    name: str
    happen: Callable[[], None]
    file: File | None = None  # on which it happens, if on one of the scene's
    asked: tuple[Request, ...] = ()
    on_trail: tuple[str, ...] = HERE  # by which reach of the trail it is told there


class Happenings:
    """Drawn at random, and the same in each run of the same seed."""

    def __init__(self, scene: Scene, seed: str) -> None:
        self.scene, self.judge, self.draw = scene, Judge(scene), Random(seed)
        self.writes = [
            (write, who, file, name)
            for write in WRITES
            if not write.path.endswith(ONCE)
            for who in scene.people.values()
            for file in scene.files
            if (name := write.made_in(self.judge, who, file)) and not self.judge.absent(who, file)
        ]
        breaking = [one for one in scene.people.values() if one.relation == "glass"]
        self.glasses = [(one, file) for one in breaking for file in scene.files]
        # Of colleagues who have left both teams.
        left = [one for one in scene.people.values() if one.relation == "left"]
        self.conflicts = [
            (one, file) for one in left if one.role not in OVERSEERS for file in scene.files
        ]
        self.draw.shuffle(self.conflicts)

    def hidden_from(self, reader: Who) -> Iterator[Happening]:
        """Without end."""
        writes = [one for one in self.writes if self.hides(reader, *one)]
        conflicts = [one for one in self.conflicts if one[0].role != reader.role]
        if self.told_of_conflicts(reader):
            conflicts = []
        glasses = [one for one in self.glasses if self.hides_glass(reader, *one)]
        while True:
            rare = [self.sealed]
            if reader.here or reader.unit is None:
                rare.append(self.abroad)
            if conflicts:
                rare.append(lambda: self.conflict(*conflicts.pop()))
            if glasses:
                rare.append(lambda: self.glass(*self.draw.choice(glasses)))
            if self.draw.randrange(100) < RARELY * len(rare) or not writes:
                yield self.draw.choice(rare)()
            else:
                yield self.written(*self.draw.choice(writes))

    # --- a record of a class that is not for them ---------------------------------------------

    def hides(self, reader: Who, write: Write, who: Who, file: File, name: str) -> bool:
        of = file.case_id if write.operation.scope == "case" else file.person_id
        said = {**write.body(self.scene, file), **by(who)}  # as by whom a task is to be done
        return self.unseen(reader, who, Row(write.operation.record, "", name, of, said))

    def unseen(self, reader: Who, who: Who, row: Row) -> bool:
        told = reader.here and reader.role in TOLD.get(row.record, ())
        on_duty = reader.unit == "north" and reader.relation != "kin"
        told = told or (on_duty and reader.role in ON_DUTY.get(row.record_class, ()))
        return who is not reader and not told and self.judge.sees(reader, row) is None

    def written(self, write: Write, who: Who, file: File, name: str) -> Happening:
        given = {"id": str(new_id()), **write.body(self.scene, file)}
        path = write.operation.path.format(case_id=file.case_id, person_id=file.person_id)

        def happen() -> None:
            answer = who.send("POST", path, json=given)
            assert answer.status_code == 201, f"{write} as {who}: {answer.text}"

        asked: list[Request] = [("POST", path)]
        if write.operation.path in READ_BY_ID:
            asked.append(("GET", f"{path}/{given['id']}"))
        return Happening(
            f"{write} of {name} on the {file.name} by {who}", happen, file, tuple(asked)
        )

    def hides_glass(self, reader: Who, who: Who, file: File) -> bool:
        row = Row("break_glass", "", "break_glass", file.case_id, by(who))
        return self.unseen(reader, who, row)

    def glass(self, who: Who, file: File) -> Happening:
        """Broken once more by who has just signed in; the one before is ended."""
        path = f"/v1/cases/{file.case_id}/break-glass"
        body = {"record_class": BROKEN[who.role], "reason_code": "danger_to_life", "text": "again"}

        def happen() -> None:
            place = (who.role, who.relation)
            send = signed_in(self.scene.world, {place: UUID(who.id)})[place].send
            for one in send("GET", f"{path}?limit=200").json()["items"]:
                if one["author_id"] == who.id and one["ended_at"] is None:
                    assert send("POST", f"{path}/{one['id']}/end").status_code == 200
            answer = send("POST", path, json=body)
            assert answer.status_code == 201, f"{who} breaks glass: {answer.text}"

        return Happening(f"glass of the {file.name} broken by {who}", happen, file)

    # --- what takes more than one -------------------------------------------------------------

    def opened(self, worker: tuple[str, str], programme: str) -> str:
        """A person, their case and a note in it; the path of the case."""
        name = {"full": "Далёкая Проба", "script": "Cyrl", "source": "test"}
        body = {"names": [name], "birth": {"value": "1990"}}
        person = self.scene.done(worker, "/people", body)
        given = {"person_id": person["id"], "programme": programme}
        path = f"/cases/{self.scene.done(worker, '/cases', given)['id']}"
        self.scene.done(worker, f"{path}/notes", NOTE)
        return path

    def abroad(self) -> Happening:
        def happen() -> None:
            self.opened(("social_worker", "abroad"), "cedar")

        return Happening("a case abroad", happen, on_trail=EVERYWHERE)

    def sealed(self) -> Happening:
        """A case that two people seal at once."""

        def happen() -> None:
            path = f"{self.opened(('social_worker', 'author'), 'alder')}/seal"
            order = {**ORDER, "ground": "juvenile_justice"}
            made = self.scene.done(("supervisor", "unit"), path, order)
            self.scene.done(("coordinator", "none"), f"{path}/{made['id']}/approve", WHY)

        return Happening("a sealed case", happen, on_trail=())

    def told_of_conflicts(self, reader: Who) -> bool:
        ways = RIGHTS["interest"].get(reader.role, {})
        return reader.here and (
            "jurisdiction" in ways or ("unit" in ways and reader.unit == "east")
        )

    def conflict(self, known: Who, file: File) -> Happening:
        kin = {"person_id": file.person_id, "relation": "neighbour", **WHY}

        def happen() -> None:
            self.conflicts.remove((known, file))
            self.scene.done(("coordinator", "none"), f"/users/{known.id}/conflicts", kin)

        return Happening(f"a conflict of interest of {known}", happen)


def by(who: Who) -> dict[str, Any]:
    return {"author_id": who.id}


READ_BY_ID = {
    one.path.rpartition("/")[0]
    for one in OPERATIONS
    if one.method == "GET" and one.path.endswith("_id}")
}
