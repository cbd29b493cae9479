"""Who may read a note, decided by hand over plain lists: it shares no code with what it judges."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from tests.safeguards.access.field_matrix import OWN, WIDEST, matrix

MATRIX = matrix()
# A court's matters are open by the docket, not by being on the team.
BY_DOCKET = ("prosecutor", "defence_lawyer")
COURT = {"docket": ("justice", "security"), "child_docket": ("child_justice",)}
COURT |= {"civil_documents": ("civil_documents",)}
OF_TRACKS = {  # of a track these are, all other notes of the whole team
    "clinical": "MHP",
    "therapy_notes": "MHP",
    "faith_counselling": "REL",
    "justice": "JUS",
    "child_justice": "JUS",
    "civil_documents": "DOC",
    "security": "SEC",
}
SUPERVISED = ("justice", "child_justice")  # by conditions that a court set
# Of whom the matrix says S, and who is shown that there is a note.
TOLD_OF = {
    "psychosocial_notes": ("centre_manager", "auditor"),
    "faith_counselling": ("social_worker", "supervisor", "centre_manager", "auditor"),
    "clinical": ("auditor",),
    "therapy_notes": ("auditor",),
}


@dataclass
class Facts:
    """What is the case in one small world; each entry is a plain dict."""

    staff: dict[str, dict[str, Any]] = field(default_factory=dict)
    cases: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: dict[str, dict[str, Any]] = field(default_factory=dict)
    team: list[dict[str, Any]] = field(default_factory=list)
    covers: list[dict[str, Any]] = field(default_factory=list)
    docket: list[dict[str, Any]] = field(default_factory=list)
    conditions: list[dict[str, Any]] = field(default_factory=list)
    glass: list[dict[str, Any]] = field(default_factory=list)
    agreements: list[dict[str, Any]] = field(default_factory=list)
    consents: list[dict[str, Any]] = field(default_factory=list)
    sealed: set[str] = field(default_factory=set)  # cases
    conflicts: set[tuple[str, str]] = field(default_factory=set)  # who, case

    def reads(self, who: str, note: str, at: datetime) -> bool:
        told, role = self.notes[note], self.staff[who]["role"]
        if self.closed(who, told["case"]):
            return False
        rights = MATRIX[told["class"]].get(role, "")
        if "R" in rights and self.near(who, told, at):
            return True
        if "B" not in rights or not self.broken(who, told, at):
            return False
        return self.on_team(who, told, at.date())  # no longer than what let them break it

    def knows_of(self, who: str, note: str, at: datetime) -> bool:
        """By S, whether or not the content is read as well."""
        told, role = self.notes[note], self.staff[who]["role"]
        if self.closed(who, told["case"]) or "S" not in MATRIX[told["class"]].get(role, ""):
            return False
        return role in TOLD_OF.get(told["class"], ()) and self.near(who, told, at)

    def closed(self, who: str, case: str) -> bool:
        return case in self.sealed or (who, case) in self.conflicts

    def near(self, who: str, note: dict[str, Any], at: datetime) -> bool:
        """Whether the relationship is there by which the matrix lets this role in."""
        me, case = self.staff[who], self.cases[note["case"]]
        kind = note["class"]
        if me["role"] == "probation_officer" and kind in SUPERVISED:
            # The condition, and of its class what is their own.
            return note["author"] == who and self.supervises(who, note, at.date())
        if role_is(me, BY_DOCKET) and any(kind in opened for opened in COURT.values()):
            return self.entered(who, note, at.date())
        if me["role"] == "legal_officer" and self.entered(who, note, at.date()):
            return True  # who is counsel in a civil matter reaches its papers
        if OWN.get((kind, me["role"])) == "own":
            return note["author"] == who and self.on_team(who, note, at.date())
        reach = WIDEST.get(me["role"], "team")
        if reach == "jurisdiction":
            return bool(case["jurisdiction"] == me["jurisdiction"])
        if reach == "unit":
            return bool(case["unit"] == me["unit"]) or (
                me["role"] == "supervisor" and self.heads_the_team(who, note["case"], at.date())
            )
        if reach == "agreement":
            return self.agreed(who, note, at.date())
        return self.on_team(who, note, at.date())

    def on_team(self, who: str, note: dict[str, Any], day: date) -> bool:
        if self.member(who, note, day):
            return True
        for cover in self.covers:
            me, other = self.staff[who], self.staff[cover["grantor"]]
            if cover["holder"] != who or cover["status"] != "in_force":
                continue
            if not cover["since"] <= day <= cover["until"]:
                continue
            then = (cover["role"], cover["jurisdiction"])
            same = (me["role"], me["jurisdiction"]) == then
            if not same or (other["role"], other["jurisdiction"]) != then or other["disabled"]:
                continue
            if (cover["grantor"], note["case"]) in self.conflicts:
                continue
            if self.member(cover["grantor"], note, day):
                return True
        return False

    def member(self, who: str, note: dict[str, Any], day: date) -> bool:
        """On the whole case, on the track of the note's class, or the class is no track's."""
        me, track = self.staff[who], OF_TRACKS.get(note["class"])
        return any(
            one["user"] == who
            and one["case"] == note["case"]
            and (one["track"] is None or track in (None, one["track"]))
            and one["role"] == me["role"]
            and one["jurisdiction"] == me["jurisdiction"]
            and runs(one, day)
            for one in self.team
        )

    def heads_the_team(self, who: str, case: str, day: date) -> bool:
        """Somebody on the team reports to them, or to one who does, four steps at most."""
        for one in self.team:
            if one["case"] != case or not runs(one, day):
                continue
            if one["jurisdiction"] != self.staff[who]["jurisdiction"]:
                continue
            head = one["user"]
            for _ in range(4):
                head = self.staff[head].get("head")
                if head is None:
                    break
                if head == who:
                    return True
        return False

    def supervises(self, who: str, note: dict[str, Any], day: date) -> bool:
        me = self.staff[who]
        return any(
            (one["officer"], one["case"], one["class"]) == (who, note["case"], note["class"])
            and (one["role"], one["jurisdiction"]) == (me["role"], me["jurisdiction"])
            and runs(one, day)
            for one in self.conditions
        )

    def entered(self, who: str, note: dict[str, Any], day: date) -> bool:
        me = self.staff[who]
        for one in self.docket:
            if (one["user"], one["case"]) != (who, note["case"]) or not runs(one, day):
                continue
            if (one["role"], one["jurisdiction"]) != (me["role"], me["jurisdiction"]):
                continue
            if (
                one["class"] == "child_docket"
                and me["role"] == "prosecutor"
                and not one["juvenile"]
            ):
                continue
            if one["class"] != "civil_documents" and me["role"] == "legal_officer":
                continue
            if note["class"] in COURT[one["class"]]:
                return True
        return False

    def has_something_rare(self, who: str, at: datetime) -> bool:
        """Whether they stand in for somebody, have glass open, or are on one track, anywhere."""
        stands_in = any(
            one["holder"] == who
            and one["status"] == "in_force"
            and one["since"] <= at.date() <= one["until"]
            for one in self.covers
        )
        opened = any(
            one["user"] == who and not one["ended"] and one["until"] > at for one in self.glass
        )
        alone = any(
            one["user"] == who and one["track"] is not None and runs(one, at.date())
            for one in self.team
        )
        return stands_in or opened or alone

    def broken(self, who: str, note: dict[str, Any], at: datetime) -> bool:
        me = self.staff[who]
        return any(
            (one["user"], one["case"], one["class"]) == (who, note["case"], note["class"])
            and one["role"] == me["role"]
            and self.cases[one["case"]]["jurisdiction"] == me["jurisdiction"]
            and not one["ended"]
            and one["until"] > at
            for one in self.glass
        )

    def agreed(self, who: str, note: dict[str, Any], day: date) -> bool:
        me = self.staff[who]
        for one in self.agreements:
            if one["client"] != who or one["status"] != "in_force":
                continue
            if one["jurisdiction"] != me["jurisdiction"] or note["class"] not in one["classes"]:
                continue
            if not one["since"] <= day < one["until"]:
                continue
            for given in self.consents:
                if (given["agreement"], given["case"]) != (one["id"], note["case"]):
                    continue
                ends = given["expires"]
                if given["status"] == "given" and given["on"] <= day and (not ends or ends > day):
                    return True
        return False


def role_is(me: dict[str, Any], roles: tuple[str, ...]) -> bool:
    return me["role"] in roles


def runs(one: dict[str, Any], day: date) -> bool:
    """From the first day to the one before the last that is named."""
    return one["since"] <= day and (one["until"] is None or day < one["until"])
