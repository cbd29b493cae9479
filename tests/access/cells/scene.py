"""Two relatives with something of every kind and class on their files, and everybody about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.db import Base
from tests.access.cells.operations import CLASSES
from tests.access.cells.people import BROKEN, MANDATED, Who, signed_in
from tests.access.cells.rights import DPO
from tests.casework.judgements.judging import body as judged
from tests.conftest import World
from tests.looking import transaction
from tests.making import today
from tests.registry.erasures.erased import PAPER
from tests.registry.test_certificates import certificate

COURT = {"authority": "District Court 1", "reference": "1-204/2026"}
ORDER = {**COURT, "dated_on": "2026-01-15", "reason": "the law asks for it"}
WHY = {"reason": "read and found right"}
BOARD = {"decided_by": "Board 7", "members": ["A. Aliev", "B. Brown", "C. Cherny"], **WHY}
SHARED = ["education", "identity", "plan"]
# Record → its table, and the column that names the file.
TABLES = {
    "alert": ("alerts", "case_id"),
    "break_glass": ("broken_glass", "case_id"),
    "consent": ("consents", "case_id"),
    "disclosure": ("disclosures", "case_id"),
    "assessment": ("assessments", "case_id"),
    "judgement": ("judgements", "case_id"),
    "note": ("notes", "case_id"),
    "proceeding": ("proceedings", "case_id"),
    "party": ("docket_entries", "case_id"),
    "sealing": ("sealings", "case_id"),
    "condition": ("supervision_conditions", "case_id"),
    "task": ("tasks", "case_id"),
    "case": ("cases", "id"),
    "decision": ("decisions", "case_id"),
    "team": ("team_members", "case_id"),
    "track": ("tracks", "case_id"),
    "transition": ("track_moves", "case_id"),
    "milestone": ("milestones", "case_id"),
    "pathway": ("pathway_assignments", "case_id"),
    "deadline": ("deadlines", "case_id"),
    "arrival": ("arrivals", "case_id"),
    "extract": ("disclosure_extracts", "case_id"),
    "person": ("persons", "id"),
    "name": ("person_names", "person_id"),
    "identifier": ("person_identifiers", "person_id"),
    "contact": ("person_contacts", "person_id"),
    "relationship": ("relationships", "person_id"),
    "household": ("households", "id"),
    "household_member": ("household_members", "household_id"),
    # About no case.
    "operation": ("operations", "id"),
    "agreement": ("agreements", "id"),
    "erasure": ("erasures", "id"),
    "cover": ("covers", "id"),
    "interest": ("conflicts_of_interest", "user_id"),
    "certificate": ("certificates", "user_id"),
    "appointment": ("appointments", "user_id"),
    "user": ("users", "id"),
    "unit": ("units", "id"),
    "notice": ("notices", "user_id"),
    "session": ("sessions", "user_id"),
}


@dataclass(frozen=True)
class Row:
    """As it stands in the database, whoever may see it."""

    record: str
    id: str
    record_class: str
    file_id: str
    values: dict[str, Any] = field(hash=False, compare=False)

    @property
    def author(self) -> str | None:
        found = self.values.get("author_id")
        return None if found is None else str(found)


@dataclass(frozen=True)
class File:
    """A case and its person."""

    name: str  # adult | child
    case_id: str
    person_id: str

    @property
    def child(self) -> bool:
        return self.name == "child"

    @property
    def court(self) -> str:
        """The class of what is before a criminal court."""
        return "child_justice" if self.child else "justice"

    @property
    def docket(self) -> str:
        return "child_docket" if self.child else "docket"


class Scene:
    """In a world where it is set; see `staged`."""

    def __init__(self, world: World, people: Mapping[tuple[str, str], UUID]) -> None:
        self.world, self.people = world, signed_in(world, people)
        self.sealed, self.consent = False, "none"
        self.ids: dict[str, str] = {}
        self.files: tuple[File, ...] = ()
        self.consents: list[tuple[File, str]] = []
        self.rows: dict[str, list[Row]] = {}

    def fill(self) -> None:
        """In a world where there is nothing yet."""
        self.files = self.arrived()
        for one in self.files:
            Filling(self, one).all()
        self.around()

    def who(self, role: str, relation: str) -> Who:
        return self.people[role, relation]

    def done(self, who: tuple[str, str], path: str, body: Any = None, method: str = "POST") -> Any:
        given = {} if method == "GET" else {"json": body or {}}
        answer = self.who(*who).send(method, f"/v1{path}", **given)
        assert answer.is_success, f"{who} {path}: {answer.text}"
        return answer.json()

    def arrived(self) -> tuple[File, ...]:
        """One operation brings both, in one household."""
        born = {"adult": "1985-05-17", "child": f"{today().year - 17}-01-20"}
        plan = {"code": "op-1", "name": "Operation One", "programme": "alder"}
        plan["arrives_on"] = str(today() - timedelta(days=20))
        self.ids["operation_id"] = self.done(("coordinator", "none"), "/operations", plan)["id"]
        members = [
            {
                "names": [{"full": f"Синтетова {name}", "given": name, "source": "test"}],
                "birth": {"value": birth},
                "group": "A",
                "relationship": {"adult": "head", "child": "child"}[name],
                "remarks": "came with luggage",
            }
            for name, birth in born.items()
        ]
        path = f"/operations/{self.ids['operation_id']}/arrivals"
        made = self.done(("social_worker", "author"), path, {"members": members})["items"]
        return tuple(
            File(name, one["id"], one["person_id"]) for name, one in zip(born, made, strict=True)
        )

    def around(self) -> None:
        """What is about nobody's case: conflicts, covers, an appointment, a notice."""
        by = dict.fromkeys(("supervisor", "centre_manager"), ("coordinator", "none"))
        by |= {role: (role, "kin") for role in ("coordinator", "auditor", DPO)}  # say it themselves
        for (role, relation), who in self.people.items():
            if relation == "kin":
                for one in self.files:
                    body = {"person_id": one.person_id, "relation": "kin", **WHY}
                    told = by.get(role, ("supervisor", "unit"))
                    made = self.done(told, f"/users/{who.id}/conflicts", body)
                    if role == "social_worker":
                        self.ids["interest_id"] = made["id"]
            if relation == "cover":
                body = {"holder_id": who.id, "kind": "absence", **WHY}
                body["until"] = str(today() + timedelta(days=6))
                made = self.done((role, "team"), "/covers", body)
                self.done(("coordinator", "none"), f"/covers/{made['id']}/approve", WHY)
                if role == "social_worker":
                    self.ids["cover_id"] = made["id"]
        north = self.done(("social_worker", "unit"), "/units", method="GET")["items"]
        self.ids["unit_id"] = next(one["id"] for one in north if one["code"] == "north")
        self.ids["user_id"] = self.who("social_worker", "kin").id
        self.ids["client_id"] = self.who("partner", "agreement").id
        self.ids["agreement_id"] = self.ids["agreement"]
        self.ids["code"] = str(ASSESSED["instrument"])
        name = {"full": "Synthetic Nobody", "script": "Latn", "source": "test"}
        person = self.done(("social_worker", "unit"), "/people", {"names": [name]})
        body = {"person_id": person["id"], "ground": "request", **PAPER, **WHY}
        self.ids["erasure_id"] = self.done(("coordinator", "none"), "/erasures", body)["id"]
        approved = f"/erasures/{self.ids['erasure_id']}/approve"
        self.done(("data_protection_officer", "none"), approved, WHY)  # so nobody finds them
        made = self.certified(("social_worker", "kin"))
        self.ids["certificate_id"] = made["id"]
        post = {"role": "livelihoods_officer", "reason": "a new post"}
        made = self.done(("administrator", "none"), f"/users/{self.ids['user_id']}/changes", post)
        self.ids["change_id"] = made["id"]

    def certified(self, who: tuple[str, str]) -> Any:
        path = f"/users/{self.who(*who).id}/certificates"
        return self.done(("coordinator", "none"), path, certificate())

    def looked_up(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        with transaction(self.world.house.engine) as db:
            for record, (name, column) in TABLES.items():
                table = Base.metadata.tables[name]
                found[record] = [
                    Row(
                        record,
                        str(row["id"]),
                        row.get("record_class") or CLASSES.get(record, ""),
                        str(row[column]),
                        dict(row),
                    )
                    for row in db.execute(select(table).order_by(table.c.id)).mappings()
                ]
        clients = (one for one in found["user"] if one.values["kind"] == "client")
        return found | {"client": [replace(one, record="client") for one in clients]}

    # --- from state to state ------------------------------------------------------------------

    def become(self, sealed: bool, consent: str) -> None:
        """As staff would bring it about; what no step leads to is asked for in another order."""
        if (self.sealed, self.consent) == (sealed, consent):
            return
        if self.sealed:
            self.unseal()
        if consent != self.consent:
            {"given": self.give, "withdrawn": self.withdraw}[consent]()
            self.consent = consent
        if sealed:
            self.seal()
        self.sealed, self.rows = sealed, self.looked_up()

    def give(self) -> None:
        for one in self.files:
            for relation in ("agreement", "agreement-ended"):
                body = {"scope": "sharing", "agreement_id": self.ids[relation], "giver": "self"}
                body |= {"language": "ru", "text": "your name and schooling go to the board"}
                path = f"/cases/{one.case_id}/consents"
                made = self.done(("social_worker", "author"), path, body)
                self.consents.append((one, made["id"]))
        self.done(("coordinator", "none"), f"/agreements/{self.ids['agreement-ended']}/end", WHY)

    def withdraw(self) -> None:
        for one, consent in self.consents:
            path = f"/cases/{one.case_id}/consents/{consent}/withdraw"
            self.done(("social_worker", "author"), path, {"by": "self", **WHY})

    def seal(self) -> None:
        for one in self.files:
            path = f"/cases/{one.case_id}/seal"
            body = {**ORDER, "ground": "juvenile_justice"}
            made = self.done(("supervisor", "unit"), path, body)
            self.done(("coordinator", "none"), f"{path}/{made['id']}/approve", WHY)

    def unseal(self) -> None:
        for one in self.files:
            path = f"/cases/{one.case_id}/unseal"
            made = self.done(("coordinator", "none"), path, ORDER)
            self.done((DPO, "none"), f"{path}/{made['id']}/approve", WHY)


ASSESSED = {
    "instrument": "wgss",
    "respondent": "interviewer",
    "administered_on": str(today()),
    "language": "ru",
    "answers": {"1": 1, "2": 3},
}
FIELDS = {"case": "status", "contact": "text", "note": "text", "task": "title"}


def disclosing(record: str, record_id: str) -> dict[str, Any]:
    return {
        "requester": "District court of Alder",
        "requester_kind": "court",
        "purpose": "a hearing on custody",
        "ground": "court_order",
        "document": {**COURT, "dated_on": "2026-01-15"},
        "items": [{"record": record, "record_id": record_id, "fields": [FIELDS[record]]}],
        "recipient": "Clerk of the court",
        "deadline": str(today() + timedelta(days=10)),
        "available_until": str(today() + timedelta(days=30)),
        "not_informed_reason": "the order forbids it",
        "inform_review_on": str(today() + timedelta(days=60)),
    }


class Filling:
    """Whoever of the staff writes it in life puts one of everything on one file."""

    def __init__(self, scene: Scene, file: File) -> None:
        self.scene, self.file = scene, file
        self.case, self.person = f"/cases/{file.case_id}", f"/people/{file.person_id}"

    def done(self, role: str, relation: str, path: str, body: Any = None) -> Any:
        return self.scene.done((role, relation), path, body)

    def all(self) -> None:
        self.team()
        self.claims()
        self.practice()
        self.courts()
        self.words()
        if not self.file.child:  # no tool is for children
            self.judgement()
        self.sharing()
        self.wall()

    def team(self) -> None:
        long_ago, now = str(today() - timedelta(days=9)), str(today())
        for (role, relation), who in self.scene.people.items():
            body = {"user_id": who.id, "part": role, "reason": "for the scene"}
            if (role, relation) == ("social_worker", "author"):
                continue
            if who.member:
                body |= {"track": "EDU"} if relation == "strand" else {}
                self.done("social_worker", "author", f"{self.case}/team", body)
            if relation == "left":
                body |= {"since": long_ago, "until": now}
                self.done("social_worker", "author", f"{self.case}/team", body)

    def claims(self) -> None:
        alias = {"type": "kunya", "full": "Умм Синтетова", "source": "test"}
        number = {"system": "passport", "value": "AB 12345", "source": "test"}
        for path, body in (
            ("names", alias),
            ("identifiers", number),
            ("contacts", {"type": "guardian", "text": "+7 000", "source": "test"}),
            ("contacts", {"type": "address", "text": "Дом 1", "source": "test"}),
        ):
            self.done("social_worker", "author", f"{self.person}/{path}", body)

    def practice(self) -> None:
        act_on = str(today() - timedelta(days=40))
        plans = [{"code": "P2_ADULT_ACCUSED_AT_LIBERTY"}]
        if self.file.child:
            plans = [{"code": "P5_CHILD_ACCOMPANIED"}]
            plans += [{"code": "P7_CHILD_CONTACT_LAW", "act_on": act_on}]
        for plan in plans:
            self.done("supervisor", "unit", f"{self.case}/pathways", {**BOARD, **plan})
        for role, relation, code in (
            ("social_worker", "author", "identity_provisional"),
            ("social_worker", "author", "rights_information_given"),
            ("social_worker", "author", "family_mapped"),
            ("child_protection_officer", "author", "interim_guardian"),
            ("psychologist", "author", "clinical_screened"),
            ("security_assessor", "team", "security_assessed"),
            ("legal_officer", "team", "documents_issued"),
            ("educator", "team", "school_assessed"),
        ):
            self.done(role, relation, f"{self.case}/milestones", {"code": code})
        move = {"to": "rehabilitation", "reason": "is ready", "decided_by": "Board 7"}
        self.done("supervisor", "unit", f"{self.case}/phase", move)

    def courts(self) -> None:
        ids, today_ = {}, today()
        clerks = {"criminal": ("supervisor", "unit"), "civil": ("legal_officer", "team")}
        for kind, by in clerks.items():
            made = self.done(*by, f"{self.case}/proceedings", {"kind": kind, **COURT})
            ids[kind] = made["id"]
        for relation, kind, days in (
            ("docket", "criminal", (-5, 90)),
            ("civil", "civil", (-5, 90)),
            ("mandate-ended", "criminal", (-9, 0)),
        ):
            for role in MANDATED:
                if (role, relation) not in self.scene.people:
                    continue
                since, until = (str(today_ + timedelta(days=by)) for by in days)
                body = {"user_id": self.scene.who(role, relation).id, "mandate": "order 7"}
                body |= {"mandate_dated_on": since, "since": since, "until": until}
                path = f"{self.case}/proceedings/{ids[kind]}/parties"
                self.done(*clerks[kind], path, {**body, "juvenile": role == "prosecutor"})
        for relation, days in (("condition", (-5, 90)), ("condition-ended", (-9, 0))):
            since, until = (str(today_ + timedelta(days=by)) for by in days)
            body = {"kind": "curfew", "authority": "District Court 1", "text": "at home by ten"}
            body |= {"officer_id": self.scene.who("probation_officer", relation).id}
            path = f"{self.case}/supervisions"
            self.done("prosecutor", "docket", path, {**body, "since": since, "until": until})
        self.done("prosecutor", "docket", f"{self.case}/milestones", {"code": "indictment_filed"})

    def words(self) -> None:
        for role, relation, kind in (
            ("social_worker", "author", "social_work"),
            ("psychologist", "author", "psychosocial"),
            ("psychologist", "author", "therapy"),
            ("religious_counsellor", "author", "counselling"),
            ("prosecutor", "docket", "legal"),
            ("legal_officer", "team", "legal"),
        ):
            body = {"kind": kind, "occurred_on": str(today()), "text": f"what {role} has to say"}
            self.done(role, relation, f"{self.case}/notes", body)
        for role in ("social_worker", "psychologist"):
            self.done(role, "author", f"{self.case}/assessments", ASSESSED)
        for role, relation, name in (
            ("social_worker", "author", "plan"),
            ("prosecutor", "docket", self.file.court),
            ("security_assessor", "team", "security"),
            ("health_worker", "author", "health"),
            ("psychologist", "author", "clinical"),
            ("child_protection_officer", "author", "protection"),
            ("educator", "team", "education"),
            ("livelihoods_officer", "team", "livelihood"),
            ("legal_officer", "team", "civil_documents"),
            ("religious_counsellor", "author", "faith_counselling"),
            ("social_worker", "author", "family"),
        ):
            body = {"title": "see to it", "record_class": name, "due_on": "2030-01-01"}
            self.done(role, relation, f"{self.case}/tasks", body)
        # Of the plan, and by its assignee or its discipline somebody's own who did not set it.
        for body in (
            {"assignee_id": self.scene.who("legal_officer", "team").id},
            {"discipline": "livelihoods_officer"},
        ):
            body |= {"title": "see to it", "record_class": "plan", "due_on": "2030-01-01"}
            self.done("social_worker", "author", f"{self.case}/tasks", body)
        for role, relation, kind in (
            ("psychologist", "author", "SAFETY_SELF"),
            ("educator", "team", "CHILD_SAFEGUARD"),
            ("social_worker", "author", "STAFF_SAFETY"),
            ("health_worker", "author", "MEDICAL_ALERT"),
            ("prosecutor", "docket", "DETENTION_EXPIRY"),
        ):
            self.done(role, relation, f"{self.case}/alerts", {"kind": kind})

    def judgement(self) -> None:
        assessor = "security_assessor", "team"
        self.scene.certified(assessor)
        made = self.done(*assessor, f"{self.case}/judgements", judged())
        self.done(*assessor, f"{self.case}/judgements/{made['id']}/submit")

    def sharing(self) -> None:
        body = {"scope": "treatment", "giver": "self", "language": "ru", "text": "the programme"}
        self.done("social_worker", "author", f"{self.case}/consents", body)
        for relation in ("agreement", "agreement-ended"):
            if relation in self.scene.ids:
                continue
            terms = {
                "client_id": self.scene.who("partner", relation).id,
                "party": "School board of Alder",
                "purpose": "places in school",
                "legal_basis": "memorandum 4-2026",
                "direction": "out",
                "classes": SHARED,
                "retention_days": 365,
                "contact": "the secretary of the board",
                "since": str(today()),
                "until": str(today() + timedelta(days=100)),
                "review_on": str(today() + timedelta(days=50)),
            }
            made = self.done("coordinator", "none", "/agreements", terms)
            path = f"/agreements/{made['id']}/approve"
            self.done(DPO, "none", path, WHY)
            self.scene.ids[relation] = made["id"]

    def wall(self) -> None:
        """Somebody outside and one of each role get an extract; glass is broken; no seal is set."""
        rows = self.scene.looked_up()
        mine = {self.file.case_id, self.file.person_id}

        def first(record: str, name: str) -> str:
            return next(
                one.id for one in rows[record] if one.file_id in mine and one.record_class == name
            )

        address = {"record": "contact", "record_id": first("contact", "location")}
        for role, by, item in (
            ("", ("psychologist", "author"), {"record": "case", "record_id": self.file.case_id}),
            ("prosecutor", ("social_worker", "author"), address),
            (
                "defence_lawyer",
                ("health_worker", "author"),
                {"record": "note", "record_id": first("note", "clinical")},
            ),
            (
                "legal_officer",
                ("child_protection_officer", "author"),
                {"record": "task", "record_id": first("task", "protection")},
            ),
            ("security_assessor", ("legal_officer", "team"), address),
            (
                "auditor",
                ("psychologist", "author"),
                {"record": "note", "record_id": first("note", "therapy_notes")},
            ),
        ):
            recipient = self.scene.who(role, "recipient").id if role else None
            body = {**disclosing(**item), "recipient_id": recipient}
            made = self.done(*by, f"{self.case}/disclosures", body)
            path = f"{self.case}/disclosures/{made['id']}/approve"
            self.done("supervisor", "unit", path, WHY)
            self.done(DPO, "none", path, WHY)
        for role, name in BROKEN.items():
            body = {"record_class": name, "reason_code": "medical_emergency", "text": "unconscious"}
            self.done(role, "glass", f"{self.case}/break-glass", body)
        path, body = f"{self.case}/seal", {**ORDER, "ground": "expungement"}
        made = self.done("supervisor", "unit", path, body)
        self.done("coordinator", "none", f"{path}/{made['id']}/decline", WHY)
