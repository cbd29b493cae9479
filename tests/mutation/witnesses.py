"""Which tests run which function, and how long each takes: a mutant is judged by those alone.

Found by running the tests with nothing broken, a module of them at a time and each in a process of
its own: what one module has compiled and kept, the next would not run. It is kept in
`build/witnesses.json`, and a module whose text has changed is asked anew.
"""

import ast
import json
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from coverage import Coverage

from tests.mutation.judges import FILES
from tests.mutation.making import ROOT, Mutant

Lines = dict[str, int]  # of a function, by file and qualified name: a bit for each line that ran
ELSEWHERE = 1.0  # seconds of another process for a test on PostgreSQL: a database, and its work


@cache
def bodies(file: str) -> dict[int, tuple[str, int]]:
    """Of each line that runs when a function or method is called: whose it is, and which one."""

    def within(nodes: Sequence[ast.stmt], prefix: str) -> Iterator[tuple[int, tuple[str, int]]]:
        for node in nodes:
            if isinstance(node, ast.ClassDef):
                yield from within(node.body, f"{prefix}{node.name}.")
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = node.body[0].lineno
                for line in range(first, (node.end_lineno or first) + 1):
                    yield line, (prefix + node.name, line - first)

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


def ran(seen: Coverage) -> dict[str, Lines]:
    """What was called, by the context in which it was."""
    found: dict[str, Lines] = defaultdict(Counter)
    data = seen.get_data()
    for file in FILES:
        for line, contexts in data.contexts_by_lineno(str(ROOT / file)).items():
            if line in bodies(file):
                name, offset = bodies(file)[line]
                for context in contexts:
                    found[context][f"{file} {name}"] |= 1 << offset
    return found


def running(items: Sequence[pytest.Item]) -> Iterator[pytest.Item]:
    """Each after it has run; to be begun only when the one before is done with."""
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        yield item


def testimony(items: Sequence[pytest.Item]) -> dict[str, Any]:
    """Of each test: its seconds, and what it called."""
    took, began = {}, process_time()
    with watching() as seen:
        seen.switch_context(items[0].nodeid)
        for item, following in zip(running(items), [*items[1:], items[0]], strict=True):
            took[item.nodeid] = round(process_time() - began, 2)
            seen.switch_context(following.nodeid)
            began = process_time()
    called = ran(seen)
    return {name: [time, called.get(name, {})] for name, time in took.items()}


@dataclass
class Witnesses:
    """All that is known of these tests: how often each was called, and how often it noticed."""

    path: Path
    tests: Sequence[str]  # files and folders
    modules: dict[str, dict[str, Any]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, Lines] = field(default_factory=dict)  # by test
    calls: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.read()

    def read(self) -> None:
        if self.path.exists():
            self.modules = json.loads(self.path.read_text())
            self.sort()

    def sort(self) -> None:
        self.seconds, self.lines = {}, {}
        for module in filter(self.knows, self.modules):
            for test, (seconds, lines) in self.modules[module]["tests"].items():
                waits = ELSEWHERE if "postgresql" in test else 0.02
                self.seconds[test], self.lines[test] = seconds + waits, lines

    def knows(self, module: str) -> bool:
        asked = any(Path(module).is_relative_to(one) for one in self.tests)
        return asked and self.modules.get(module, {}).get("digest") == digest(module)

    def keep(self, module: str, tests: dict[str, Any]) -> None:
        self.modules[module] = {"digest": digest(module), "tests": tests}
        self.path.write_text(json.dumps(self.modules))
        self.sort()

    def dismiss(self, test: str) -> None:
        """It does not always say the same."""
        self.lines.pop(test, None)

    def of(self, mutant: Mutant, seconds: float) -> list[str]:
        """Those who run its line, then its function or class, and then the others of its file.

        As many as there is time for, but one at least. The others count where a function's result
        is kept, which an earlier test has called for; of a file without functions all count.
        """
        own = f"{mutant.file} {mutant.inside or mutant.function.partition(' ')[0]}"
        name, offset = bodies(mutant.file).get(mutant.line, ("", 0))
        near: dict[int, set[str]] = {0: set(), 1: set(), 2: set()}
        for test, lines in self.lines.items():
            if lines.get(f"{mutant.file} {name}", 0) >> offset & 1:
                near[0].add(test)
            elif any(f"{one}.".startswith(f"{own}.") for one in lines):
                near[1].add(test)
            elif not bodies(mutant.file) or any(one.startswith(f"{mutant.file} ") for one in lines):
                near[2].add(test)
        every = [test for tests in near.values() for test in self.spread(tests)]
        spent = list(accumulate(self.seconds[one] for one in every))
        return every[: max(1, bisect(spent, seconds))]

    def spread(self, tests: set[str]) -> list[str]:
        """Cheapest first; each further case of a test is dearer, for it says much the same."""
        turns: Counter[str] = Counter()
        places = []
        for test in sorted(tests, key=lambda one: (self.price(one), one)):
            name = test.partition("[")[0]
            turns[name] += 1
            places.append((self.price(test) * turns[name], test))
        return [test for _, test in sorted(places)]

    def price(self, test: str) -> float:
        """Seconds for one that is noticed; of who was not called yet little is expected."""
        return self.seconds[test] * (self.calls[test] + 4) / (self.kills[test] + 0.2)

    def note(self, called: Sequence[str], by: str) -> None:
        self.calls.update(called)
        self.kills.update([by] if by else [])


def digest(module: str) -> str:
    path = ROOT / module
    return sha256(path.read_bytes()).hexdigest()[:16] if path.exists() else ""
