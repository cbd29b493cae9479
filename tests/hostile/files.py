"""Spreadsheets made to do harm."""

import io
import zipfile

from tests.registry.operations.files import HEADING, altered, workbook

ROWS = [HEADING, ("Синтетова Проба", "ж", "1991", 1)]
DECLARED = b"<?xml version='1.0'?>"


def bomb() -> bytes:
    """Some kilobytes that unpack to 4 GB, in parts that all share one piece of the archive."""
    zeros, made = b"\0" * (1 << 20), io.BytesIO(workbook(ROWS))
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("xl/worksheets/sheet2.xml", zeros)
    data = made.getvalue()
    # The directory may say what it likes: 4 GB, less a byte.
    at = data.rindex(b"PK\x01\x02")
    return data[: at + 24] + b"\xff\xff\xff\xfe" + data[at + 28 :]


def doctype(text: bytes) -> bytes:
    def change(part: bytes) -> bytes:
        declaration, found, rest = part.partition(b"?>")
        assert found
        return declaration + found + text + rest

    return altered(workbook(ROWS), "xl/sharedStrings.xml", change)


def entities() -> bytes:
    """A billion laughs."""
    lines = [b'<!ENTITY a0 "laugh">']
    lines += [b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)]
    return doctype(b"<!DOCTYPE sst [" + b"".join(lines) + b"]>")


def external() -> bytes:
    return doctype(b'<!DOCTYPE sst [<!ENTITY x SYSTEM "file:///etc/passwd">]>')


# What a spreadsheet would run; without quotation marks, which the table itself needs.
CELLS = ("=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(A1)", "|cmd")


def formulas() -> bytes:
    rows = [f"Синтетов {cell},м" for cell in CELLS]
    return ("ФИО,Пол\n" + "\n".join(rows) + "\n").encode()
