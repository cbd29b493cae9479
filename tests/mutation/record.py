"""What was said of each mutant, and the list of those that change nothing that can be seen."""

import json
import sys
import tomllib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.mutation.making import Key, Mutant, Name
from tests.mutation.trying import SURVIVED, Verdict

LIST = Path(__file__).with_name("equivalents.toml")
JUDGED = Path(__file__).with_name("judged.txt")


def tell(what: object) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def equivalents() -> dict[Name, str]:
    """Mutant → why nobody can tell it from what is there."""
    return {
        (where, one["before"], one["after"]): one["why"]
        for where, several in tomllib.loads(LIST.read_text()).items()
        for one in several
    }


Scope = tuple[str, str]  # file, and digest


def judged() -> dict[Scope, str]:
    """Scopes of which nobody was left alive when they were as they are, with their names."""
    lines = (line.split(maxsplit=2) for line in JUDGED.read_text().splitlines())
    return {(file, digest): name for file, digest, name in lines}


@dataclass
class Record:
    """A line of JSON for each time that a mutant was tried; the last one of a mutant counts."""

    path: Path
    said: dict[Key, dict[str, Any]] = field(default_factory=dict)
    tries: list[Key] = field(default_factory=list)
    judged: dict[Scope, str] = field(default_factory=judged)

    def __post_init__(self) -> None:
        self.path.parent.mkdir(exist_ok=True)
        self.path.touch()
        self.read()

    def read(self) -> None:
        lines = map(json.loads, self.path.read_text().splitlines())
        self.tries, self.said = [], {}
        for one in lines:
            self.keep(one)

    def keep(self, line: dict[str, Any]) -> None:
        key: Key = (*line["name"], line["digest"])
        self.tries.append(key)
        self.said[key] = line

    def write(self, verdict: Verdict) -> None:
        mutant = verdict.mutant
        line: dict[str, Any] = {"name": mutant.name, "digest": mutant.digest, "said": verdict.said}
        line |= {"by": verdict.by, "seconds": verdict.seconds, "tests": verdict.tests}
        with self.path.open("a") as out:
            out.write(json.dumps(line) + "\n")
        self.keep(line)

    def of(self, mutant: Mutant) -> dict[str, Any]:
        return self.said.get(mutant.key, {"said": "", "tests": 0})

    def told(self, mutant: Mutant) -> str:
        known: str = self.of(mutant)["said"]
        return known or ("judged before" if self.dead(mutant) else "")

    def dead(self, mutant: Mutant) -> bool:
        known = self.of(mutant)["said"]
        return known not in ("", SURVIVED) or (not known and mutant.scope in self.judged)

    def close(self, file: str, every: Sequence[Mutant], explained: Collection[Name]) -> None:
        """Keep, of a whole file, the scopes of which nobody is alive."""
        of = {one.scope: one.function.split(" ")[0] or "-" for one in every}
        alive = {one.scope for one in every if one.name not in explained and not self.dead(one)}
        self.judged = {where: name for where, name in judged().items() if where[0] != file}
        self.judged |= {where: name for where, name in of.items() if where not in alive}
        lines = sorted((file, name, digest) for (file, digest), name in self.judged.items())
        text = "".join(f"{file} {digest} {name}\n" for file, name, digest in lines)
        JUDGED.write_text(text)

    def tell(self, file: str, every: Sequence[Mutant], explained: Collection[Name]) -> int:
        """Say what became of a file's mutants; returns how many faults there are."""
        alive = [one for one in every if one.name not in explained and not self.dead(one)]
        rotten = [
            name
            for name in explained
            if name[0].split()[0] == file and name not in {one.name for one in every}
        ]
        told = Counter(self.told(one) for one in every if one.name not in explained)
        counts = ", ".join(f"{count} {said or 'not tried'}" for said, count in sorted(told.items()))
        equal = sum(one.name in explained for one in every)
        tell(f"{file}: {len(every)} mutants: {counts}, {equal} equivalent")
        for one in alive:
            tell(one)
        for name in rotten:
            tell(f"explained, and not there: {name}")
        return len(alive) + len(rotten)
