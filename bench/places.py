"""Where the bench keeps things, and how it starts a module of its own beside a tree's `app`."""

import json
import os
import sys
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
KEPT = Path(os.environ.get("BENCH_FOLDER", ROOT / "build" / "bench"))
# `app` comes from the tree under test, `bench` and `tests.postgres` from beside this file: once
# a package is imported, its modules come from the same folder.
START = (
    "import sys, runpy; tree, root, module = sys.argv[1:4]; sys.argv[:4] = [module]; "
    "sys.path.insert(0, tree); import app; sys.path.insert(0, root); "
    "runpy.run_module(module, run_name='__main__', alter_sys=True)"
)


RATES = [
    f"CASEWORK_RATE_{name}" for name in ("PER_TOKEN", "PER_ADDRESS", "OF_SEARCHES", "OF_SIGN_INS")
]


def launched(tree: Path, module: str, *given: object) -> list[str]:
    """The command that runs a module of the bench on the application of a tree."""
    command = [sys.executable, "-P", "-c", START, str(tree), str(ROOT), module]
    return command + [str(one) for one in given]


@dataclass(frozen=True)
class Seed:
    """One population: how many cases, of which shape. Made once, then copied for each run."""

    tree: Path
    cases: int
    long: tuple[int, ...] = (5_000, 100_000)  # entries of the long histories

    @cached_property
    def digest(self) -> str:
        """Of what decides the rows: the tables of the tree and the code that fills them."""
        migrations = sorted((self.tree / "migrations" / "versions").glob("*.py"))
        filling = [ROOT / "bench" / name for name in ("population.py", "seed.py")]
        text = b"".join(path.read_bytes() for path in [*migrations, *filling])
        return sha256(text).hexdigest()[:10]

    @property
    def name(self) -> str:
        return "_".join(["seed", *map(str, (self.cases, *self.long)), self.digest])

    @property
    def sqlite(self) -> Path:
        return KEPT / "seeds" / f"{self.name}.db"

    @property
    def facts(self) -> Path:
        return KEPT / "seeds" / f"{self.name}.json"

    def known(self) -> dict[str, Any]:
        """Ids that the measuring needs."""
        found: dict[str, Any] = json.loads(self.facts.read_text())
        return found


def environment(database_url: str, migration_url: str | None = None) -> dict[str, str]:
    """Settings of a Casework under test; keys are shared by all seeds of this folder."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CASEWORK_")}
    kept |= {
        "CASEWORK_DATABASE_URL": database_url,
        "CASEWORK_DATABASE_KEY_FILE": str(KEPT / "sqlite.key"),
        "CASEWORK_MASTER_KEY_FILE": str(KEPT / "master.key"),
        "CASEWORK_SINK": str(KEPT / "log.sink"),
        "CASEWORK_LOG_KEY_FILE": str(KEPT / "log.key"),
        "CASEWORK_LOG_CHECKPOINT_FILE": str(KEPT / "log.checkpoint"),
        "CASEWORK_SEQUENCER": "false",  # it is measured by itself
        # One token at full speed is what a limit is there to stop.
        **dict.fromkeys(RATES, "off"),
    }
    return kept | ({"CASEWORK_MIGRATION_URL": migration_url} if migration_url else {})
