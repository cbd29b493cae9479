"""Where a cell's request goes: which records a path can name, and the ids in it."""

from tests.access.cells.expecting import Cell, Judge
from tests.access.cells.operations import Operation, asking
from tests.access.cells.scene import File, Row, Scene

NOWHERE = "00000000-0000-7000-8000-000000000001"


def variants(operation: Operation, judge: Judge, file: File) -> list[Row | None]:
    """The records that the path may name: one of each class, of extracts each."""
    if operation.answer == "arrivals" or not operation.of_a_file:
        return [None]
    named = operation.names[1:] if operation.scope else operation.names
    if not named:
        return [own_row(operation, judge, file)] if operation.answer == "one" else [None]
    record = named_record(operation)
    rows = [one for one in judge.rows(record) if file in judge.about(one)]
    if record == "extract" or operation.answer == "extract":
        return list(rows)
    found = {one.record_class: one for one in reversed(rows)}
    if record == "disclosure":
        return [rows[0], rows[-1]]
    some: list[Row | None] = [*found.values()]
    return some[:1] if operation.writes else some


def own_row(operation: Operation, judge: Judge, file: File) -> Row:
    """Of the file itself."""
    if operation.scope == "household":
        return judge.rows("household")[0]
    own = file.case_id if operation.scope == "case" else file.person_id
    return next(one for one in judge.rows(operation.scope) if one.id == own)


def named_record(operation: Operation) -> str:
    """Of the id that varies: the last one in the path, and for what is below another, that one."""
    if operation.path.endswith(("/transitions", "/moves")) and "/tracks/" in operation.path:
        return "track"
    if operation.path.endswith("/parties"):
        return "proceeding"
    if operation.answer == "extract":
        return "disclosure"
    if operation.scope == "household":
        return "household_member"
    return {"glass": "break_glass"}.get(operation.record, operation.record)


def address(cell: Cell, scene: Scene) -> str:
    operation, file, row = cell.operation, cell.file, cell.row
    ids = {
        **dict.fromkeys(operation.names, NOWHERE),
        **scene.ids,
        "case_id": file.case_id,
        "person_id": file.person_id,
        "household_id": scene.rows["household"][0].id,
        "version": "1",  # of an instrument
    }
    if row is not None and operation.names and operation.names[-1] not in ("case_id", "person_id"):
        ids[operation.names[-1]] = row.id
        if row.record == "party":
            ids["proceeding_id"] = str(row.values["proceeding_id"])
    return operation.path.format(**ids) + asking(operation.path)
