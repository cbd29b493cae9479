"""What a database says of its tables, and what should stand of them, in the same words."""

from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    Column,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Table,
    create_engine,
)
from sqlcipher3 import dbapi2

from app.safeguards.guard.standing import (
    ORDINARY,
    STRANGE,
    Standing,
    declared,
    key,
    made_of,
    plainly,
    standing,
)

KEPT = MetaData()
OWNERS = Table(
    "owners",
    KEPT,
    Column("id", Integer, primary_key=True),
    Column("other", Integer, primary_key=True),
)
THINGS = Table(
    "things",
    KEPT,
    Column("id", Integer, ForeignKey("things.id", ondelete="CASCADE", onupdate="NO ACTION")),
    Column("one", Integer),
    Column("two", Integer),
    Column("made", Integer, Computed("one  + two", persisted=True)),
    ForeignKeyConstraint(
        ["one", "two"], ["owners.id", "owners.other"], deferrable=True, initially="DEFERRED"
    ),
)
TO_OWNERS = "FOREIGN KEY (one, two) REFERENCES owners(id, other)"
TO_THINGS = "FOREIGN KEY (id) REFERENCES things(id) ON DELETE CASCADE"


def test_both_engines_say_the_same_in_plain_words() -> None:
    for told, plain in (
        ("  a\n  b ", "a b"),
        ('new."name" old."name" other."name"', 'new.name old.name other."name"'),
        ("(new.name)::text = (old.a)::text", "CAST(new.name AS text) = CAST(old.a AS text)"),
        ("(other.name)::text", "(other.name)::text"),
        ("'a'::text NULL::integer b::text", "'a' NULL b::text"),
    ):
        assert plainly(told) == plain


def test_a_foreign_key_is_told_with_what_follows_a_change() -> None:
    nothing: Any = {"UPDATE": None, "DELETE": "NO ACTION"}
    assert key("a, b", "t", "c, d", nothing) == "FOREIGN KEY (a, b) REFERENCES t(c, d)"
    both: Any = {"UPDATE": "CASCADE", "DELETE": "SET NULL"}
    told = "FOREIGN KEY (a) REFERENCES t(b) ON UPDATE CASCADE ON DELETE SET NULL"
    assert key("a", "t", "b", both) == told


def test_what_is_derived_is_told_by_what_it_is_made_of() -> None:
    assert made_of("a", "'x'::text  b") == "a made of 'x' b"


def test_tables_should_stand_with_their_keys_and_what_is_derived() -> None:
    late = " DEFERRABLE INITIALLY DEFERRED"
    for engine, ending in (("sqlite", ""), ("postgresql", late)):
        told = [*declared([OWNERS, THINGS], engine)]
        assert sorted(told) == sorted(
            [
                Standing("owners", ORDINARY),
                Standing("things", ORDINARY),
                Standing("things", TO_OWNERS + ending),
                Standing("things", TO_THINGS),
                Standing("things", "made made of one + two"),
            ]
        )


def test_what_stands_in_sqlite_is_told_in_the_same_words() -> None:
    with create_engine("sqlite://", module=dbapi2).connect() as db:
        KEPT.create_all(db)
        ours = "CREATE TRIGGER ours_1 BEFORE DELETE ON things BEGIN SELECT 1; END"
        db.exec_driver_sql(ours)
        db.exec_driver_sql("CREATE TRIGGER theirs AFTER DELETE ON owners BEGIN SELECT 1; END")
        db.exec_driver_sql("CREATE VIEW seen AS SELECT id FROM things")
        assert standing(db, "ours%", "") == {
            *declared([OWNERS, THINGS], "sqlite"),
            Standing("things", ours),
            Standing("owners", STRANGE),
        }
        db.exec_driver_sql(
            "CREATE TABLE more (one int REFERENCES owners(id) ON UPDATE SET NULL, two int"
            ' GENERATED ALWAYS AS (one * 2) STORED,\n"three" int GENERATED ALWAYS AS (1) STORED)'
        )
        assert {one.told for one in standing(db, "ours%", "") if one.table == "more"} == {
            ORDINARY,
            "FOREIGN KEY (one) REFERENCES owners(id) ON UPDATE SET NULL",
            "two made of one * 2",
            "three made of 1",
        }


def test_what_stands_in_postgresql_is_asked_at_once() -> None:
    asked = list[Any]()

    def execute(statement: Any, given: Any) -> Any:
        asked.append((str(statement), given))
        return [SimpleNamespace(name="a", told="'x'::text"), SimpleNamespace(name="b", told="c")]

    db: Any = SimpleNamespace(dialect=SimpleNamespace(name="postgresql"), execute=execute)
    assert standing(db, "ours%", "body") == {Standing("a", "'x'"), Standing("b", "c")}
    ((said, given),) = asked
    assert given == {"ordinary": ORDINARY, "strange": STRANGE, "named": "ours%", "body": "body"}
    assert "pg_get_triggerdef" in said
