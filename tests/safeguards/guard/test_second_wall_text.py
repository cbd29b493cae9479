"""The second wall word for word: a policy that says something else is another wall."""

from hashlib import sha256
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import Column, MetaData, Table, Text, Uuid

from app.core.db import table
from app.core.engine import UnsafeDatabase
from app.core.local import Local
from app.core.values import new_id
from app.safeguards.access.bars import EVERYBODY
from app.safeguards.guard import row_security
from app.safeguards.guard import second_wall as wall
from app.safeguards.guard.protected import protected_kinds
from app.safeguards.guard.row_security import Wall, spelled, walls
from app.safeguards.identity.caller import Caller

ROWS = Table(
    "kept",
    MetaData(),
    *(Column(n, Uuid()) for n in ("id", "user_id")),
    Column("jurisdiction", Text()),
)
PLACE = "nullif(current_setting('casework.jurisdiction', true), '')"
SCOPE = "nullif(current_setting('casework.scope', true), '')"


def told(clause: Any) -> str:
    return spelled(ROWS, clause).replace(" AS anon_2", "")


def test_what_is_stated_is_asked_of_the_transaction() -> None:
    assert told(wall.here(ROWS.c.jurisdiction)) == f"kept.jurisdiction = {PLACE}"
    assert told(wall.of_their_own(ROWS)) == f"kept.jurisdiction = {PLACE}"
    assert told(wall.is_stated(ROWS)) == f"{PLACE} IS NOT NULL"


def test_what_is_of_another_unit_is_so_where_one_is_stated() -> None:
    unit = "nullif(current_setting('casework.unit', true), '')"
    assert told(wall.of_unit(ROWS.c.user_id)) == (
        f"{unit} IS NULL OR CAST(kept.user_id AS TEXT) = {unit}"
    )
    assert told(wall.with_a_case(ROWS.c.id)) == (f"{unit} IS NULL OR is_case(kept.id)")
    assert "SELECT FROM public.cases WHERE id = file" in wall.FUNCTIONS["is_case(uuid)"]
    assert "DEFINER" not in wall.FUNCTIONS["is_case(uuid)"]  # behind the wall of who asks


def test_a_seal_closes_a_file_unless_seals_may_be_passed() -> None:
    assert told(wall.open_to_anybody(ROWS.c.id)) == (
        "NOT (EXISTS (SELECT 1 FROM file_bars WHERE file_bars.file_id = kept.id"
        f" AND file_bars.user_id = '{EVERYBODY}')) OR {SCOPE} = 'sealed'"
    )


def test_a_row_may_stand_and_fall_with_its_owner() -> None:
    owners = Table("owners", MetaData(), Column("id", Uuid()))
    found = told(wall.with_the(owners, ROWS.c.id))
    assert found == "EXISTS (SELECT 1 FROM owners WHERE owners.id = kept.id)"


def test_staff_belong_where_their_unit_is_and_those_without_one_nowhere() -> None:
    assert told(wall.of_staff(ROWS.c.user_id)) == (
        "EXISTS (SELECT 1 FROM users LEFT OUTER JOIN units ON units.id = users.unit_id"
        f" WHERE users.id = kept.user_id AND coalesce(units.jurisdiction, '-') = {PLACE})"
    )


def test_a_transaction_states_where_it_is_and_whether_it_passes_seals() -> None:
    caller, nowhere = (Caller(new_id(), "", "", None, one) for one in ("ra", None))
    place = ("casework.jurisdiction", "ra")
    assert wall.wall_of(caller) == Local((place,))
    assert wall.wall_of(caller, past_seals=True) == Local((place, ("casework.scope", "sealed")))
    assert wall.wall_of(caller, again=True) == Local((place, ("casework.scope", "")))
    assert wall.wall_of(nowhere) == Local((("casework.jurisdiction", "-"),))
    assert Local((("casework.scope", "system"),)) == wall.BEYOND
    unit = ("casework.unit", str(UUID(int=3)))
    manager, other = (
        Caller(new_id(), "", role, UUID(int=3), "ra") for role in ("centre_manager", "supervisor")
    )
    assert wall.wall_of(manager) == Local((place, unit))
    assert wall.wall_of(manager, again=True) == Local((place, ("casework.scope", ""), unit))
    assert wall.wall_of(other) == Local((place,))


def test_a_kind_has_the_wall_of_the_nearest_that_said_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Base: ...

    class Child(Base): ...

    class Outside(Child): ...

    kinds: Any = (Base, Child, Outside)
    for kind in kinds:  # undone at the end, also what is said below
        monkeypatch.setitem(wall.BELONGING, kind, None)
        del wall.BELONGING[kind]
    assert wall.belongs(kinds[0])(wall.of_their_own) is wall.of_their_own
    assert wall.belonging_of(kinds[1]) == wall.Belonging(wall.of_their_own, wall.of_their_own)
    wall.belongs(kinds[1], takes=wall.is_stated)(wall.of_their_own)
    assert wall.belonging_of(kinds[1]) == wall.Belonging(wall.of_their_own, wall.is_stated)
    wall.stands_outside(kinds[2])
    assert wall.belonging_of(kinds[2]) is None


def test_a_wall_is_made_of_five_statements_and_known_by_its_digest() -> None:
    one = Wall("kept", "a", "b")
    assert one.digest == sha256(b"a|b").hexdigest()
    assert [*one.statements] == [
        "ALTER TABLE kept ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE kept FORCE ROW LEVEL SECURITY",
        "DROP POLICY IF EXISTS second_wall ON kept",
        "CREATE POLICY second_wall ON kept USING (a) WITH CHECK (b)",
        f"COMMENT ON POLICY second_wall ON kept IS '{one.digest}'",
    ]


def test_every_kind_that_does_not_stand_outside_has_a_wall() -> None:
    every = walls()
    inside = [kind for kind in protected_kinds() if wall.belonging_of(kind) is not None]
    assert [one.table for one in every] == sorted(table(kind).name for kind in inside)
    assert len(every) > 20
    for one in every:
        for clause in (one.shows, one.takes):
            assert clause.endswith(f" OR {SCOPE} = 'system'"), one.table
            assert "\n" not in clause


# --- what is said to the database -----------------------------------------------------------------


class Database:
    """Stands for one: tells which policies stand, and keeps what it is told to do."""

    def __init__(self, standing: Any = (), engine: str = "postgresql") -> None:
        self.standing, self.done = standing, list[str]()
        self.dialect = SimpleNamespace(name=engine)

    def execute(self, statement: Any, given: Any) -> Any:
        assert given == {"name": "second_wall"}
        if statement is row_security.STANDING:
            return self.standing
        assert statement is row_security.POLICIES
        return SimpleNamespace(all=lambda: [(one.relname,) for one in self.standing])

    def exec_driver_sql(self, sql: str) -> None:
        self.done.append(sql)


A, B, GONE = Wall("a", "x", "y"), Wall("b", "x", "y"), Wall("gone", "x", "y")


def stands(wall: Wall, digest: str | None = None) -> Any:
    return SimpleNamespace(relname=wall.table, digest=digest or wall.digest)


@pytest.fixture
def two_walls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_security, "walls", lambda: (A, B, GONE))
    tables = SimpleNamespace(get_table_names=lambda: ["a", "b", "other"])
    monkeypatch.setattr(
        row_security, "inspect", lambda db: tables if isinstance(db, Database) else None
    )


@pytest.mark.usefixtures("two_walls")
def test_a_wall_is_missing_where_it_does_not_stand_as_it_should() -> None:
    for standing, gaps in (
        ((), [A, B]),
        ((stands(A),), [B]),
        ((stands(A), stands(B)), []),
        ((stands(A, "another"), stands(B)), [A]),
    ):
        db: Any = Database(standing)
        assert row_security.missing(db) == gaps


@pytest.mark.usefixtures("two_walls")
def test_where_walls_are_missing_they_are_named_and_nothing_starts() -> None:
    none: Any = Database()
    with pytest.raises(UnsafeDatabase, match="no second wall around a, b: run"):
        row_security.examine_walls(none)
    for db in (Database((stands(A), stands(B))), Database(engine="sqlite")):
        row_security.examine_walls(cast(Any, db))


@pytest.mark.usefixtures("two_walls")
def test_walls_are_razed_with_their_functions_and_built_where_they_are_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(row_security, "FUNCTIONS", {"f()": "CREATE f"})
    db: Any = Database((stands(A),))
    row_security.raze(db)
    assert db.done == ["DROP POLICY second_wall ON a", "DROP FUNCTION IF EXISTS f()"]
    db.done.clear()
    row_security.build(db, "app")
    assert db.done == [
        *("CREATE f", "REVOKE ALL ON FUNCTION f() FROM PUBLIC"),
        *("GRANT EXECUTE ON FUNCTION f() TO app", *B.statements),
    ]
