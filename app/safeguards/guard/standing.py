"""What a database says of itself of the tables that it has, told as this version would tell it.

By comparison with what should stand, and by no mark that somebody left: whoever can take a trigger
away can put its mark back.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, Table, text

ORDINARY = "an ordinary table, found by its name"
STRANGE = "something beside it that is not ours"  # a trigger, a rule, a child


class Standing(NamedTuple):
    table: str
    told: str


IN_POSTGRESQL = text(
    """
    WITH ours AS (
        SELECT oid, relname AS name FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relpersistence = 'p'
          AND to_regclass(quote_ident(relname)) = oid
    ), firing AS (
        SELECT * FROM pg_trigger WHERE NOT tgisinternal
    )
    SELECT name, :ordinary AS told FROM ours
    UNION ALL
    SELECT name, :strange FROM ours WHERE
        EXISTS (SELECT FROM pg_rewrite WHERE ev_class = ours.oid)
        OR EXISTS (SELECT FROM pg_inherits WHERE ours.oid IN (inhrelid, inhparent))
        OR EXISTS (SELECT FROM firing WHERE tgrelid = ours.oid AND tgname NOT LIKE :named)
    UNION ALL
    SELECT name, pg_get_triggerdef(t.oid) FROM ours JOIN firing t ON t.tgrelid = ours.oid
        JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_language l ON l.oid = p.prolang
    WHERE t.tgenabled = 'A' AND p.prosrc = :body AND l.lanname = 'plpgsql'
    UNION ALL
    SELECT name, pg_get_constraintdef(k.oid) FROM ours JOIN pg_constraint k ON k.conrelid = ours.oid
    WHERE k.contype = 'f' AND NOT EXISTS (
        SELECT FROM pg_trigger WHERE tgconstraint = k.oid AND tgenabled NOT IN ('O', 'A'))
    UNION ALL
    SELECT name, a.attname || ' made of ' || pg_get_expr(d.adbin, d.adrelid)
    FROM ours JOIN pg_attribute a ON a.attrelid = ours.oid
        JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attgenerated = 's'
    """
)
IN_SQLITE = text(
    """
    SELECT name, :ordinary AS told FROM sqlite_master WHERE type = 'table'
    UNION ALL
    SELECT tbl_name, CASE WHEN name LIKE :named THEN sql ELSE :strange END
    FROM sqlite_master WHERE type = 'trigger'
    """
)
TABLES_IN_SQLITE = text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
KEYS_IN_SQLITE = text(
    """
    SELECT m.name, k."table" AS target, k.on_update, k.on_delete,
        group_concat(k."from", ', ' ORDER BY k.seq) AS here,
        group_concat(k."to", ', ' ORDER BY k.seq) AS there
    FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) k
    WHERE m.type = 'table' GROUP BY m.name, k.id
    """
)
MADE_OF = re.compile(r'"?(\w+)"? \w+ GENERATED ALWAYS AS \((.*)\) STORED')


def standing(db: Connection, named: str, body: str) -> set[Standing]:
    """All that stands. `named`: how triggers of ours are, as LIKE has it; `body`: what they do."""
    said = {"ordinary": ORDINARY, "strange": STRANGE, "named": named}
    if db.dialect.name == "postgresql":
        found = db.execute(IN_POSTGRESQL, {**said, "body": body})
        return {Standing(row.name, plainly(row.told)) for row in found}
    made = {Standing(row.name, plainly(row.told)) for row in db.execute(IN_SQLITE, said)}
    for row in db.execute(TABLES_IN_SQLITE):
        made |= {Standing(row.name, made_of(*one)) for one in MADE_OF.findall(row.sql)}
    for row in db.execute(KEYS_IN_SQLITE):
        actions = {"UPDATE": row.on_update, "DELETE": row.on_delete}
        made.add(Standing(row.name, key(row.here, row.target, row.there, actions)))
    return made


def declared(tables: Iterable[Table], engine: str) -> Iterator[Standing]:
    """What should stand of tables by themselves."""
    for rows in tables:
        yield Standing(rows.name, ORDINARY)
        for one in rows.foreign_key_constraints:
            here = ", ".join(one.column_keys)
            there = ", ".join(element.column.name for element in one.elements)
            actions = {"UPDATE": one.onupdate, "DELETE": one.ondelete}
            told = key(here, one.referred_table.name, there, actions)
            late = one.deferrable and engine == "postgresql"  # SQLite's are checked no later
            yield Standing(rows.name, told + (" DEFERRABLE INITIALLY DEFERRED" if late else ""))
        for column in rows.c:
            if column.computed is not None:
                yield Standing(rows.name, made_of(column.name, str(column.computed.sqltext)))


def key(here: str, target: str, there: str, actions: Mapping[str, str | None]) -> str:
    """A foreign key as PostgreSQL tells it."""
    taken = (f" ON {verb} {do}" for verb, do in actions.items() if do not in (None, "NO ACTION"))
    return f"FOREIGN KEY ({here}) REFERENCES {target}({there}){''.join(taken)}"


def made_of(column: str, told: str) -> str:
    return f"{column} made of {plainly(told)}"


def plainly(told: str) -> str:
    """As both engines read it: PostgreSQL has spellings of its own for the same."""
    told = re.sub(r'\b(new|old)\."(\w+)"', r"\1.\2", told)
    told = re.sub(r"\(((?:new|old)\.\w+)\)::text", r"CAST(\1 AS text)", told)
    return " ".join(re.sub(r"('|NULL)::\w+", r"\1", told).split())
