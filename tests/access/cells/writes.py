"""Bodies that fit: what is made by them is of a class in which the author has the right to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.access.cells.expecting import Judge
from tests.access.cells.operations import OPERATIONS, Operation
from tests.access.cells.people import Who
from tests.access.cells.rights import RIGHTS
from tests.access.cells.scene import ASSESSED, COURT, ORDER, File, Scene, disclosing
from tests.making import today

Body = Mapping[str, Any]
BY_NAME = {one.name: one for one in OPERATIONS}
# A role that may read a task of the class: it would lie there unseen else.
READERS = {
    "plan": "social_worker",
    "justice": "prosecutor",
    "child_justice": "prosecutor",
    "security": "security_assessor",
    "health": "health_worker",
    "clinical": "psychologist",
    "protection": "child_protection_officer",
    "education": "educator",
    "livelihood": "livelihoods_officer",
    "civil_documents": "legal_officer",
    "faith_counselling": "religious_counsellor",
    "family": "social_worker",
}

# Who is on the team already is refused to whoever sees it, before it is asked who may say so.


@dataclass(frozen=True)
class Write:
    """One body; the new row is of the first of the classes in which the author may make it."""

    path: str
    classes: tuple[str, ...]
    body: Callable[[Scene, File], Body]

    @property
    def operation(self) -> Operation:
        return BY_NAME[f"POST /v1{self.path}"]

    def __str__(self) -> str:
        return f"{self.operation.name} [{'|'.join(self.classes)}]"

    def made_in(self, judge: Judge, who: Who, file: File) -> str | None:
        """The class of the row that this person, who is let in, makes with it, if any."""
        for name in self.classes:
            of = {"court": file.court, "docket": file.docket}.get(name, name)
            for way, held in RIGHTS.get(of, {}).get(who.role, {}).items():
                if set(self.operation.needs) & set(held) and judge.holds(way, who, file, of):
                    return of
        return None


def fixed(**body: Any) -> Callable[[Scene, File], Body]:
    return lambda _, __: body


def task(name: str) -> Callable[[Scene, File], Body]:
    def body(_: Scene, file: File) -> Body:
        of = file.court if name == "court" else name
        given = {"title": "see to it", "due_on": "2030-01-01", "record_class": of}
        return {**given, "discipline": READERS[of]}

    return body


CASE, PERSON, SOURCE = "/cases/{case_id}", "/people/{person_id}", {"source": "test"}
NOTES = {
    "social_work": ("psychosocial_notes",),
    "psychosocial": ("clinical", "psychosocial_notes"),
    "therapy": ("therapy_notes",),
    "counselling": ("faith_counselling",),
    "legal": ("court", "civil_documents"),
}
ALERTS = {
    "SAFETY_SELF": "alert_safety",
    "SAFETY_OTHERS": "alert_safety",
    "CHILD_SAFEGUARD": "alert_safeguarding",
    "STAFF_SAFETY": "alert_visit",
    "MEDICAL_ALERT": "alert_medical",
    "DETENTION_EXPIRY": "alert_detention",
}
CONDITION = {"kind": "curfew", "authority": "District Court 1", "text": "at home by ten"}
CONSENT = {"scope": "education", "giver": "self", "language": "ru", "text": "a place in school"}
WRITES = (
    *(
        Write(f"{CASE}/notes", of, fixed(kind=kind, occurred_on=str(today()), text="what was said"))
        for kind, of in NOTES.items()
    ),
    Write(f"{CASE}/assessments", ("clinical", "psychosocial_notes"), fixed(**ASSESSED)),
    *(Write(f"{CASE}/alerts", (of,), fixed(kind=kind)) for kind, of in ALERTS.items()),
    *(
        Write(f"{CASE}/tasks", (name,), task(name))
        for name in ("court", *(one for one in READERS if "justice" not in one))
    ),
    Write(f"{CASE}/consents", ("consent",), fixed(**CONSENT)),
    Write(f"{CASE}/proceedings", ("docket",), fixed(kind="criminal", **COURT)),
    Write(f"{CASE}/proceedings", ("civil_documents",), fixed(kind="civil", **COURT)),
    Write(f"{CASE}/supervisions", ("court",), fixed(**CONDITION)),
    Write(f"{CASE}/seal", ("sealing",), fixed(ground="expungement", **ORDER)),
    Write(f"{CASE}/disclosures", ("disclosure",), lambda _, file: disclosing("case", file.case_id)),
    Write(
        f"{CASE}/team",
        ("case",),
        lambda scene, _: {
            "user_id": scene.who("psychologist", "author").id,
            "part": "once more",
            "reason": "is there already",
        },
    ),
    Write(f"{PERSON}/names", ("identity",), fixed(full="Синтетова Анна", **SOURCE)),
    Write(f"{PERSON}/names", ("identifiers",), fixed(type="kunya", full="Умм Анна", **SOURCE)),
    Write(f"{PERSON}/identifiers", ("identifiers",), fixed(system="visa", value="9", **SOURCE)),
    Write(f"{PERSON}/contacts", ("location",), fixed(type="phone", text="+7 111", **SOURCE)),
)
