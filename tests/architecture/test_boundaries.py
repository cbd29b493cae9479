"""The unit of work is the only way to the database: nothing outside the guard has another."""

import ast
import inspect
import re
from collections.abc import Iterator

import pytest

from app.safeguards.guard.unit_of_work import UnitOfWork
from tests.architecture.source import APP, attributes, imports, modules

# Where statements may be run. Each has a reason why a unit of work cannot do it.
MAY_RUN = {
    "app/core/": "opens the database, and keeps facts about the installation itself",
    "app/safeguards/guard/": "is the unit of work, and what stands around it",
    "app/safeguards/audit/exported.py": "reads the log, which is whole or nothing, for its judge",
    "app/safeguards/audit/log_keys.py": "keeps the name and the public keys of the log",
    "app/safeguards/audit/outside.py": "looks at the log before anybody is served",
    "app/safeguards/audit/sequencer.py": "looks after the log, beside the requests",
    "app/safeguards/audit/sequencing.py": "gives events their place in the log, once committed",
    "app/safeguards/audit/sink.py": "connects to the system log, and to no database",
    "app/safeguards/audit/stored_log.py": "is the log in the database",
    "app/safeguards/audit/witnessing.py": "shows the log to witnesses, and keeps their word",
    "app/safeguards/identity/accounts.py": "finds what somebody would sign in to, before that",
    "app/safeguards/identity/caller.py": "finds out who asks, before there is a unit of work",
    "app/safeguards/identity/sessions.py": "makes and ends tokens on the guard's connection",
    "app/safeguards/identity/throttle.py": "counts tries to sign in, before anybody is signed in",
    "app/safeguards/vault/file_keys.py": "opens the keys of files for the unit of work",
    "app/safeguards/vault/opening.py": "asks which master key wraps, before anything opens",
    "app/safeguards/vault/rotating.py": "wraps anew what a master key wrapped, on any file",
    "app/cli/audit.py": "lets the log grow and gives it away, as the sequencer does",
    "app/cli/demo.py": "asks whether the database is empty, and reads who the demo staff are",
    "app/cli/intake.py": "finds the user in whose name an operator loads a manifest",
    "app/cli/demo_staff.py": "signs the demo staff in",
    "app/cli/migrating.py": "changes tables and rights, as their owner",
    "app/witness.py": "is a program of its own, with a file of its own",
    "app/main.py": "opens the house, and asks the database whether it answers",
}
WAYS = {
    "sqlalchemy": {
        *("Connection", "Engine", "create_engine", "engine_from_config", "event", "text"),
        *("insert", "update", "delete", "Session", "literal_column"),
    },
    "sqlalchemy.orm": {"Session", "sessionmaker", "scoped_session"},
    "app.core.engine": {"open_engine"},
    "app.core.transactions": {"*"},
    "app.core.lines": {"*"},
    "psycopg": {"*"},
    "sqlcipher3": {"*"},
    "sqlite3": {"*"},
}
RUNS = {"execute", "exec_driver_sql", "executemany", "connect"}
RAW = {"op", "bool_op"}  # words of SQL that nothing has parsed
SOURCE = "".join(inspect.getsource(one) for one in UnitOfWork.__mro__[:-1])
PRIVATE = {
    name
    for name in re.findall(r"\b(?:self\.|def )?(_[a-z]\w*)", SOURCE)
    if hasattr(UnitOfWork, name) or f"self.{name}" in SOURCE
}


def trespasses(tree: ast.Module) -> Iterator[str]:
    for module, name, line in imports(tree):
        for known, names in WAYS.items():
            inside = module == known or module.startswith(f"{known}.")
            if inside and ("*" in names or name in {*names, "*"} or (not name and module == known)):
                yield f"line {line} imports {module} {name}".rstrip()
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in calls:
        if isinstance(call, ast.Attribute) and call.attr in RAW:
            yield f"line {call.lineno} writes SQL in words of its own"
    for name, line in attributes(tree):
        if name in RUNS:
            yield f"line {line} calls .{name}"
        if name in PRIVATE:
            yield f"line {line} touches {name} of a unit of work"


def test_nothing_outside_the_guard_reaches_the_database() -> None:
    found = [
        f"{path} {what}"
        for path, tree in modules()
        if not path.startswith(tuple(MAY_RUN))
        for what in trespasses(tree)
    ]
    assert not found, "\n".join(found)


def test_no_permission_outlives_its_need() -> None:
    used = {
        p
        for path, tree in modules()
        for p in MAY_RUN
        if path.startswith(p) and any(trespasses(tree))
    }
    assert used == set(MAY_RUN)


@pytest.mark.parametrize(
    "source",
    [
        "from sqlalchemy.orm import Session",
        "from sqlalchemy import select, update",
        "import sqlalchemy",
        "from sqlalchemy import *",
        "from app.core.transactions import transaction",
        "import sqlite3",
        "from sqlalchemy import text",
        "from sqlalchemy import literal_column",
        "work.find(Note, lambda n: n.c.kind.op('= 1 OR 1 =')(1))",
        "from psycopg import connect",
        "work._db",
        "row = work._execute(statement).first()",
        "work._writes.rows",
        "house.engine.connect()",
        "db.execute(statement)",
    ],
)
def test_each_way_round_the_guard_is_caught(source: str) -> None:
    assert list(trespasses(ast.parse(source))), source


def test_a_handler_may_still_write_clauses() -> None:
    fine = "from sqlalchemy import and_, select\nwork.find(Note, lambda n: and_(n.c.id == one))"
    assert not list(trespasses(ast.parse(fine)))


def test_middleware_is_pure_asgi() -> None:
    """The other kind runs a task a request, and breaks context and cancellation."""
    words = {"BaseHTTPMiddleware", "middleware"}
    found = [
        f"{path}:{line}"
        for path, tree in modules()
        for name, line in (*((n, at) for _, n, at in imports(tree)), *attributes(tree))
        if name in words
    ]
    assert not found


MOST = 300
WHOLE = {"app/verify.py"}  # given to auditors, who read and run one file


def test_no_file_grows_into_two_ideas() -> None:
    long = {
        file.relative_to(APP.parent).as_posix()
        for file in APP.rglob("*.py")
        if len(file.read_text().splitlines()) > MOST
    }
    assert long == WHOLE, "split it"
