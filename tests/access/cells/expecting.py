"""What a cell must meet, worked out by hand from the rights: status, fields, rows and the event."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.access.cells.around import Around, told_of, whole_by
from tests.access.cells.operations import Operation
from tests.access.cells.people import BROKEN, Who
from tests.access.cells.rights import IN_SUMMARY, OPENED, RIGHTS, has
from tests.access.cells.scene import SHARED, File, Row, Scene
from tests.access.cells.shapes import SHAPES, WITHHELD, short

WHOLE, SHORT = "whole", "short"
OF_THE_TEAM = (
    "track",
    "deadline",
    "milestone",
)  # of no single author: who reaches their own reaches these
# Closed to who is on the team for the school's track alone, whose class is education.
OF_OTHER_TRACKS = (
    *("pathway", "justice", "child_justice", "security", "health", "clinical", "civil_documents"),
    *("protection", "livelihood", "faith_counselling", "family", "therapy_notes", "docket"),
    "child_docket",
)
# Writes of what lets others in, of the case and its team are not for who is there for one track.
OF_THE_WHOLE = (
    *("consent", "disclosure", "sealing", "proceeding", "party", "condition"),
    *("case", "team"),
)
# The class of the file itself, by which a relationship that is of classes must open it; the cover
# of a case opens by a relationship for any class.
OWN_CLASS = {"person": "identity", "household": "family", "case": None}


@dataclass(frozen=True)
class Cell:
    """One request: who asks what of whose file; of which record there, if the path names one."""

    operation: Operation
    who: Who
    file: File
    row: Row | None = None

    def __str__(self) -> str:
        of = f" [{self.row.record_class}]" if self.row else ""
        return f"{self.operation.name}{of} of the {self.file.name} as {self.who}"


@dataclass
class Expected:
    status: int
    code: str | None = None  # of a refusal, where it is not the usual one
    forms: dict[str, str] = field(default_factory=dict)  # id of a row → whole or short
    rows: list[Row] = field(default_factory=list)  # that may be told, in no order


class Judge:
    """Knows what is on record, and decides as the matrix and the relationships say."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.by_case = {one.case_id: one for one in scene.files}
        self.by_person = {one.person_id: one for one in scene.files}
        self.around = Around(scene, self.absent)

    # --- relationships ------------------------------------------------------------------------

    def holds(
        self, way: str, who: Who, file: File, name: str | None = None, row: Row | None = None
    ) -> bool:
        """Whether this relationship is there, for a class or, at the door, for any."""
        if way == "any":
            return True
        if not who.here:
            return False
        if way == "jurisdiction":
            return True
        if way == "unit":
            return who.unit == "north"
        if way == "line":
            return who.relation == "line"
        if way in ("team", "own") and who.relation == "strand":
            # How a family arrived stands in rows of the case.
            of = "family" if row is not None and row.record == "arrival" else name
            if of in OF_OTHER_TRACKS:
                return False
        if way == "team":
            return who.on_team
        if way == "own":
            return who.on_team and (row is None or self.owns(who, row))
        if way == "self":
            return who.relation == "glass" if row is None else row.author == who.id
        if way == "docket":
            matter = {"docket": file.docket, "civil": "civil_documents"}.get(who.relation)
            return matter is not None and (name is None or name in OPENED[matter])
        if way == "supervision":
            if who.relation != "condition" or name not in (None, file.court):
                return False
            return row is None or row.record == "case" or self.owns(who, row)
        if way == "agreement":
            in_force = who.relation == "agreement" and self.scene.consent == "given"
            return in_force and (name is None or name in SHARED)
        if way == "disclosed":
            recipient = row is None or str(row.values.get("recipient_id")) == who.id
            return who.relation == "recipient" and recipient
        raise AssertionError(way)

    def owns(self, who: Who, row: Row) -> bool:
        """What they wrote, what is of nobody in particular, and a task that is theirs to do.

        It is by name, also of whom they stand in for, or by their role.
        """
        if row.record in OF_THE_TEAM:
            return True
        if row.record == "condition":
            return str(row.values.get("officer_id")) == who.id  # one that is not made yet has none
        named = str(row.values.get("assignee_id"))
        covered = who.relation == "cover" and named == self.scene.who(who.role, "team").id
        if covered or who.id in (row.author, named):
            return True
        return who.role in (row.values.get("discipline"), row.values.get("escalated_to"))

    def absent(self, who: Who, file: File, past_seals: bool = False) -> bool:
        return (self.scene.sealed and not past_seals) or who.relation == "kin"

    def broken(self, who: Who, file: File, name: str | None) -> bool:
        """A glass that they broke, while the relationship is there by which they might."""
        if who.relation != "glass" or name not in (None, BROKEN[who.role]):
            return False
        ways = RIGHTS[BROKEN[who.role]][who.role]
        return any("B" in held and self.holds(way, who, file) for way, held in ways.items())

    # --- the door of a file -------------------------------------------------------------------

    def opens(self, who: Who, file: File, operation: Operation) -> bool:
        """Whether the action reaches this file by any class of its record."""
        record, scope = operation.record, operation.scope
        if operation.writes and who.relation == "strand" and record in OF_THE_WHOLE:
            return False
        reads = operation.action.endswith(".read")
        short_form = reads and operation.answer in ("all", "one") and record in IN_SUMMARY
        for name in operation.classes:
            for way, held in RIGHTS.get(name, {}).get(who.role, {}).items():
                wanted = self.wanted(who, operation.needs)
                briefly = told_of(who, record, name)
                told = short_form and "S" in held and briefly
                right = set(wanted).difference("S" if briefly else "") & set(held) or told
                if right and self.holds(way, who, file, OWN_CLASS[scope]):
                    return True
            breaks = reads and "R" in operation.needs and has(who.role, name, "B")
            if breaks and self.broken(who, file, None):
                return True
        return False

    @staticmethod
    def wanted(who: Who, needs: str) -> str:
        """A summary of a track stands on the cover of a case."""
        return needs if has(who.role, "case", "R") else needs.replace("S", "")

    def knows(self, who: Who, file: File, operation: Operation) -> bool:
        """Whether they may know that the file is there; who asks just that was told already."""
        scope = operation.scope
        look = Operation("GET", f"/v1/{{{scope}_id}}", f"{scope}.read", "R", "one")
        asked = operation.action == look.action
        return not asked and not self.absent(who, file) and self.opens(who, file, look)

    # --- rows ---------------------------------------------------------------------------------

    def sees(self, who: Who, row: Row, past_seals: bool = False) -> str | None:
        """In which form they are shown this row, if at all."""
        if row.record == "household":
            forms = [self.sees(who, one) for one in self.members(row)]
            return next((one for one in (WHOLE, SHORT) if one in forms), None)
        forms = [self.form(who, row, file, past_seals) for file in self.about(row)]
        if not forms or None in forms:
            return None
        return SHORT if SHORT in forms else WHOLE

    def form(self, who: Who, row: Row, file: File, past_seals: bool) -> str | None:
        if self.absent(who, file, past_seals):
            return None
        name = None if row.record == "case" else row.record_class
        shown = whole_by(who, row.record, row.record_class)
        found = None
        for way, held in RIGHTS.get(row.record_class, {}).get(who.role, {}).items():
            if not self.holds(way, who, file, name, row) or self.elsewhere(way, row):
                continue
            if set(self.wanted(who, shown)) & set(held):
                return WHOLE
            if "S" in held and told_of(who, row.record, row.record_class):
                found = SHORT
        opened = "R" in shown and self.broken(who, file, row.record_class)
        return WHOLE if opened else found

    @staticmethod
    def elsewhere(way: str, row: Row) -> bool:
        """What is for a recipient here is nobody else's to hand over."""
        return row.record == "extract" and way != "disclosed" and row.values["recipient_id"]

    def about(self, row: Row) -> list[File]:
        """The files through which a row is seen: all of them are needed."""
        if row.record == "relationship":
            return [self.by_person[str(row.values[one])] for one in ("person_id", "other_id")]
        if row.record == "household_member":
            return [self.by_person[str(row.values["person_id"])]]
        found = (self.by_case | self.by_person).get(row.file_id)
        return [found] if found else []  # who is erased is in no file any more

    def members(self, household: Row) -> list[Row]:
        return [one for one in self.rows("household_member") if one.file_id == household.id]

    def rows(self, record: str) -> list[Row]:
        return self.scene.rows[record]

    # --- answers ------------------------------------------------------------------------------

    def expects(self, cell: Cell) -> Expected:
        operation, who, file = cell.operation, cell.who, cell.file
        if operation.scope in OWN_CLASS:
            files = self.scene.files if operation.scope == "household" else (file,)
            seals = operation.past_seals
            if not any(
                not self.absent(who, one, seals) and self.opens(who, one, operation)
                for one in files
            ):
                knows = any(self.knows(who, one, operation) for one in files)
                return Expected(403 if knows else 404)
        elif refusal := self.around.refused(operation, who):
            return Expected(refusal)
        if operation.writes:
            return Expected(422)
        if operation.answer in ("all", "one", "myself") and not operation.of_a_file:
            return self.of_none(operation, who)
        if operation.answer in ("one", "moves", "extract", "bundle"):
            return self.of_one(cell)
        if operation.answer in ("all", "arrivals"):
            return self.of_all(cell)
        if operation.answer == "unsigned":  # nobody lets the log grow here
            return Expected(409, "not-logged-yet")
        if operation.answer in ("timeline", "history"):
            return self.of_past(cell)
        if operation.answer == "trend":
            return self.of_trend(cell)
        return Expected(200)

    def of_none(self, operation: Operation, who: Who) -> Expected:
        """What is about no case: whole, or not at all."""
        if operation.answer == "myself":
            rows = [self.around.staff(who.id)]
            return Expected(200, None, {who.id: WHOLE}, rows)
        one = operation.answer == "one"
        rows = [self.around.asked(operation)] if one else self.around.listed(operation)
        shown = {row.id: WHOLE for row in rows if self.around.sees(who, row)}
        return Expected(200, None, shown, rows)

    def of_one(self, cell: Cell) -> Expected:
        row, operation = cell.row, cell.operation
        assert row is not None, operation.name
        asked = row.id
        if operation.answer == "extract":
            (row,) = (
                one for one in self.rows("extract") if str(one.values["disclosure_id"]) == asked
            )
        form = self.sees(cell.who, row, operation.past_seals)
        if form is None or (form == SHORT and operation.answer == "bundle"):  # all or nothing
            return Expected(404)
        if form == SHORT and operation.answer == "moves":
            return Expected(403)  # where it could go tells how it stands
        if row.record == "extract" and row.values["recipient_id"] is None:
            asked_or_agreed = ("author_id", "checked_by", "decided_by")
            (of,) = (one for one in self.rows("disclosure") if one.id == asked)
            if cell.who.id in [str(of.values[one]) for one in asked_or_agreed]:
                return Expected(403, "own-disclosure")  # a third person hands it over
        return Expected(200, None, {row.id: form}, [row])

    def of_all(self, cell: Cell) -> Expected:
        if cell.row is not None and self.sees(cell.who, cell.row) is None:
            return Expected(404)  # the parent, which the path names
        forms = {one.id: self.sees(cell.who, one) for one in self.listed(cell)}
        shown = {one: form for one, form in forms.items() if form}
        return Expected(200, None, shown, [*self.listed(cell)])

    def listed(self, cell: Cell) -> Iterator[Row]:
        """Rows that the list is about, whoever sees them."""
        operation, file, parent = cell.operation, cell.file, cell.row
        record = "arrival" if operation.answer == "arrivals" else operation.record
        for row in self.rows(record):
            values = row.values
            if parent is not None and parent.record == "proceeding":
                fits = str(values["proceeding_id"]) == parent.id
            elif parent is not None and parent.record == "track":
                fits = values["track"] == parent.values["code"] and row.file_id == file.case_id
            elif record == "relationship":
                fits = file.person_id in (str(values["person_id"]), str(values["other_id"]))
            elif operation.scope == "household":
                fits = True  # there is one
            elif record == "disclosure" and operation.scope == "person":
                fits = row.file_id == file.case_id
            elif operation.scope in ("case", "person"):
                fits = row.file_id in (file.case_id, file.person_id)
            else:
                fits = record != "deadline" or values["status"] == "running"
            if fits:
                yield row

    def of_trend(self, cell: Cell) -> Expected:
        """Of what they see whole: a number is no summary."""
        rows = [one for one in self.rows("assessment") if one.file_id == cell.file.case_id]
        shown = {one.id: WHOLE for one in rows if self.sees(cell.who, one) == WHOLE}
        return Expected(200, None, shown, rows)

    def of_past(self, cell: Cell) -> Expected:
        """Every record of the case that they see has its past there, and no other has."""
        case_id = cell.file.case_id
        every = [row for rows in self.scene.rows.values() for row in rows if row.file_id == case_id]
        forms = {row.id: self.sees(cell.who, row) for row in every}
        seen = {one: form for one, form in forms.items() if form}
        return Expected(200, None, seen, every)


def fields(row: Row, form: str, who: Who) -> frozenset[str]:
    return SHAPES[row.record] if form == WHOLE else short(row.record, who.role)


def empty(row: Row, who: Who) -> tuple[str, ...]:
    """Fields that this role is not told of such a record."""
    name, withheld = WITHHELD.get(row.record, ("", ()))
    return () if not name or has(who.role, name, "R") else withheld
