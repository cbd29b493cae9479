"""Reads the tables of a data file key by key: a wrong, missing or unknown key is a fault."""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any, TypeVar

from app.core.datafile import DataFile, DataFileError
from app.registry.pathways.definitions import Gate, Span, Title, Unit

T = TypeVar("T")
CODE = re.compile(r"[a-z][a-z0-9_]*\Z")
LANGUAGE = re.compile(
    r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?\Z"
)  # BCP 47, as we use it
NEEDED_LANGUAGES = ("en", "ru")
UNITS: tuple[Unit, ...] = ("hours", "days", "months")


class Table:
    """One table of a data file; call `close` when every key that has a meaning was taken."""

    def __init__(self, file: DataFile, values: Mapping[str, Any], *place: str | int) -> None:
        self.file, self.values, self.place = file, values, place
        self.taken: set[str] = set()

    def fault(self, message: str, *keys: str | int) -> DataFileError:
        return self.file.fault(message, *self.place, *keys)

    def get(self, key: str, kind: type[T]) -> T | None:
        """The value of a key that may be absent, if it has this TOML type."""
        self.taken.add(key)
        value = self.values.get(key)
        # To Python, true is an int; to a reader of the file it is not.
        if value is not None and type(value) is not kind:
            raise self.fault(f"{key} must be {NAMES[kind]}", key)
        return value

    def need(self, key: str, kind: type[T]) -> T:
        value = self.get(key, kind)
        if value is None:
            raise self.fault(f"{key} is missing")
        return value

    def flag(self, key: str, default: bool = False) -> bool:
        value = self.get(key, bool)
        return default if value is None else value

    def whole(self, key: str, least: int = 0) -> int:
        value = self.need(key, int)
        if value < least:
            raise self.fault(f"{key} must be at least {least}", key)
        return value

    def one_of(self, key: str, choices: Collection[str], what: str) -> str:
        return self.known(self.need(key, str), choices, what, key)

    def known(self, value: str, choices: Collection[str], what: str, key: str) -> str:
        if value not in choices:
            raise self.fault(f"unknown {what}: {value}", key)
        return value

    def words(self, key: str, choices: Collection[str], what: str) -> tuple[str, ...]:
        """A list of codes, each known and none twice; absent is empty."""
        found = self.get(key, list) or []
        for at, word in enumerate(found):
            if not isinstance(word, str):
                raise self.fault(f"{key} must hold text only", key)
            self.known(word, choices, what, key)
            if word in found[:at]:
                raise self.fault(f"{what} twice: {word}", key)
        return tuple(found)

    def some_words(self, key: str, choices: Collection[str], what: str) -> tuple[str, ...]:
        self.need(key, list)
        if not (found := self.words(key, choices, what)):
            raise self.fault(f"{key} is empty", key)
        return found

    def table(self, key: str) -> "Table":
        return Table(self.file, self.need(key, dict), *self.place, key)

    def tables(self, key: str) -> Iterator["Table"]:
        """The elements of `[[key]]`; absent is none."""
        for at, values in enumerate(self.get(key, list) or []):
            if not isinstance(values, dict):
                raise self.fault(f"{key} must hold tables", key)
            yield Table(self.file, values, *self.place, key, at)

    def named(self, key: str) -> Iterator[tuple[str, "Table"]]:
        """The tables within a table, by their code."""
        within = self.table(key)
        for code in within.values:
            if not CODE.match(code):
                raise within.fault(f"not a code: {code}", code)
            yield code, within.table(code)

    def title(self, key: str = "title") -> Title:
        given = self.need(key, dict)
        for language, text in given.items():
            if not LANGUAGE.match(language):
                raise self.fault(f"not a language: {language}", key)
            if not isinstance(text, str) or not text.strip():
                raise self.fault(f"{key} has no text in {language}", key)
        for language in NEEDED_LANGUAGES:
            if language not in given:
                raise self.fault(f"{key} is missing in {language}", key)
        return Title(given)

    def span(self, key: str) -> Span | None:
        """`{ hours = 48 }`, `{ days = 14 }` or `{ months = 2 }`."""
        given = self.get(key, dict)
        if given is None:
            return None
        if len(given) != 1 or (unit := next((u for u in UNITS if u in given), None)) is None:
            raise self.fault(f"{key} must be one of hours, days, months", key)
        if type(given[unit]) is not int or given[unit] < 1:
            raise self.fault(f"{key} must be a whole number of {unit}, at least 1", key)
        return Span(given[unit], unit)

    def close(self) -> None:
        for key in self.values:
            if key not in self.taken:
                raise self.fault(f"unknown key: {key}", key)


NAMES: Mapping[type, str] = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    list: "a list",
    dict: "a table",
    date: "a date",
}


def extra_gate(entry: Table, tracks: Collection[str], milestones: Collection[str]) -> Gate:
    """One `[[gates]]` of a jurisdiction or pathway; whether the move exists is checked later."""
    gate = Gate(
        track=entry.one_of("track", tracks, "track"),
        origin=entry.need("from", str),
        to=entry.need("to", str),
        also=entry.some_words("also", milestones, "milestone"),
    )
    entry.close()
    return gate
