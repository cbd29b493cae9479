"""Nothing of a line is lost on its way to a person, whatever a cell holds."""

import csv
import io
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from app.registry.operations.arriving import Arriving, from_line
from app.registry.operations.manifest import parse

HEADING = ("name", "birth", "group", "document type", "document number", "remarks")


def arrived(*cells: str) -> Arriving | None:
    """The one line of a manifest with these cells; None where it is not loadable."""
    text = io.StringIO()
    csv.writer(text).writerows([HEADING, cells])
    manifest = parse(text.getvalue().encode(), "m.csv", date(2025, 11, 1))
    return from_line(manifest.lines[0], "manifest of test") if manifest.loadable else None


def test_a_line_becomes_a_member() -> None:
    one = arrived("Синтетова Анна", "~1990", "3", "Паспорт", "ZZ 1", "tired")
    assert one is not None
    assert one.pointer == "/lines/2"
    assert one.member.birth.original == "~1990"
    assert one.member.names[0].source == "manifest of test, line 2"
    (number,) = one.member.identifiers
    assert (number.system, number.value) == ("passport", "ZZ 1")
    assert (one.member.group, one.member.remarks, one.as_written) == ("3", "tired", ())


def test_names_that_the_list_tells_apart_stay_so() -> None:
    """A school is told the given name alone."""

    def parts(heading: str, line: str) -> list[tuple[str, str | None, str | None]]:
        parsed = parse(f"{heading},birth,sex\n{line},1990,f\n".encode(), "m.csv", date(2025, 11, 1))
        one = from_line(parsed.lines[0], "manifest of test")
        return [(name.full, name.given, name.family) for name in one.member.names]

    assert parts("family name,given name", "Синтетова,Анна") == [
        ("Синтетова Анна", "Анна", "Синтетова")
    ]
    assert parts("name,given name", "Синтетова Анна,Анна") == [("Синтетова Анна", "Анна", None)]
    # In other letters than the name: part of another spelling, if of any.
    assert parts("name,given name", "Синтетова Анна,Anna") == [("Синтетова Анна", None, None)]


def test_what_has_no_place_stays_as_written() -> None:
    one = arrived("А Б", "1990", "3" * 201, "тазкира", "--", "")
    assert one is not None
    assert one.member.identifiers == []
    assert dict(one.as_written) == {
        "group": "3" * 201,
        "document_type": "тазкира",
        "document_number": "--",
    }
    long = arrived("А Б", f"около{' ' * 1500}2016", "", "", "Z" * 301, "")
    assert long is not None
    assert long.member.birth.original == "около 2016"
    assert long.birth.earliest == date(2015, 1, 1)
    assert {column for column, _ in long.as_written} == {"birth", "document_number"}


CELL = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
GROWS = st.integers(0, 2000).map("\u0958".__mul__)  # in canonical composition twice as long
WIDE = st.one_of(CELL, GROWS, st.integers(1, 1900).map(lambda n: f"около{' ' * n}2016"))


@given(WIDE, WIDE, WIDE, WIDE, WIDE)
def test_every_line_without_errors_becomes_a_member(
    birth: str, group: str, kind: str, number: str, remarks: str
) -> None:
    one = arrived("Синтетова Анна", birth, group, kind, number, remarks)
    if one is None:
        return
    kept = dict(one.as_written)
    if number.strip():
        values = [claim.value for claim in one.member.identifiers]
        assert values or kept["document_number"]
    if remarks.strip():
        assert one.member.remarks
