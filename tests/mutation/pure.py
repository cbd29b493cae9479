"""Judges code that no database and no web is behind: each mutant in a fork that imports it changed.

`python -m tests.mutation.pure [FILE …]`: by default the scoring engine. The files are read while
instruments are loaded, so a change after that would change nothing: nothing of them is imported
before the fork. Ends with 1 if somebody lives whom `equivalents.toml` does not explain.
"""

import importlib
import os
import sys
import warnings
from collections.abc import Iterator
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_loader
from pathlib import Path
from signal import alarm

import pytest

from tests.mutation.making import ROOT, Mutant, mutants
from tests.mutation.record import equivalents

ENGINE = "app/casework/assessments/scoring"
FILES = [
    f"{ENGINE}/{name}.py"
    for name in ("scorer", "conditions", "admitting", "rounding", "comparing", "runs", "told")
]
PLACE = ROOT / "tests/casework/assessments"
TESTS = [
    str(PLACE / f"test_{name}.py")
    for name in (
        *("scoring", "vectors", "boundaries", "conditions", "comparing", "told"),
        *("language", "properties", "two_scorers"),
    )
]
# What takes long to import, and has nothing of the engine in it.
BEFORE = ("hypothesis", "hypothesis.strategies", "pydantic", "sqlalchemy", "app.core.datafile")
LONGEST = 120  # seconds for one mutant: who never ends is noticed


class Changed(SourceFileLoader):
    """Gives one module its changed source."""

    def __init__(self, name: str, path: Path, source: str) -> None:
        super().__init__(name, str(path))
        self.source = source

    def get_data(self, path: str) -> bytes:
        return self.source.encode()

    def path_stats(self, path: object) -> dict[str, float]:
        raise OSError  # so that nothing compiled is kept


class Finder(MetaPathFinder):
    def __init__(self, loader: Changed) -> None:
        self.loader = loader

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        return spec_from_loader(name, self.loader) if name == self.loader.name else None


def survives(mutant: Mutant | None) -> bool:
    """Whether all tests pass; None: the code as it is."""
    child = os.fork()
    if child == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        alarm(LONGEST)
        if mutant:
            name = mutant.file.removesuffix(".py").replace("/", ".")
            loader = Changed(name, ROOT / mutant.file, mutant.source)
            sys.meta_path.insert(0, Finder(loader))
        flags = ("-x", "-q", "-p", "no:cacheprovider", "--confcutdir", str(PLACE))
        os._exit(bool(pytest.main([*flags, *TESTS])))
    _, status = os.waitpid(child, 0)
    return status == 0


def alive(files: list[str]) -> Iterator[Mutant]:
    explained = equivalents()
    for file in files:
        some = [one for one in mutants(file) if one.name not in explained]
        lived = [one for one in some if survives(one)]
        tell(f"{file}: {len(some)} mutants, {len(lived)} alive")
        yield from lived


def tell(said: object) -> None:
    sys.stdout.write(f"{said}\n")
    sys.stdout.flush()


def main() -> int:
    os.chdir(ROOT)
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = "build/hypothesis"
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    warnings.simplefilter("ignore")
    for name in BEFORE:
        importlib.import_module(name)
    assert not [one for one in sys.modules if one.startswith(ENGINE.replace("/", "."))]
    if not survives(None):
        sys.exit("the tests fail before anything is changed")
    found = 0
    for one in alive(sys.argv[1:] or FILES):
        tell(one)
        found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
