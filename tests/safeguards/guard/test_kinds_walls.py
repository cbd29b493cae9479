"""The second wall of each kind word for word: where its rows belong, and what it takes unseen."""

import re

from app.core.db import table
from app.main import ROUTERS  # declares every kind
from app.registry.cases.models import CaseRecord
from app.registry.people.models import PersonRecord
from app.safeguards.access.bars import EVERYBODY
from app.safeguards.guard.protected import protected_kinds
from app.safeguards.guard.row_security import made
from app.safeguards.guard.second_wall import FUNCTIONS

PLACE = "nullif(current_setting('casework.jurisdiction', true), '')"
SCOPE = "nullif(current_setting('casework.scope', true), '')"
UNIT = "nullif(current_setting('casework.unit', true), '')"
STATED = f"{PLACE} IS NOT NULL"
assert ROUTERS


def open_to_anybody(file: str) -> str:
    return (
        f"(NOT (EXISTS (SELECT 1 FROM file_bars WHERE file_bars.file_id = {file}"
        f" AND file_bars.user_id = '{EVERYBODY}')) OR {SCOPE} = 'sealed')"
    )


def of_staff(user: str) -> str:
    return (
        "(EXISTS (SELECT 1 FROM users LEFT OUTER JOIN units ON units.id = users.unit_id"
        f" WHERE users.id = {user} AND coalesce(units.jurisdiction, '-') = {PLACE}))"
    )


def with_the(owner: str, key: str, name: str = "id") -> str:
    return f"(EXISTS (SELECT 1 FROM {owner} WHERE {owner}.{name} = {key}))"


def of_unit(column: str) -> str:
    return f"({UNIT} IS NULL OR CAST({column} AS TEXT) = {UNIT})"


def with_a_case(name: str) -> str:
    return f"({UNIT} IS NULL OR is_case({name}.case_id))"


SHOWS = {
    **{
        one: f"{one}.jurisdiction = {PLACE}"
        for one in ("agreements", "covers", "erasures", "operations")
    },
    **{
        name: f"{name}.case_jurisdiction = {PLACE} AND {with_a_case(name)}"
        f" AND {open_to_anybody(f'{name}.case_id')}"
        for name in (table(kind).name for kind in protected_kinds(CaseRecord))
    },
    "team_members": (
        f"team_members.jurisdiction = {PLACE} AND {with_a_case('team_members')}"
        f" AND {open_to_anybody('team_members.case_id')}"
    ),
    "broken_glass": (
        f"broken_glass.case_jurisdiction = {PLACE} AND {open_to_anybody('broken_glass.case_id')}"
    ),
    "cases": (
        f"cases.jurisdiction = {PLACE} AND {of_unit('cases.unit_id')}"
        f" AND {open_to_anybody('cases.id')}"
    ),
    "persons": (
        f"{with_the('cases', 'persons.id', 'person_id')} OR persons.unit_id IN (SELECT units.id"
        f" FROM units WHERE units.jurisdiction = {PLACE}) AND {of_unit('persons.unit_id')}"
        " AND NOT has_case(persons.id)"
    ),
    **{
        name: with_the("persons", f"{name}.person_id")
        for name in (
            "household_members",
            *(table(kind).name for kind in protected_kinds(PersonRecord)),
        )
    },
    "households": with_the("household_members", "households.id", "household_id"),
    **{name: of_staff(f"{name}.user_id") for name in ("conflicts_of_interest", "notices")},
    **dict.fromkeys(("licence_attestations", "text_packs"), STATED),
}
TAKES = {**SHOWS, "households": STATED, "notices": STATED}


def test_each_kind_belongs_where_its_wall_says() -> None:
    system = f" OR {SCOPE} = 'system'"
    every = [*made()]
    for found, due in (
        ({one.table: one.shows for one in every}, SHOWS),
        ({one.table: one.takes for one in every}, TAKES),
    ):
        told = {name: re.sub(r" AS anon_\d", "", clause) for name, clause in found.items()}
        assert told == {name: clause + system for name, clause in due.items()}
    # It looks past itself for one thing alone.
    (function,) = (one for one in FUNCTIONS.values() if "SECURITY DEFINER" in one)
    assert function is FUNCTIONS["has_case(uuid)"]
    assert "FUNCTION has_case(person uuid) RETURNS boolean" in function
    assert "EXISTS (SELECT FROM public.cases WHERE person_id = person)" in function
