"""A table as a file brings it: rows of text, and what may be wrong with the file as a whole."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field

MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS = 5_000  # the heading included
MOST_COLUMNS = 50
WIDEST = 20 * MOST_COLUMNS  # with the empty cells at the end of a row
LONGEST_CELL = 2_000  # characters
DELIMITERS = ",;\t"

Row = list[str]

FAULTS = {
    "empty": "the file holds no table",
    "too-large": "the file is larger than 10 MB",
    "unpacks-too-large": "the workbook unpacks to more than 64 MB",
    "too-many-rows": f"a sheet has more than {MOST_ROWS} rows",
    "too-many-columns": f"a sheet has more than {MOST_COLUMNS} columns",
    "not-utf-8": "the text is not UTF-8; save it as “CSV UTF-8” or as XLSX",
    "malformed-csv": "a quotation mark is opened and not closed, or stands inside a cell",
    "unsupported-format": "only CSV in UTF-8 and XLSX are read",
    "password": "the workbook is protected by a password",
    "damaged": "the workbook is damaged or not made as a spreadsheet makes it",
    "cell-too-long": f"a cell has more than {LONGEST_CELL} characters",
}


class SheetFault(ValueError):
    """Why a file is not read at all; `code` is stable, nothing of the file is repeated."""

    def __init__(self, code: str, line: int = 1) -> None:
        super().__init__(FAULTS[code])
        self.code, self.detail, self.line = code, FAULTS[code], line


@dataclass(frozen=True)
class Sheet:
    rows: list[Row]
    notes: list[str] = field(default_factory=list)  # codes of what the reader passed over


def read_csv(data: bytes, known: Callable[[Row], int]) -> Sheet:
    """Rows of a CSV file; the delimiter is the one that shows the most known headings.

    `known` counts the headings in a row. Raises SheetFault.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise SheetFault("not-utf-8", data.count(b"\n", 0, fault.start) + 1) from None
    if "\0" in text:
        raise SheetFault("not-utf-8")
    opening = text[:20_000].splitlines()[:10]
    delimiter = max(
        DELIMITERS,
        key=lambda mark: max(
            (known(line.split(mark, WIDEST)[:WIDEST]) for line in opening), default=0
        ),
    )
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    try:
        for row in reader:
            if len(rows) >= MOST_ROWS:
                raise SheetFault("too-many-rows", MOST_ROWS + 1)
            if len(row) > WIDEST:
                raise SheetFault("too-many-columns", len(rows) + 1)
            rows.append(row)
    except csv.Error:
        raise SheetFault("malformed-csv", len(rows) + 1) from None
    return Sheet(rows)


def bounded(sheet: Sheet) -> Sheet:
    """The same sheet, without empty cells at the end of rows. Raises SheetFault beyond a limit."""
    rows = []
    for line, row in enumerate(sheet.rows, start=1):
        trimmed = row[
            : max((place for place, cell in enumerate(row, 1) if cell.strip()), default=0)
        ]
        if len(trimmed) > MOST_COLUMNS:
            raise SheetFault("too-many-columns", line)
        if any(len(cell) > LONGEST_CELL for cell in trimmed):
            raise SheetFault("cell-too-long", line)
        rows.append(trimmed)
    if len(rows) > MOST_ROWS:
        raise SheetFault("too-many-rows", MOST_ROWS + 1)
    if not any(rows):
        raise SheetFault("empty")
    return Sheet(rows, sheet.notes)
