"""The tools of structured judgement that ship: numbers of their indicators, and no words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.core.datafile import DataFile
from app.core.sealed_data import load_sealed, read_versions
from app.registry.pathways.reading import Table

TOOLS = Path(__file__).parent / "tools"
RATINGS = ("present", "absent", "unknown", "not_rated")
INDICATOR = re.compile(r"([1-9][0-9]?)\.([1-9][0-9]?)")  # the number of its domain, and its own


@dataclass(frozen=True)
class Domain:
    number: int
    indicators: int  # how many, counted from 1
    source: str
    confirmed: bool  # whether a primary source was seen


@dataclass(frozen=True)
class Tool:
    """`named_by_assessor`: whichever other tool; its indicators are not known."""

    code: str
    version: int
    ratings: tuple[str, ...]
    named_by_assessor: bool
    domains: Mapping[int, Domain]

    def has(self, indicator: str) -> bool:
        """Whether there is an indicator of this code, as `2.4`: the fourth of the second domain."""
        if not (found := INDICATOR.fullmatch(indicator)):
            return False
        domain = self.domains.get(int(found[1]))
        return self.named_by_assessor or (domain is not None and int(found[2]) <= domain.indicators)


Tools = Mapping[str, Mapping[int, Tool]]


@cache
def tools() -> Tools:
    """Code → version → tool, of every version ever published."""
    return read_tools(load_sealed(TOOLS))


def current(code: str) -> Tool | None:
    """The newest version; None of a tool that nobody knows."""
    versions = tools().get(code)
    return versions[max(versions)] if versions else None


def read_tools(files: Mapping[str, DataFile]) -> Tools:
    """From files by their path within the folder; raises DataFileError for what is wrong."""
    return read_versions(files, read_tool, "a tool")


def read_tool(file: DataFile) -> Tool:
    top = Table(file, file.data)
    tool = Tool(
        code=top.need("code", str),
        version=top.whole("version", 1),
        ratings=top.some_words("ratings", RATINGS, "rating"),
        named_by_assessor=top.flag("named_by_assessor"),
        domains=read_domains(top),
    )
    if tool.named_by_assessor is bool(tool.domains):
        raise top.fault("a tool has domains, or its assessor names it", "named_by_assessor")
    top.close()
    return tool


def read_domains(top: Table) -> dict[int, Domain]:
    found: dict[int, Domain] = {}
    for entry in top.tables("domains"):
        number = entry.whole("number", 1)
        if number != len(found) + 1:
            raise entry.fault("domains are numbered in order, from 1", "number")
        found[number] = Domain(
            number,
            entry.whole("indicators", 1),
            entry.need("source", str),
            entry.need("confirmed", bool),
        )
        entry.close()
    return found
