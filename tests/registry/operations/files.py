"""Files as ministries and attackers make them."""

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import xlsxwriter

DEFLATED = zipfile.ZIP_DEFLATED
HEADING = ("ФИО", "Пол", "Дата рождения", "Группа")


def workbook(
    rows: Sequence[Sequence[Any]], finish: Callable[[Any, Any], None] | None = None
) -> bytes:
    """An XLSX file with these rows; dates as Excel stores them, as numbers with a format."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True, "strings_to_formulas": False})
    day = book.add_format({"num_format": "dd.mm.yyyy"})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, date | datetime):
                sheet.write_datetime(number, column, cell, day)
            elif cell is not None:
                sheet.write(number, column, cell)
    if finish:
        finish(book, sheet)
    book.close()
    return made.getvalue()


def altered(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same workbook with one part of its archive changed."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w", DEFLATED) as new:
        for name in old.namelist():
            whole = old.read(name)
            new.writestr(name, change(whole) if name == part else whole)
    return made.getvalue()


def archive(parts: dict[str, bytes], method: int = DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as new:
        for name, whole in parts.items():
            new.writestr(name, whole)
    return made.getvalue()
