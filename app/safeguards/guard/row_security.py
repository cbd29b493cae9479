"""The second wall as PostgreSQL has it: policies made of what the kinds of record say."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from sqlalchemy import ColumnElement, Connection, FromClause, inspect, literal, select, text
from sqlalchemy.dialects import postgresql

from app.core.db import table
from app.core.engine import UnsafeDatabase
from app.safeguards.guard.protected import protected_kinds
from app.safeguards.guard.second_wall import FUNCTIONS, SCOPE, SYSTEM, belonging_of, setting

NAME = "second_wall"
DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Wall:
    """Of one table: which rows it shows, and which may be put there."""

    table: str
    shows: str
    takes: str

    @property
    def digest(self) -> str:
        return sha256(f"{self.shows}|{self.takes}".encode()).hexdigest()

    @property
    def statements(self) -> Iterator[str]:
        yield f"ALTER TABLE {self.table} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {self.table} FORCE ROW LEVEL SECURITY"
        yield f"DROP POLICY IF EXISTS {NAME} ON {self.table}"
        yield f"CREATE POLICY {NAME} ON {self.table} USING ({self.shows}) WITH CHECK ({self.takes})"
        yield f"COMMENT ON POLICY {NAME} ON {self.table} IS '{self.digest}'"


@cache
def walls() -> tuple[Wall, ...]:
    """One for each kind that has a wall, in an order of their own."""
    return tuple(sorted(made(), key=lambda wall: wall.table))


def made() -> Iterator[Wall]:
    for kind in protected_kinds():
        rule = belonging_of(kind)
        if rule is None:
            continue
        rows = table(kind)
        system = setting(SCOPE) == literal(SYSTEM)
        # What is usual comes first: then the rest is not even looked at.
        shows, takes = (spelled(rows, one(rows) | system) for one in (rule.shows, rule.takes))
        yield Wall(rows.name, shows, takes)


def spelled(rows: FromClause, clause: ColumnElement[bool]) -> str:
    """As a policy has it: the row itself is in no FROM."""
    whole = select(literal(1)).select_from(rows).where(clause)
    told = str(whole.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True}))
    return " ".join(told.partition("WHERE ")[2].split())


STANDING = text(
    """
    SELECT c.relname, obj_description(p.oid, 'pg_policy') AS digest
    FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relrowsecurity AND c.relforcerowsecurity
      AND p.polname = :name AND p.polpermissive AND p.polcmd = '*'
      AND NOT EXISTS (SELECT FROM pg_policy o WHERE o.polrelid = c.oid AND o.oid <> p.oid)
    """
)


POLICIES = text("SELECT polrelid::regclass::text FROM pg_policy WHERE polname = :name")


def missing(db: Connection) -> list[Wall]:
    """Walls that do not stand as this version has them; another policy would be a door."""
    found = {row.relname: row.digest for row in db.execute(STANDING, {"name": NAME})}
    there = set(inspect(db).get_table_names())
    return [one for one in walls() if one.table in there and found.get(one.table) != one.digest]


def examine_walls(db: Connection) -> None:
    """Raise UnsafeDatabase where PostgreSQL would show what it should hide."""
    if db.dialect.name == "postgresql" and (gaps := missing(db)):
        named = ", ".join(one.table for one in gaps)
        raise UnsafeDatabase(f"PostgreSQL: no second wall around {named}: run `casework migrate`")


def raze(db: Connection) -> None:
    """For a migration, in the same transaction: tables without their policies show nothing."""
    for (name,) in db.execute(POLICIES, {"name": NAME}).all():
        db.exec_driver_sql(f"DROP POLICY {NAME} ON {name}")
    for name in FUNCTIONS:
        db.exec_driver_sql(f"DROP FUNCTION IF EXISTS {name}")


def build(db: Connection, role: str) -> None:
    """As the owner of the tables. What stands already is not touched: it would lock the tables."""
    for name, sql in FUNCTIONS.items():
        db.exec_driver_sql(sql)
        db.exec_driver_sql(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
        db.exec_driver_sql(f"GRANT EXECUTE ON FUNCTION {name} TO {role}")
    for wall in missing(db):
        for statement in wall.statements:
            db.exec_driver_sql(statement)
