"""Which tests run which function, and how long each takes: a mutant is judged by those alone.

Found by running the tests with nothing broken, a module of them at a time and each in a process of
its own: what one module has compiled and kept, the next would not run. It is kept in
`build/witnesses.json`, and a module whose text has changed is asked anew.
"""

import ast
import json
from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from coverage import Coverage

from tests.mutation.judges import FILES
from tests.mutation.making import ROOT, Mutant

Function = tuple[str, str]  # file and qualified name


@cache
def bodies(file: str) -> dict[int, str]:
    """Of each line that runs when a function or method of a file is called, the name of that."""

    def within(nodes: Sequence[ast.stmt], prefix: str) -> Iterator[tuple[int, str]]:
        for node in nodes:
            if isinstance(node, ast.ClassDef):
                yield from within(node.body, f"{prefix}{node.name}.")
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for line in range(node.body[0].lineno, (node.end_lineno or 0) + 1):
                    yield line, prefix + node.name

    return dict(within(ast.parse((ROOT / file).read_text()).body, ""))


@contextmanager
def watching() -> Iterator[Coverage]:
    """All threads of this process, in the files that are judged."""
    seen = Coverage(data_file=None, config_file=False, include=[str(ROOT / one) for one in FILES])
    seen.set_option("run:disable_warnings", ["no-data-collected"])
    seen.start()
    try:
        yield seen
    finally:
        seen.stop()


def ran(seen: Coverage) -> dict[str, set[Function]]:
    """What was called, by the context in which it was."""
    found: dict[str, set[Function]] = {}
    data = seen.get_data()
    for file in FILES:
        for line, contexts in data.contexts_by_lineno(str(ROOT / file)).items():
            for context in contexts if line in bodies(file) else ():
                found.setdefault(context, set()).add((file, bodies(file)[line]))
    return found


def running(items: Sequence[pytest.Item]) -> Iterator[pytest.Item]:
    """Each after it has run; to be begun only when the one before is done with."""
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        yield item


def testimony(items: Sequence[pytest.Item]) -> dict[str, Any]:
    """Of each test: its seconds, and what it called."""
    took, began = {}, monotonic()
    with watching() as seen:
        seen.switch_context(items[0].nodeid)
        for item, following in zip(running(items), [*items[1:], items[0]], strict=True):
            took[item.nodeid] = round(monotonic() - began, 2)
            seen.switch_context(following.nodeid)
            began = monotonic()
    called = ran(seen)
    return {name: [time, sorted(called.get(name, ()))] for name, time in took.items()}


@dataclass
class Witnesses:
    """All that is known of these tests; `kills` says who noticed most so far."""

    path: Path
    tests: Sequence[str]  # files and folders
    modules: dict[str, dict[str, Any]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    called: dict[Function, list[str]] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.read()

    def read(self) -> None:
        if self.path.exists():
            self.modules = json.loads(self.path.read_text())
            self.sort()

    def sort(self) -> None:
        self.seconds, self.called = {}, {}
        for module in filter(self.knows, self.modules):
            for test, (seconds, functions) in self.modules[module]["tests"].items():
                self.seconds[test] = seconds
                for file, name in functions:
                    self.called.setdefault((file, name), []).append(test)

    def knows(self, module: str) -> bool:
        asked = any(Path(module).is_relative_to(one) for one in self.tests)
        return asked and self.modules.get(module, {}).get("digest") == digest(module)

    def keep(self, module: str, tests: dict[str, Any]) -> None:
        self.modules[module] = {"digest": digest(module), "tests": tests}
        self.path.write_text(json.dumps(self.modules))
        self.sort()

    def dismiss(self, test: str) -> None:
        """It does not always say the same."""
        for tests in self.called.values():
            if test in tests:
                tests.remove(test)

    def of(self, mutant: Mutant, seconds: float) -> list[str]:
        """Those who run its function, or what its class does, and then the others of its file.

        The likely and quick ones come first, one of each test before a second case of any, and as
        many as there is time for, but one at least. The others count where a function's result is
        kept, which an earlier test has called for.
        """
        name = mutant.inside or mutant.function.partition(" ")[0]
        near, far = set[str](), set[str]()
        for (file, function), tests in self.called.items():
            if file == mutant.file:
                own = function == name or function.startswith(f"{name}.")
                (near if own else far).update(tests)
        every = [*self.spread(near), *self.spread(far - near)]
        spent = list(accumulate(self.seconds[one] for one in every))
        return every[: max(1, bisect(spent, seconds))]

    def spread(self, tests: set[str]) -> list[str]:
        turns: Counter[str] = Counter()
        places = []
        for test in sorted(tests, key=lambda one: (self.price(one), one)):
            places.append((turns[test.partition("[")[0]], self.price(test), test))
            turns[test.partition("[")[0]] += 1
        return [test for *_, test in sorted(places)]

    def price(self, test: str) -> float:
        return (self.seconds[test] + 0.01) / (1 + self.kills[test])


def digest(module: str) -> str:
    path = ROOT / module
    return sha256(path.read_bytes()).hexdigest()[:16] if path.exists() else ""
