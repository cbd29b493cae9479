"""What is about no case: staff, agreements, operations; who reaches which of them, by hand."""

from collections.abc import Callable

from tests.access.cells.operations import Operation
from tests.access.cells.people import UNITS, Who
from tests.access.cells.rights import IN_SUMMARY, RIGHTS, has
from tests.access.cells.scene import File, Row, Scene

# Columns that name a file, in rows that stand in another one.
NAMING = {
    "interest": ("person_id",),
    "notice": ("case_id", "on_case_id"),
    "relationship": ("other_id",),
    "household_member": ("person_id",),
}


class Around:
    def __init__(self, scene: Scene, absent: Callable[[Who, File], bool]) -> None:
        self.scene, self.absent = scene, absent
        self.files = {id_: one for one in scene.files for id_ in (one.case_id, one.person_id)}

    # --- the door -----------------------------------------------------------------------------

    def refused(self, operation: Operation, who: Who) -> int | None:
        """The status of a refusal, or None: by role, and by who somebody is to what is asked of."""
        if operation.action == "self":
            return None
        if not operation.scope:
            if not any(self.by_role(who, name, operation) for name in operation.classes):
                return 403
            if operation.answer == "absent":  # the id in the path is nobody's
                return 404
            return self.missing(operation, who)
        (name,) = operation.classes
        file = self.row(operation.scope, operation.names[0])
        if self.reaches(who, name, operation.needs, file):
            return self.missing(operation, who)
        looked = operation.action.endswith(".read")
        knows = not looked and self.reaches(who, name, "R", file)
        return 403 if knows else 404

    @staticmethod
    def by_role(who: Who, name: str, operation: Operation) -> bool:
        told = operation.action.endswith(".read") and told_of(who, operation.record, name)
        return told or has(who.role, name, operation.needs)

    def missing(self, operation: Operation, who: Who) -> int | None:
        if operation.answer != "one":
            return None
        return None if self.sees(who, self.asked(operation)) else 404

    # --- rows ---------------------------------------------------------------------------------

    def row(self, record: str, name: str) -> Row:
        """That which the scene has for this part of a path."""
        return next(one for one in self.scene.rows[record] if one.id == self.scene.ids[name])

    def asked(self, operation: Operation) -> Row:
        return self.row(operation.record, operation.names[-1])

    def listed(self, operation: Operation) -> list[Row]:
        """Rows that the list is about, whoever sees them."""
        rows = self.scene.rows[operation.record]
        if operation.scope == "user":
            return [one for one in rows if one.file_id == self.scene.ids["user_id"]]
        return rows

    def sees(self, who: Who, row: Row) -> bool:
        return self.reaches(who, row.record_class, "R", row) and self.is_open(who, row)

    def is_open(self, who: Who, row: Row) -> bool:
        """What others said of oneself is not told, nor what names who is closed to the reader."""
        if row.record == "interest" and row.file_id == who.id:
            return str(row.values["declared_by"]) == who.id
        return not self.names_closed(who, row)

    def names_closed(self, who: Who, row: Row) -> bool:
        """Beside the file that it stands in."""
        return any(self.closed(who, row.values[name]) for name in NAMING.get(row.record, ()))

    def closed(self, who: Who, file_id: object) -> bool:
        file = self.files.get(str(file_id))
        return file is not None and self.absent(who, file)

    # --- relationships ------------------------------------------------------------------------

    def reaches(self, who: Who, name: str, wanted: str, row: Row) -> bool:
        ways = RIGHTS.get(name, {}).get(who.role, {}).items()
        return any(set(wanted) & set(held) and self.stands(way, who, row) for way, held in ways)

    def stands(self, way: str, who: Who, row: Row) -> bool:
        """Whether this is what somebody is to a row: to whom it is about, or where it is."""
        if way == "any":
            return True
        if way == "jurisdiction":
            return who.unit is not None and UNITS[who.unit] == self.land(row)
        if way == "self":
            mine = {"cover": ("grantor_id", "holder_id"), "agreement": ("client_id",)}
            own = [str(row.values[name]) for name in mine.get(row.record, ())]
            return who.id in (own or [self.about(row).id])
        if way == "unit":
            return who.unit is not None and who.unit == self.unit(self.about(row))
        if way == "line":
            return who.id in self.above(self.about(row))
        raise AssertionError(way)

    def land(self, row: Row) -> str | None:
        if "jurisdiction" in row.values:
            return str(row.values["jurisdiction"])
        unit = self.unit(self.about(row))
        return None if unit is None else UNITS[unit]

    def about(self, row: Row) -> Row:
        """The member of staff, or the service client; of a cover, who is away."""
        if row.record in ("user", "client"):
            return row
        return self.staff(row.values["grantor_id" if row.record == "cover" else "user_id"])

    def staff(self, user_id: object) -> Row:
        return next(one for one in self.scene.rows["user"] if one.id == str(user_id))

    def unit(self, user: Row) -> str | None:
        """Its code."""
        units = {one.id: str(one.values["code"]) for one in self.scene.rows["unit"]}
        return units.get(str(user.values["unit_id"]))

    def above(self, user: Row) -> list[str]:
        """To whom they report, directly or through others."""
        found, head = [], user.values["supervisor_id"]
        while head is not None:
            found.append(str(head))
            head = self.staff(head).values["supervisor_id"]
        return found


def told_of(who: Who, record: str, name: str) -> bool:
    """Whether S of this class shows them that there is such a record."""
    return who.role in IN_SUMMARY.get(record, {}).get(name, ())


def whole_by(who: Who, record: str, name: str) -> str:
    """The rights of which one shows them the whole of such a record."""
    if record == "track":
        return "R" if told_of(who, record, name) else "RS"
    return "U" if record == "extract" else "R"
