"""A passenger manifest as a foreign ministry sends it: CSV or XLSX in, lines and problems out.

Nothing is guessed and nothing is lost: what is not understood is a problem with its line and
column, and the cell stays in `as_written`. No problem ever repeats what a cell holds, for problems
go where names must not: into logs, e-mails and screens of whoever loads the file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.registry.operations.group_checks import check_groups
from app.registry.operations.headings import field_of, known
from app.registry.operations.lines import LineProblem, ManifestLine, Severity, line_of
from app.registry.operations.sheet import MOST_BYTES, Row, Sheet, SheetFault, bounded, read_csv
from app.registry.operations.workbook import read_workbook

HEADING_WITHIN = 10  # rows: titles and dates may stand above the headings
MOST_PROBLEMS = 1_000
OLD_EXCEL = b"\xd0\xcf\x11\xe0"  # also what Excel makes of a workbook with a password
ZIP = b"PK"


@dataclass(frozen=True)
class Manifest:
    """What the file says, and what is wrong with it; loadable only without errors."""

    lines: tuple[ManifestLine, ...]
    problems: tuple[LineProblem, ...]
    wrong: frozenset[int] = frozenset()  # every line with an error, listed or not

    @property
    def loadable(self) -> bool:
        return bool(self.lines) and all(found.severity != "error" for found in self.problems)


def parse(data: bytes, filename: str, on: date | None = None) -> Manifest:
    """Read a manifest. Never raises: a file that cannot be read is a manifest with one error.

    `on` is the day of arrival, against which ages are told; without it, the day of the youngest
    birth in the file is taken, the earliest that the manifest can be of.
    """
    try:
        sheet = read(data, filename)
    except SheetFault as fault:
        return Manifest((), (LineProblem(fault.line, None, fault.code, fault.detail),))
    start = heading_at(sheet.rows)
    if start is None:
        missing = LineProblem(
            1,
            None,
            "no-heading",
            f"none of the first {HEADING_WITHIN} rows names a column of names",
        )
        return Manifest((), (missing,))
    columns, problems = columns_of(sheet, start)
    problems += [
        LineProblem(1, None, note, "only the first visible sheet is read", "warning")
        for note in sheet.notes
    ]
    lines = []
    for number, row in enumerate(sheet.rows[start + 1 :], start=start + 2):
        cells = {field: row[place] for place, field in columns.items() if place < len(row)}
        if any(cell.strip() for cell in cells.values()):
            line, found = line_of(number, cells, frozenset(columns.values()))
            lines.append(line)
            problems += found
    if not lines:
        problems.append(LineProblem(start + 1, None, "empty", "no passenger follows the headings"))
    problems += check_groups(lines, on)
    wrong = frozenset(found.line for found in problems if found.severity == "error")
    ordered = sorted(problems, key=lambda found: found.line)
    return Manifest(tuple(lines), limited(ordered), wrong)


def read(data: bytes, filename: str) -> Sheet:
    """By what the bytes are; the name only helps to tell an old format from a wrong encoding."""
    if len(data) > MOST_BYTES:
        raise SheetFault("too-large")
    if not data.strip():
        raise SheetFault("empty")
    if data.startswith(ZIP):
        return bounded(read_workbook(data))
    if data.startswith(OLD_EXCEL):
        raise SheetFault("unsupported-format")
    if filename.casefold().endswith((".xlsx", ".xlsm")):
        raise SheetFault("damaged")
    if filename.casefold().endswith((".xls", ".ods", ".pdf", ".doc", ".docx")):
        raise SheetFault("unsupported-format")
    return bounded(read_csv(data, known))


def heading_at(rows: Sequence[Row]) -> int | None:
    """The first row near the top that names a column of names and one more, if there is one."""
    naming = {"name", "name_cyrillic", "name_latin", "family", "given"}
    for place, row in enumerate(rows[:HEADING_WITHIN]):
        if known(row) > 1 and naming & {field_of(cell) for cell in row}:
            return place
    return None


def columns_of(sheet: Sheet, start: int) -> tuple[Mapping[int, str], list[LineProblem]]:
    """Place → field of every column that is read, and what is wrong with the others.

    A column that is not known and has content is an error: it would be lost without a word.
    """
    heading, line = sheet.rows[start], start + 1
    columns: dict[int, str] = {}
    problems = []
    if any(cell.strip() for row in sheet.rows[:start] for cell in row):
        detail = "rows above the headings are not read"
        problems.append(LineProblem(line, None, "text-above-heading", detail, "warning"))
    width = max(len(row) for row in sheet.rows[start:])
    for place in range(width):
        field = field_of(heading[place]) if place < len(heading) else None
        shown = f"column {place + 1}"
        if field in columns.values():
            detail = f"{shown} has the same heading as another"
            problems.append(LineProblem(line, field, "duplicate-column", detail))
        elif field is not None:
            columns[place] = field
        elif any(row[place].strip() for row in sheet.rows[start + 1 :] if place < len(row)):
            detail = f"the heading of {shown} is not known; rename the column or take it out"
            problems.append(LineProblem(line, shown, "unknown-column", detail))
        elif place < len(heading) and heading[place].strip():
            detail = f"the heading of {shown} is not known; the column is empty"
            problems.append(LineProblem(line, shown, "unknown-column", detail, "warning"))
    return columns, problems


def limited(problems: Sequence[LineProblem]) -> tuple[LineProblem, ...]:
    if len(problems) <= MOST_PROBLEMS:
        return tuple(problems)
    last, rest = problems[MOST_PROBLEMS].line, problems[MOST_PROBLEMS:]
    severity: Severity = "error" if any(found.severity == "error" for found in rest) else "warning"
    detail = "there are more problems than are listed"
    more = LineProblem(last, None, "more-problems", detail, severity)
    return (*problems[:MOST_PROBLEMS], more)
