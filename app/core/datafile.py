"""Practice kept as data: a TOML file whose every fault is told with its file and line."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

PART = r"""(?:"(?:\\.|[^"\\])*"|'[^']*'|[A-Za-z0-9_-]+)"""
KEY = rf"{PART}(?:\s*\.\s*{PART})*"
HEADER = re.compile(rf"^\s*(\[\[?)\s*({KEY})\s*\]\]?\s*(?:#.*)?$")
ENTRY = re.compile(rf"^\s*({KEY})\s*=")
TOKEN = re.compile(r'''"""|\'\'\'|"(?:\\.|[^"\\])*"|'[^']*'|#.*|[\[\]{}]''')
# A multi-line string may end in up to two quotes of its own before the three that close it.
CLOSING = {
    '"""': re.compile(r'(?:\\.|[^\\])*?"{3,5}'),
    "'''": re.compile(r".*?'{3,5}"),
}

VERSION = re.compile(r"v[0-9]+\.toml")


class DataFileError(ValueError):
    """A data file that must not be used; the message begins with `file:line`."""

    def __init__(self, path: Path, line: int, fault: str) -> None:
        # Of many files named for their version alone, the folder says which one it is.
        name = f"{path.parent.name}/{path.name}" if VERSION.fullmatch(path.name) else path.name
        super().__init__(f"{name}:{line}: {fault}")
        self.path, self.line, self.fault = path, line, fault


@dataclass(frozen=True)
class DataFile:
    path: Path
    data: Mapping[str, Any]
    digest: str  # SHA-256 of the bytes, hexadecimal: the seal of a published version
    lines: Mapping[tuple[str, ...], int]

    def line_of(self, *keys: str | int) -> int:
        """Where a key stands; for a key that has no line of its own, its nearest parent's."""
        place = tuple(map(str, keys))
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def fault(self, message: str, *keys: str | int) -> DataFileError:
        return DataFileError(self.path, self.line_of(*keys), message)


def load(path: Path) -> DataFile:
    """Read a TOML file in UTF-8; a file that is none is refused with the line of the fault."""
    raw = path.read_bytes()
    try:
        text = raw.decode()
        data = tomllib.loads(text)
    except UnicodeDecodeError as fault:
        line = raw[: fault.start].count(b"\n") + 1
        raise DataFileError(path, line, "not UTF-8") from None
    except tomllib.TOMLDecodeError as fault:
        found = re.search(r"at line (\d+)", str(fault))
        line = int(found[1]) if found else text.count("\n") + 1
        raise DataFileError(path, line, str(fault)) from None
    return DataFile(path, data, sha256(raw).hexdigest(), index(text))


def index(text: str) -> dict[tuple[str, ...], int]:
    """Key path → line, counted from 1; tables of an array are numbered from 0."""
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    counts: dict[tuple[str, ...], int] = {}

    def note(place: tuple[str, ...], number: int) -> None:
        for end in range(1, len(place) + 1):
            lines.setdefault(place[:end], number)

    for number, line in beginnings(text):
        if header := HEADER.match(line):
            *above, last = split(header[2])
            table = ()
            for part in above:  # `[a.b]` after `[[a]]` belongs to the newest element of a
                table = (*table, part)
                if table in counts:
                    table = (*table, str(counts[table]))
            table = (*table, last)
            if header[1] == "[[":
                place = counts[table] = counts.get(table, -1) + 1
                note(table, number)
                table = (*table, str(place))
            note(table, number)
        elif entry := ENTRY.match(line):
            note((*table, *split(entry[1])), number)
    return lines


def beginnings(text: str) -> Iterator[tuple[int, str]]:
    """The lines that begin a statement: none that continues a string or an array."""
    string, depth = "", 0
    # Not splitlines(): to TOML, a form feed or U+2028 in a string is no end of line.
    for number, line in enumerate(text.split("\n"), start=1):
        if not string and not depth:
            yield number, line
        place = 0
        while True:
            if string:
                if not (end := CLOSING[string].match(line, place)):
                    break
                string, place = "", end.end()
            if not (token := TOKEN.search(line, place)):
                break
            place = token.end()
            if token[0] in CLOSING:
                string = token[0]
            elif token[0] in "[{":
                depth += 1
            elif token[0] in "]}":
                depth -= 1


def split(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(PART, dotted))
