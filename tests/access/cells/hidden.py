"""What is there and hidden, for who names it: sealed, abroad, of a class that they have not."""

from typing import Any

from tests.access.cells.expecting import Judge
from tests.access.cells.fields import FIELDS
from tests.access.cells.people import Who
from tests.access.cells.rights import DPO, has
from tests.access.cells.scene import ORDER, WHY, Row, Scene, disclosing
from tests.casework.judgements.judging import body as judged


class Hidden:
    """Ids of what is there, by record: sealed, abroad, or of a class that somebody has not."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.adult, self.child = scene.files
        self.draft()
        self.judge = Judge(scene)
        self.abroad()
        self.seal()
        scene.rows = scene.looked_up()
        self.ids = {
            **{name: scene.ids.get(name, "") for name in scene.ids},
            "case_id": self.adult.case_id,
            "person_id": self.adult.person_id,
            "household_id": scene.rows["household"][0].id,
            "user_id": scene.who("social_worker", "unit").id,
        }
        for record in ("task", "condition", "proceeding", "disclosure"):
            self.ids[f"{record}_id"] = self.of_adult(record)

    def of_adult(self, record: str) -> str:
        """One that whoever names something on it reaches."""
        rows = [one for one in self.scene.rows[record] if one.file_id == self.adult.case_id]
        wanted = {"task": "plan", "condition": "justice", "proceeding": "docket"}
        chosen = [one for one in rows if one.record_class == wanted.get(record, record)]
        return chosen[-1 if record == "disclosure" else 0].id

    def draft(self) -> None:
        """Of a judgement, which is its author's alone; and a disclosure that waits."""
        path = f"/cases/{self.adult.case_id}"
        cover = ("security_assessor", "cover")
        self.scene.certified(cover)
        self.scene.done(cover, f"{path}/judgements", judged())
        contact = next(
            one.id for one in self.scene.rows["contact"] if one.file_id == self.adult.person_id
        )
        self.scene.done(
            ("social_worker", "author"), f"{path}/disclosures", disclosing("contact", contact)
        )

    def abroad(self) -> None:
        """What the other country has of each kind that is of a country."""
        worker, clerk = ("social_worker", "abroad"), ("coordinator", "abroad")
        done = self.scene.done
        person = done(worker, "/people", {"names": [{"full": "Далёкая", "source": "test"}]})["id"]
        case = done(worker, "/cases", {"person_id": person, "programme": "cedar"})["id"]
        self.far = {case, person}
        self.far.add(done(worker, "/households", {"members": [{"person_id": person}]})["id"])
        note = {"kind": "social_work", "occurred_on": "2026-01-02", "text": "a visit"}
        done(worker, f"/cases/{case}/notes", note)
        consent = {"scope": "treatment", "giver": "self", "language": "ru", "text": "a tooth"}
        done(
            worker, f"/cases/{case}/consents", {**consent, "basis": "public_task", "giver": "none"}
        )
        plan = {"code": "op-2", "name": "Operation Two", "programme": "cedar"}
        done(clerk, "/operations", {**plan, "arrives_on": "2026-01-02"})
        terms = next(one for one in FIELDS if one.at == "/client_id").body()
        terms["client_id"] = self.scene.who("partner", "abroad").id
        made = done(clerk, "/agreements", terms)["id"]
        done((DPO, "abroad"), f"/agreements/{made}/approve", WHY)

    def seal(self) -> None:
        """The child's file, with something of everything on it, for everybody."""
        path = f"/cases/{self.child.case_id}/seal"
        made = self.scene.done(
            ("supervisor", "unit"), path, {**ORDER, "ground": "juvenile_justice"}
        )
        self.scene.done(("coordinator", "none"), f"{path}/{made['id']}/approve", WHY)

    def to(self, who: Who, record: str, but: str = "") -> list[str]:
        """One of each reason and class, of those that this person does not see.

        `but`: of no class of which their role has these letters.
        """
        found: dict[Any, str] = {}
        for row in self.scene.rows[record]:
            why = self.why(who, row)
            if why and not (why == "class" and has(who.role, row.record_class, but)):
                found.setdefault((why, row.record_class), row.id)
        return list(found.values())

    def why(self, who: Who, row: Row) -> str | None:
        if row.record in ("user", "unit", "operation", "agreement"):
            return "abroad" if self.elsewhere(row) and who.here else None
        mine, child = {self.adult.case_id, self.adult.person_id}, self.child
        if row.file_id in (child.case_id, child.person_id):
            # Who lifts seals is told of them, and erases what is sealed.
            return "sealed" if not has(who.role, "sealing", "U") else None
        if row.file_id not in mine:
            return "abroad" if row.file_id in self.far else None
        if row.record in ("case", "person"):
            return "barred" if self.judge.absent(who, self.adult) else None
        draft = row.record == "judgement" and row.values["status"] == "draft"
        if draft:
            return None if row.author == who.id else "draft"
        return None if self.judge.sees(who, row) else "class"

    def elsewhere(self, row: Row) -> bool:
        """Of the other country."""
        if "jurisdiction" in row.values:
            return bool(row.values["jurisdiction"] != "ra")
        units = {one.id: one.values["jurisdiction"] for one in self.scene.rows["unit"]}
        return units.get(str(row.values["unit_id"])) == "rb"
