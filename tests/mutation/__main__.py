"""The command: makes the mutants of each file, has them judged, and tells who lives.

What was killed stays so in `build/mutants.jsonl` while its file is as it was; who lives is tried
again. It ends with 1 if somebody lives whom `equivalents.toml` does not explain, or if that list
explains what is not there any more.
"""

import argparse
import importlib
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from signal import SIGTERM, signal

from tests.mutation.judges import FILES, stages
from tests.mutation.making import ROOT, Mutant, mutants
from tests.mutation.record import Record, equivalents, tell
from tests.mutation.trying import Court, Warm, finish, imported_anew
from tests.postgres import running

# What takes long to import and is not ours, so that no mutant is in it.
THIRD_PARTY = (
    *("alembic.command", "anyascii", "argon2", "click.testing", "cryptography.fernet"),
    *("fastapi.testclient", "greenlet", "httpx", "hypothesis.stateful", "orjson"),
    *("passlib.context", "psycopg", "pydantic_settings", "python_calamine", "rapidfuzz"),
    *("schemathesis", "sqlalchemy.orm", "sqlalchemy.dialects.postgresql", "sqlcipher3", "uvicorn"),
    *("xlsxwriter", "yaml"),
)


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    asked.add_argument("files", nargs="*", default=FILES)
    asked.add_argument("--jobs", type=int, default=2)
    asked.add_argument("--stages", type=int, default=9, help="how far to go with who lives on")
    asked.add_argument("--only", default="", help="functions whose name this expression finds")
    given = asked.parse_args()
    os.chdir(ROOT)
    signal(SIGTERM, lambda *_: sys.exit(1))
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = "build/hypothesis"
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    warnings.simplefilter("ignore")
    for name in THIRD_PARTY:
        importlib.import_module(name)
    record, explained, faults = Record(ROOT / "build/mutants.jsonl"), equivalents(), 0
    with running() as server, tempfile.TemporaryDirectory(prefix="casework-mutants-") as folder:
        court = Court(Path(folder), server, given.jobs)
        for file in given.files:
            every = [one for one in mutants(file) if re.search(given.only, one.function)]
            asked_of = [one for one in every if one.name not in explained]
            for tests, which in stages(file)[: given.stages]:
                court.tests, court.which = tests, which
                sit(court, file, [one for one in asked_of if not record.dead(one)], record)
            faults += record.tell(file, every, explained)
    return 1 if faults else 0


def sit(court: Court, file: str, left: Sequence[Mutant], record: Record) -> None:
    """One stage over all that are left, after the file as it is."""
    if not left:
        return
    court.prove()
    turn = len(record.tries)
    finish(lambda: warmly(court, file, left, record), court.folder / "warm.log")
    record.read()
    cold = [one for one in left if one.key not in record.tries[turn:]]
    for verdict in court.judge(cold, imported_anew):
        record.write(verdict, court.tests)
    tell(f"{file}: {len(left)} tried, {len(cold)} of them from the start: {' '.join(court.tests)}")


def warmly(court: Court, file: str, left: Sequence[Mutant], record: Record) -> int:
    warm = Warm(file, court)
    for verdict in court.judge(filter(warm.takes, left), warm.swap):
        record.write(verdict, court.tests)
    return 0


if __name__ == "__main__":
    sys.exit(main())
