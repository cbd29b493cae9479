"""The command: makes the mutants of each file, has them judged, and tells who lives.

What was killed stays so in `build/mutants.jsonl` while its scope is as it was; who lives is tried
again. A scope of which nobody lives goes into `judged.txt`, and is passed over while it is as it
was; to have all judged anew, empty that file. The command ends with 1 if somebody lives whom
`equivalents.toml` does not explain, or if that list explains what is not there any more.
"""

import argparse
import importlib
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from shutil import rmtree
from signal import SIGTERM, signal

import pytest

from tests.mutation.judges import FILES, TESTS
from tests.mutation.making import ROOT, Mutant, mutants
from tests.mutation.record import Record, equivalents
from tests.mutation.trying import Court, Way, finish
from tests.mutation.ways import Session, Warm, cold
from tests.mutation.witnesses import Witnesses, ran, watching
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
    asked.add_argument("--seconds", type=float, default=600, help="of tests for one mutant")
    asked.add_argument("--tests", nargs="+", default=TESTS)
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
    every = {
        file: [one for one in mutants(file) if re.search(given.only, one.function)]
        for file in given.files
    }
    left = {
        file: [one for one in some if one.name not in explained and not record.dead(one)]
        for file, some in every.items()
    }
    with running() as server, tempfile.TemporaryDirectory(prefix="casework-mutants-") as folder:
        witnesses = Witnesses(ROOT / "build/witnesses.json", given.tests)
        court = Court(Path(folder), server, witnesses, given.jobs, given.seconds)
        finish(lambda: populate(court), court.folder / "populations.log")
        finish(lambda: warmly(court, left, record), court.folder / "warm.log")
        turn = len(record.tries)
        record.read()
        witnesses.read()
        for file, some in left.items():
            others = [one for one in some if one.key not in record.tries[turn:]]
            sit(court, others, record, cold(server))
            faults += record.tell(file, every[file], explained)
            if not given.only:
                record.close(file, every[file], explained)
    return 1 if faults else 0


def populate(court: Court) -> int:
    """Before any mutant runs, which would write its faults into them."""
    worlds = importlib.import_module("tests.worlds")
    for population in worlds.POPULATIONS:
        for server in (None, court.server):
            worlds.Worlds(court.folder, server).template(population)
    return 0


def warmly(court: Court, left: Mapping[str, Sequence[Mutant]], record: Record) -> int:
    """All that can be swapped where the tests are collected and the application is built."""
    with ExitStack() as watch:
        seen = watch.enter_context(watching())

        def serve(session: pytest.Session) -> int:
            build(court)
            watch.close()
            warm = Warm(court, session, ran(seen).get("", ()))
            warm.ask()
            for some in left.values():
                sit(court, filter(warm.takes, some), record, warm.way)
            return 0

        return Session(court.server, serve).run(court.witnesses.tests, court.folder / "warm")


def build(court: Court) -> None:
    """The application that their first world takes."""
    worlds, folder = importlib.import_module("tests.worlds"), court.folder / "built"
    with worlds.Worlds(court.folder, None).database(folder, "demo") as settings:
        house = worlds.open_house(settings)
        with worlds.application(settings, house):
            pass
        house.engine.dispose()
    rmtree(folder)


def sit(court: Court, some: Iterable[Mutant], record: Record, way: Way) -> None:
    for verdict in court.judge(some, way):
        record.write(verdict)


if __name__ == "__main__":
    sys.exit(main())
