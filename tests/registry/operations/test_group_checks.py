"""What only shows when lines are seen together: children alone, doubles, one paper for two."""

from datetime import date

import pytest

from app.registry.operations.arriving import Arriving, from_members
from app.registry.operations.families import families_of, family_problems, part_of
from app.registry.operations.group_checks import MOST_COMPARED, check_groups, unborn
from app.registry.operations.manifest import parse
from app.registry.operations.schemas import MemberIn
from tests.registry.acting import person

ARRIVAL = date(2025, 11, 1)


def told(*lines: str, on: date | None = ARRIVAL) -> list[tuple[int, str]]:
    text = "\n".join(["group,name,sex,birth,document number", *lines])
    manifest = parse(text.encode(), "m.csv", on)
    wanted = ("unaccompanied", "possible-duplicate", "same-document")
    assert all(found.severity == "warning" for found in manifest.problems)
    return [(found.line, found.code) for found in manifest.problems if found.code in wanted]


def test_a_group_without_anybody_of_age() -> None:
    assert told("1,А Ббб,ж,2010,", "1,В Ггг,м,2012,") == [(2, "unaccompanied")]
    assert told("1,А Ббб,ж,1990,", "1,В Ггг,м,2012,") == []
    assert told(",А Ббб,ж,2010,", ",В Ггг,м,2012,") == [
        *((2, "unaccompanied"), (3, "unaccompanied")),
    ]
    assert told("1,А Ббб,ж,,", "1,В Ггг,м,2012,") == [(2, "unaccompanied")]  # nobody surely
    assert told("1,А Ббб,ж,2007-11-02,") == [(2, "unaccompanied")]
    assert told("1,А Ббб,ж,2007-11-01,") == []
    assert told("1,А Ббб,ж,01.01.2007,") == [(2, "unaccompanied")]  # may stand for the year


def test_without_a_day_of_arrival_the_youngest_birth_is_it() -> None:
    assert told("1,А Ббб,ж,2000,", "1,В Ггг,м,2019,", on=None) == []
    assert told("1,А Ббб,ж,2005,", "1,В Ггг,м,2019,", on=None) == [(2, "unaccompanied")]


def test_one_passenger_in_two_scripts() -> None:
    one, other = "1,Синтетова Айгуль,ж,12.04.1991,", "1,Aigul Sintetova,f,1991-04-12,"
    assert told(one, other) == [(3, "possible-duplicate")]
    assert told(one, other.replace(",f,", ",m,")) == []
    assert told(one, other.replace("1991-04-12", "1991-04-13")) == []
    assert told(one, "1,Синтетова Гульнара,ж,12.04.1991,") == []  # a twin


def test_a_whole_column_of_one_birth() -> None:
    letters = "абдзлмнпрстф"  # that sound like no other
    names = [f"{a}о{b}ен" for a in letters for b in letters][: MOST_COMPARED + 1]
    lines = [f"1,{name.title()} Имя,м,01.01.1990," for name in names]
    doubled = [*lines, lines[4]]
    assert told(*doubled) == [(len(doubled) + 1, "possible-duplicate")]


def test_one_paper_for_two() -> None:
    assert told("1,А Ббб,ж,1990,ZZ 1", "1,В Ггг,м,2012,zz1") == [(3, "same-document")]


def arriving(*members: dict[str, object]) -> list[Arriving]:
    found, problems = from_members([MemberIn.model_validate(one) for one in members])
    assert not problems
    return found


def test_json_members_pass_the_same_checks() -> None:
    some = arriving(
        person("Синтетова Айгуль", "1991-04-12", group="1"),
        person("Sintetova Aigul", "1991-04-12", group="1"),
        person("Фиктивов Юный", "2149-01-01", group="2"),
    )
    found = [*check_groups(some, ARRIVAL), *unborn(some, ARRIVAL)]
    assert {(one.line, one.code, one.severity) for one in found} == {
        (2, "possible-duplicate", "warning"),
        (3, "unaccompanied", "warning"),
        (3, "future", "error"),
    }


def test_kin_are_kin_of_the_head() -> None:
    some = arriving(
        person("М М", "1990", group="1", relationship="head"),
        person("Д Д", "2015", group="1", relationship="daughter"),
        person("Б Б", "1960", group="1", relationship="grandmother"),
        person("С С", "1989", group="1", relationship="spouse"),
        person("Н Н", "2010", group="1", relationship="none"),
        person("О О", "2010", group="1"),
        person("Л Л", "1990", group="2", relationship="head"),
    )
    (family,) = families_of(some)
    kin = [(one.line, kind, head.line) for one, kind, head in family.kin()]
    assert kin == [(2, "child", 1), (3, "grandparent", 1), (4, "spouse", 1)]
    assert [part_of(one) for one in family.members] == [
        *("head", "child", "grandparent", "spouse", "unrelated", "member"),
    ]
    assert list(family_problems([family])) == []


@pytest.mark.parametrize(
    ("relations", "code"),
    [
        (("daughter", "son"), "head-unclear"),
        (("head", "head"), "head-unclear"),
        (("head", "mother"), "relationship-impossible"),
        ((None, None), None),
        (("head", None), None),
        (("head", "sister"), None),
    ],
)
def test_families_that_are_unclear(relations: tuple[str | None, ...], code: str | None) -> None:
    some = arriving(
        person("М М", "1990", group="1", relationship=relations[0]),
        person("Д Д", "2015", group="1", relationship=relations[1]),
    )
    found = list(family_problems(families_of(some)))
    assert [one.code for one in found] == ([code] if code else [])
    assert all(one.severity == "warning" for one in found)
