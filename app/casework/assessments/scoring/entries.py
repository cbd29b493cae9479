"""One table of an instrument's file, and what its keys may refer to: sources, items, names."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from app.casework.assessments.scoring.conditions import (
    Condition,
    ConditionError,
    Name,
    read_condition,
)
from app.casework.assessments.scoring.instrument import Item, Source
from app.casework.assessments.scoring.runs import items_of
from app.core.datafile import DataFile
from app.registry.pathways.reading import Table

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


class Sources:
    """The sources that a file names; each must be there, and each must be cited."""

    def __init__(self, file: DataFile) -> None:
        self.file, self.cited = file, set[str]()
        self.known: dict[str, Source] = {}
        for code, table in Table(file, file.data).named("sources"):
            self.known[code] = Source(table.need("cite", str), table.need("confirmed", bool))
            table.close()

    def close(self) -> None:
        for code in self.known:
            if code not in self.cited:
                raise self.file.fault(f"nothing cites the source {code}", "sources", code)


class Entry(Table):
    """A table whose figures have a source."""

    def __init__(
        self, file: DataFile, values: Mapping[str, Any], sources: Sources, *place: str | int
    ) -> None:
        super().__init__(file, values, *place)
        self.sources = sources

    def entry(self, key: str) -> "Entry":
        return Entry(self.file, self.table(key).values, self.sources, *self.place, key)

    def entries(self, key: str) -> Iterator["Entry"]:
        """The elements of `[[key]]`; absent is none."""
        for table in self.tables(key):
            yield Entry(self.file, table.values, self.sources, *table.place)

    def source(self) -> tuple[str, ...]:
        found = self.some_words("source", self.sources.known, "source")
        self.sources.cited.update(found)
        return found

    def name(self, key: str = "name") -> str:
        name = self.need(key, str)
        if not NAME.match(name):
            raise self.fault(f"not a name: {name}", key)
        return name

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of text, none twice; absent is empty."""
        found = self.get(key, list) or []
        for at, text in enumerate(found):
            if not isinstance(text, str):
                raise self.fault(f"{key} must hold text only", key)
            if text in found[:at]:
                raise self.fault(f"{key} has {text} twice", key)
        return tuple(found)

    def wholes(self, key: str) -> tuple[int, ...]:
        """A list of whole numbers from 0 on; absent is empty."""
        found = self.get(key, list) or []
        if any(type(number) is not int or number < 0 for number in found):
            raise self.fault(f"{key} must hold whole numbers from 0 on", key)
        return tuple(found)

    def optional_whole(self, key: str, least: int) -> int | None:
        return self.whole(key, least) if self.get(key, int) is not None else None

    def items(self, key: str, known: Collection[str] | None = None) -> tuple[str, ...]:
        """Items one by one from runs such as `P1-P6`, none twice; where given, each is known."""
        found: list[str] = []
        for text in self.texts(key):
            try:
                run = items_of(text)
            except ValueError as fault:
                raise self.fault(str(fault), key) from None
            for number in run:
                if known is not None and number not in known:
                    raise self.fault(f"item {number} is in no declared range", key)
                if number in found:
                    raise self.fault(f"{key} has item {number} twice", key)
                found.append(number)
        return tuple(found)

    def by_item(self, key: str, known: Mapping[str, Item]) -> dict[str, int]:
        """`{ 3 = 1 }`: a whole number for each of some items, which it must allow."""
        found = self.get(key, dict) or {}
        for number, value in found.items():
            if number not in known:
                raise self.fault(f"item {number} is in no declared range", key)
            if type(value) is not int or value not in known[number].values:
                raise self.fault(f"item {number} allows no such answer", key)
        return found

    def rule(self, names: Mapping[str, Name], key: str = "when") -> Condition:
        try:
            return read_condition(self.need(key, str), names)
        except ConditionError as fault:
            raise self.fault(f"{key}: {fault}", key) from None


class Names(dict[str, Name]):
    """What the rules of a file may speak of so far; no two things have one name."""

    def claim(self, entry: Entry, name: str, found: Name) -> None:
        if name in self or found.key in {one.key for one in self.values()}:
            raise entry.fault(f"{found.key} is named twice")
        self[name] = found
