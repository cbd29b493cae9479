"""Manifests as XLSX: as Excel makes them, and as somebody makes them who means harm."""

import zipfile
from datetime import date, datetime
from typing import Any

import pytest

from app.registry.operations.manifest import Manifest, parse
from app.registry.operations.workbook import MOST_PARTS, MOST_UNPACKED
from tests.registry.operations.files import HEADING, altered, archive, workbook

ARRIVAL = date(2025, 11, 1)
SHEET = "xl/worksheets/sheet1.xml"
LINE = ("Синтетова Айгуль", "ж", date(1991, 4, 12), 1)


def read(data: bytes) -> Manifest:
    return parse(data, "m.xlsx", ARRIVAL)


def only_code(data: bytes) -> str:
    manifest = read(data)
    assert not manifest.loadable
    (found,) = manifest.problems
    return found.code


def test_dates_as_numbers_and_numbers_as_text() -> None:
    rows = [
        HEADING,
        LINE,
        ("Синтетов Тимур", "м", datetime(2015, 3, 1), 1.0),  # noqa: DTZ001
        ("Фиктивова Анна", "ж", 1990, "2"),
        ("Фиктивова Вера", "ж", "около 2016", None),
    ]
    manifest = read(workbook(rows))
    assert manifest.loadable, manifest.problems
    births = [line.birth.value for line in manifest.lines]
    assert births == ["1991-04-12", "2015-03-01", "1990", "2016"]
    assert [line.group for line in manifest.lines] == ["1", "1", "2", None]
    assert [line.line for line in manifest.lines] == [2, 3, 4, 5]


def test_merged_titles_and_empty_rows() -> None:
    def title(book: Any, sheet: Any) -> None:
        sheet.merge_range(0, 0, 1, 3, "Список пассажиров", book.add_format({"bold": True}))

    rows: list[Any] = [(), (), HEADING, LINE, (), ("Фиктивова Анна", "ж", 1990, 2)]
    manifest = read(workbook(rows, title))
    assert manifest.loadable, manifest.problems
    assert [line.line for line in manifest.lines] == [4, 6]
    assert manifest.problems[0].code == "text-above-heading"


def test_what_looks_a_formula_stays_text() -> None:
    manifest = read(workbook([(*HEADING, "remarks"), (*LINE, "=HYPERLINK(1)")]))
    assert manifest.lines[0].remarks == "=HYPERLINK(1)"
    bad = read(workbook([HEADING, ("=1+1", "ж", 1990, 1)]))
    assert ("name", "no-letter") in {(found.column, found.code) for found in bad.problems}


def test_other_sheets_are_told_of() -> None:
    def second(book: Any, sheet: Any) -> None:
        other = book.add_worksheet("other")
        other.write(0, 0, "kept apart")

    manifest = read(workbook([HEADING, LINE], second))
    assert manifest.loadable
    assert "more-sheets" in {found.code for found in manifest.problems}

    def hidden(book: Any, sheet: Any) -> None:
        other = book.add_worksheet("shown")
        for column, cell in enumerate(("name", "birth")):
            other.write(0, column, cell)
            other.write(1, column, ("Фиктивова Вера", "1990")[column])
        other.activate()
        other.set_first_sheet()
        sheet.hide()

    (line,) = read(workbook([HEADING, LINE], hidden)).lines
    assert line.name_cyrillic == "Фиктивова Вера"


def test_too_many_rows_and_columns() -> None:
    rows = [HEADING, *[("А Б", "ж", 1990, 1)] * 5_000]
    assert only_code(workbook(rows)) == "too-many-rows"
    assert only_code(workbook([(*HEADING, *["x"] * 60), LINE])) == "too-many-columns"

    def far(book: Any, sheet: Any) -> None:
        sheet.write(1_000_000, 0, "x")

    assert only_code(workbook([HEADING, LINE], far)) == "too-many-rows"


def test_a_bomb_is_measured_before_it_is_unpacked() -> None:
    good = workbook([HEADING, LINE])
    bomb = altered(good, SHEET, lambda part: part + b" " * (MOST_UNPACKED + 1))
    assert only_code(bomb) == "unpacks-too-large"
    whole = b"<sst>" + b"<si><t>" + b"x" * 100_000 + b"</t></si></sst>"
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 2_000))
    repeated = altered(good, "xl/sharedStrings.xml", lambda _: whole)
    sheet = f"<worksheet><sheetData>{cells}</sheetData></worksheet>".encode()
    assert only_code(altered(repeated, SHEET, lambda _: sheet)) == "unpacks-too-large"
    many = {f"x{n}": b"" for n in range(MOST_PARTS + 1)}
    assert only_code(archive({"xl/workbook.xml": b"<x/>", **many})) == "damaged"


def test_a_directory_that_lies_about_sizes() -> None:
    good = workbook([HEADING, LINE])
    packed = archive({"xl/workbook.xml": b"<x/>", SHEET: b"A" * 1_000_000})
    place = packed.rindex(b"PK\x01\x02", 0, packed.rindex(SHEET.encode()))
    lying = bytearray(packed)
    lying[place + 24 : place + 28] = (100).to_bytes(4, "little")
    assert only_code(bytes(lying)) == "damaged"
    assert read(good).loadable


@pytest.mark.parametrize(
    "change",
    [
        lambda part: b'<!DOCTYPE x [<!ENTITY e "x">]>' + part,
        lambda part: part.replace(b"<sheetData>", b"<sheetData><!ENTITY e SYSTEM 'file:///'>"),
        lambda part: part.replace(b'r="A1"', b'r="A1" r="ZZZ99"'),
        lambda part: part.replace(b'<row r="2"', b"<row"),
        lambda part: part.replace(b'r="A1"', b'r="1"'),
        lambda part: part.replace(b"<v>0</v>", b"<v>999999</v>"),
        lambda part: part + b"\0",
        lambda part: part[: len(part) // 2],
        lambda _: b"",
    ],
)
def test_parts_that_no_spreadsheet_writes(change: Any) -> None:
    data = altered(workbook([HEADING, LINE]), SHEET, change)
    manifest = read(data)
    assert not manifest.loadable
    refused = {"damaged", "empty", "no-heading", "too-many-columns"}
    assert {found.code for found in manifest.problems} <= refused


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"word/document.xml": b"<x/>"}, "unsupported-format"),
        ({"xl/workbook.xml": b"<workbook/>"}, "damaged"),
        ({"xl/workbook.xml": b"<!DOCTYPE x><workbook/>"}, "damaged"),
    ],
)
def test_archives_that_are_no_workbook(parts: dict[str, bytes], code: str) -> None:
    assert only_code(archive(parts, zipfile.ZIP_STORED)) in (code, "empty")


def test_a_locked_archive_is_said_to_be_locked() -> None:
    good = bytearray(workbook([HEADING, LINE]))
    place = good.index(b"PK\x01\x02")
    good[place + 8] |= 1
    assert only_code(bytes(good)) == "password"


def test_any_flipped_byte_is_a_manifest_all_the_same() -> None:
    good = workbook([HEADING, LINE])
    for place in range(0, len(good), 37):
        flipped = bytearray(good)
        flipped[place] ^= 0xFF
        manifest = read(bytes(flipped))
        assert manifest.loadable or manifest.problems
