"""Reads the first visible sheet of an XLSX file that may have been made to do harm.

Before the reader sees it, the archive is measured, read within that measure and packed anew with
only the parts that hold cells; and no cell may stand outside the rows and columns allowed, for
the reader reserves room for every cell between the first and the last.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from app.registry.operations.sheet import MOST_COLUMNS, MOST_ROWS, Row, Sheet, SheetFault

MOST_UNPACKED = 64 * 1024 * 1024  # bytes
MOST_PARTS = 500
PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels"
    r"|xl/(?:workbook|sharedStrings|styles)\.xml|xl/_rels/workbook\.xml\.rels"
    r"|xl/worksheets/[^/]+\.xml"
)
TAG = re.compile(rb"<(?:[\w.-]+:)?(c|row)(?=[\s/>])([^>]*)>")
ATTRIBUTE = re.compile(rb"""\s+([\w:.-]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')""")
CELL_OR_ROW = re.compile(rb"([A-Z]{0,3})([0-9]{1,7})")
SHARED_ITEM = re.compile(rb"<(?:[\w.-]+:)?si(?=[\s/>])")
SHARED_NUMBER = re.compile(rb"<(?:[\w.-]+:)?v>([0-9]{1,9})</")


def read_workbook(data: bytes) -> Sheet:
    """Rows as text, empty ones in their places. Raises SheetFault, whatever the bytes are."""
    try:
        packed, notes = repacked(data)
        rows = list(cells(packed))
    except (zipfile.BadZipFile, zlib.error, CalamineError, OSError, ValueError) as fault:
        raise fault if isinstance(fault, SheetFault) else SheetFault("damaged") from None
    except (NotImplementedError, RuntimeError, EOFError, KeyError, IndexError, OverflowError):
        # What zipfile and the reader raise for packing, encryption and offsets that are amiss.
        raise SheetFault("damaged") from None
    except BaseException as fault:
        # A panic of the reader is no Exception in Python, but it is a damaged file all the same.
        if type(fault).__name__ != "PanicException":
            raise
        raise SheetFault("damaged") from None
    return Sheet(rows, notes)


def repacked(data: bytes) -> tuple[bytes, list[str]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        names = [entry.filename for entry in entries]
        if len(entries) > MOST_PARTS or len(set(names)) != len(names):
            raise SheetFault("damaged")
        if any(entry.flag_bits & 1 for entry in entries):
            raise SheetFault("password")
        if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
            raise SheetFault("unpacks-too-large")
        if "xl/workbook.xml" not in names:
            raise SheetFault("unsupported-format")
        # Reading stops at the size that the directory states, and checks the sum.
        parts = {name: archive.read(name) for name in names if PARTS.fullmatch(name)}
    shared = [len(item) for item in SHARED_ITEM.split(parts.get("xl/sharedStrings.xml", b""))[1:]]
    for name, part in parts.items():
        if b"\0" in part or b"<!DOCTYPE" in part or b"<!ENTITY" in part:
            raise SheetFault("damaged")
        if name.startswith("xl/worksheets/"):
            measure(part, shared)
    fresh = io.BytesIO()
    with zipfile.ZipFile(fresh, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), part)
    sheets = sum(name.startswith("xl/worksheets/") for name in parts)
    return fresh.getvalue(), ["more-sheets"] if sheets > 1 else []


def measure(sheet: bytes, shared: list[int]) -> None:
    """Every row and cell says where it is, within bounds; a shared text counts each time shown."""
    shown = 0
    for tag in TAG.finditer(sheet):
        if ATTRIBUTE.sub(b"", tag[2]).strip() not in (b"", b"/"):
            raise SheetFault("damaged")
        said = {name: one or other for name, one, other in ATTRIBUTE.findall(tag[2])}
        place = CELL_OR_ROW.fullmatch(said.get(b"r", b""))
        if place is None or bool(place[1]) != (tag[1] == b"c"):
            raise SheetFault("damaged")
        if int(place[2]) > MOST_ROWS:
            raise SheetFault("too-many-rows")
        if column_number(place[1]) > MOST_COLUMNS:
            raise SheetFault("too-many-columns")
        if said.get(b"t") == b"s" and not tag[2].endswith(b"/"):
            number = SHARED_NUMBER.match(sheet, tag.end())
            if number is None or int(number[1]) >= len(shared):
                raise SheetFault("damaged")
            shown += shared[int(number[1])]
            if shown > MOST_UNPACKED:
                raise SheetFault("unpacks-too-large")


def column_number(letters: bytes) -> int:
    """A is 1, AA is 27; no letters are 0."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def cells(packed: bytes) -> Iterator[Row]:
    with CalamineWorkbook.from_filelike(io.BytesIO(packed)) as book:
        visible = [
            place
            for place, sheet in enumerate(book.sheets_metadata)
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
        ]
        if not visible:
            raise SheetFault("empty")
        rows = book.get_sheet_by_index(visible[0]).to_python(skip_empty_area=False)
        yield from ([text_of(cell) for cell in row] for row in rows)


def text_of(cell: int | float | str | bool | date | datetime | time | timedelta) -> str:
    """A number without .0, a date as ISO 8601; text as it stands, also where it looks a formula."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime):
        whole_day = cell.time() == time()
        return cell.date().isoformat() if whole_day else cell.isoformat(" ", "seconds")
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)
