"""Manifests as CSV: delimiters, encodings, headings in many languages, the dirt of real lists."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.registry.operations.headings import FIELD_OF, NAMES_OF, field_of
from app.registry.operations.manifest import Manifest, parse
from app.registry.operations.words import FLAGS, RELATIONS, SEXES, flag_of, relation_of, sex_of

ARRIVAL = date(2025, 11, 1)
EXAMPLE = Path(__file__).parents[3] / "docs/examples/manifest.csv"
HEADING = "ФИО,Пол,Дата рождения"
LINE = "Синтетова Айгуль,ж,12.04.1991"


def read(text: str, name: str = "m.csv") -> Manifest:
    return parse(text.encode(), name, ARRIVAL)


def codes(manifest: Manifest) -> list[tuple[int, str | None, str]]:
    return [(found.line, found.column, found.code) for found in manifest.problems]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_delimiters_line_ends_and_bom(mark: str, end: str, bom: str) -> None:
    text = bom + end.join((HEADING, LINE, "")).replace(",", mark)
    manifest = parse(text.encode(), "m.csv", ARRIVAL)
    assert manifest.loadable, manifest.problems
    (line,) = manifest.lines
    assert (line.line, line.name_cyrillic, line.sex) == (2, "Синтетова Айгуль", 2)
    assert line.birth.earliest == date(1991, 4, 12)


def test_a_cell_may_hold_delimiters_and_lines() -> None:
    manifest = read('name;birth;remarks\n"Фиктивова; Анна";1990;"one\nand, two"\nБ Б;1991;\n')
    assert manifest.loadable
    assert [line.line for line in manifest.lines] == [2, 3]
    assert manifest.lines[0].name_cyrillic == "Фиктивова; Анна"
    assert manifest.lines[0].remarks == "one\nand, two"


@pytest.mark.parametrize("encoding", ["cp1251", "utf-16", "koi8-r"])
def test_another_encoding_is_refused_and_never_guessed(encoding: str) -> None:
    manifest = parse(f"{HEADING}\n{LINE}\n".encode(encoding), "m.csv", ARRIVAL)
    assert codes(manifest) == [(1, None, "not-utf-8")]
    assert not manifest.loadable


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "m.csv", "empty"),
        (b" \n ", "m.csv", "empty"),
        (b",,\n,,", "m.csv", "empty"),
        (b"%PDF-1.4", "m.pdf", "unsupported-format"),
        (b"\xd0\xcf\x11\xe0rest", "m.xls", "unsupported-format"),
        (b"PK\x03\x04 broken", "m.xlsx", "damaged"),
        (b"name,birth\na b,1990", "m.xlsx", "damaged"),
        (b'name,birth\n"a b,1990', "m.csv", "malformed-csv"),
        (b'name,birth\n"a"b,1990', "m.csv", "malformed-csv"),
        (b"wish,list\n1,2", "m.csv", "no-heading"),
        (b"name\na b", "m.csv", "no-heading"),
        (b"name,birth\n", "m.csv", "empty"),
        (b"name,birth\n" + b"a b,1990\n" * 5000, "m.csv", "too-many-rows"),
        (b"name,birth\n" + b"x" * 2001 + b",1990", "m.csv", "cell-too-long"),
        (b"name,birth" + b",x" * 60 + b"\na b,1990", "m.csv", "too-many-columns"),
        (b"name,birth\n" + b"x" * (10 * 1024 * 1024), "m.csv", "too-large"),
    ],
)
def test_files_that_are_not_read(data: bytes, name: str, code: str) -> None:
    manifest = parse(data, name, ARRIVAL)
    assert [found.code for found in manifest.problems] == [code]
    assert not manifest.loadable


def test_the_most_that_is_read() -> None:
    rows = [f"Синтетова Имя,ж,{1900 + number % 90}" for number in range(4_999)]
    manifest = read("\n".join([HEADING, *rows]))
    assert len(manifest.lines) == 4_999
    assert manifest.loadable


def test_a_column_that_is_not_known_would_be_lost() -> None:
    manifest = read("name,birth,CANARY\nА Б,1990,secret\n")
    assert codes(manifest) == [(1, "column 3", "unknown-column")]
    assert not manifest.loadable
    assert "CANARY" not in str(manifest.problems)
    empty = read("name,birth,CANARY\nА Б,1990,\n")
    assert empty.loadable
    assert codes(empty) == [(1, "column 3", "unknown-column")]
    headless = read("name,birth\nА Б,1990,secret\n")
    assert codes(headless) == [(1, "column 3", "unknown-column")]
    twice = read("name,birth,dob\nА Б,1990,1991\n")
    assert codes(twice) == [(1, "birth", "duplicate-column")]


@pytest.mark.parametrize("field", NAMES_OF)
def test_every_heading_stands_for_one_field(field: str) -> None:
    for synonym in NAMES_OF[field].split("|"):
        assert field_of(synonym) == field, synonym
        assert field_of(f" {synonym.upper()}: ") == field, synonym


def test_codes_are_headings_and_others_are_none() -> None:
    assert field_of("birth_date") == "birth"
    assert field_of("name_cyrillic") == "name_cyrillic"
    assert field_of("Ф.И.О.") == "name"
    assert field_of("wish") is None
    assert len(FIELD_OF) > 150


def test_every_word_has_one_meaning() -> None:
    for table, meaning_of in ((SEXES, sex_of), (RELATIONS, relation_of), (FLAGS, flag_of)):
        for meaning, words in table.items():
            for word in words.split("|"):
                assert meaning_of(word.strip()) == meaning, word
                assert meaning_of(f" {word.strip().upper()} ") == meaning, word
    assert (sex_of("x"), relation_of("x"), flag_of("x?")) == (None, None, None)


def test_the_dirt_of_a_list_is_a_warning_and_kept() -> None:
    manifest = read(
        "name,sex,birth,relationship,nationality,unaccompanied\n"
        "А Б,?,01.01.2015,neighbour,Kazakhstan,perhaps\n"
        "В Г,,,,kz,да\n"
    )
    assert manifest.loadable
    dirty, clean = manifest.lines
    assert set(codes(manifest)) >= {
        (2, "sex", "sex-unknown"),
        (2, "birth", "birth-placeholder"),
        (2, "relationship", "relationship-unknown"),
        (2, "nationality", "nationality-unknown"),
        (2, "unaccompanied", "flag-unknown"),
        (3, "sex", "sex-unknown"),
    }
    assert dirty.as_written == (
        ("sex", "?"),
        ("relationship", "neighbour"),
        ("nationality", "Kazakhstan"),
        ("unaccompanied", "perhaps"),
    )
    assert (clean.nationality, clean.unaccompanied, clean.birth.precision) == (
        *("KAZ", True, "unknown"),
    )


def test_names_go_to_the_script_of_their_letters() -> None:
    manifest = read(
        "name cyrillic,name latin,birth\n"
        "Синтетова Анна,Sintetova Anna,1990\n"
        "Sintetova Anna,,1990\n"
        ",,1990\n"
    )
    first, second, third = manifest.lines
    assert (first.name_cyrillic, first.name_latin) == ("Синтетова Анна", "Sintetova Anna")
    assert second.name_cyrillic == "Sintetova Anna"
    assert third.names == ()
    assert (3, "name_cyrillic", "mixed-script") in codes(manifest)
    assert (3, "name_latin", "name-missing") in codes(manifest)
    assert (4, "name_cyrillic", "name-missing") in codes(manifest)
    assert not manifest.loadable
    arabic = read("name,birth\nفاطمة أحمد,1990\n").lines[0]
    assert (arabic.name_other, arabic.names) == ("فاطمة أحمد", ("فاطمة أحمد",))
    parts = read("Фамилия,Имя,Отчество,Дата рождения\nСинтетова,Анна,Фиктивовна,1990\n").lines[0]
    assert (parts.name_cyrillic, parts.patronymic) == ("Синтетова Анна", "Фиктивовна")


@pytest.mark.parametrize(
    ("cell", "code"),
    [("А\u202eБ", "bidi-control"), ("123", "no-letter"), ("А\x07Б", "control-character")],
)
def test_a_name_that_is_none(cell: str, code: str) -> None:
    manifest = read(f"name,birth\n{cell},1990\n")
    assert (2, "name", code) in codes(manifest)
    assert not manifest.loadable


def test_titles_above_the_headings_are_passed_over_and_told() -> None:
    manifest = read(f"Список,,\n,,\n{HEADING}\n{LINE}\n")
    assert manifest.loadable
    assert codes(manifest) == [(3, None, "text-above-heading")]
    assert manifest.lines[0].line == 4
    late = read("\n".join([*["x,y,z"] * 10, HEADING, LINE]))
    assert codes(late) == [(1, None, "no-heading")]


def test_problems_are_limited_and_in_order() -> None:
    rows = ["А Б,ж,nonsense"] * 1_200
    manifest = read("\n".join([HEADING, *rows]))
    assert len(manifest.problems) == 1_001
    assert manifest.problems[-1].code == "more-problems"
    assert not manifest.loadable
    assert len(manifest.wrong) == 1_200
    many = ["А Б,,1990"] * 1_100
    assert read("\n".join([HEADING, *many])).loadable  # warnings alone, however many
    late = read("\n".join([HEADING, *many, "А Б,,nonsense"]))
    assert not late.loadable  # though the error is not among the thousand that are listed
    assert late.wrong == {1_102}


def test_the_example_is_loadable_and_full_of_dirt() -> None:
    manifest = parse(EXAMPLE.read_bytes(), "manifest.csv", ARRIVAL)
    assert manifest.loadable
    assert len(manifest.lines) == 12
    assert len({found.code for found in manifest.problems}) >= 5
    watermark = ("синтет", "фиктив", "образц", "sintet", "fiktiv", "obraz")
    for line in manifest.lines:
        assert all(name.casefold().startswith(watermark) for name in line.names)


@given(st.binary(max_size=300), st.sampled_from(["m.csv", "m.xlsx", "", "m.xls"]))
def test_any_bytes_are_a_manifest(data: bytes, name: str) -> None:
    manifest = parse(data, name, ARRIVAL)
    assert manifest.loadable or any(found.severity == "error" for found in manifest.problems)


CELL = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(st.lists(st.tuples(CELL, CELL, CELL, CELL), max_size=6))
def test_no_line_is_lost_and_no_cell_is_repeated(rows: list[tuple[str, ...]]) -> None:
    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""').replace("\0", "") + '"'

    marked = [[f"CANARY{cell}" for cell in row] for row in rows]
    lines = [",".join(map(quoted, row)) for row in marked]
    manifest = read("\n".join(["name,birth,sex,relationship", *lines]))
    if manifest.lines:
        assert len(manifest.lines) == len(rows)
    assert "CANARY" not in str(manifest.problems)
