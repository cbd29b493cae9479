"""What only shows when the lines of a manifest are seen together: children alone, doubles."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Protocol

from app.registry.operations.lines import LineProblem
from app.registry.people.births import Birth, possibly_minor
from app.registry.people.folding import fold
from app.registry.people.matching import SAME, closest, matching_key

# Above this many lines with one birth (a whole column of 1 January), only equal keys are told.
MOST_COMPARED = 100


class Passenger(Protocol):
    """What these checks need of a line, whichever way it came in."""

    @property
    def line(self) -> int: ...
    @property
    def group(self) -> str | None: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def sex(self) -> int: ...
    @property
    def birth(self) -> Birth: ...
    @property
    def document_type(self) -> str | None: ...
    @property
    def document_number(self) -> str | None: ...


def check_groups(lines: Sequence[Passenger], on: date | None) -> list[LineProblem]:
    """Warnings only: each is for a human to look at before the manifest is loaded."""
    day = on or max((line.birth.latest for line in lines if line.birth.latest), default=None)
    return [*children_alone(lines, day), *doubles(lines), *same_document(lines)]


def children_alone(lines: Sequence[Passenger], on: date | None) -> Iterator[LineProblem]:
    """Groups in which nobody is surely of age; who has no group is a group of one."""
    groups: dict[str, list[Passenger]] = defaultdict(list)
    for line in lines:
        groups[line.group or f"\0{line.line}"].append(line)
    for members in groups.values():
        if on is None or all(possibly_minor(line.birth, on) for line in members):
            detail = "nobody in this group is surely of age; if children travel alone, an interim"
            yield LineProblem(
                members[0].line, "group", "unaccompanied", f"{detail} guardian is due", "warning"
            )


def doubles(lines: Sequence[Passenger]) -> Iterator[LineProblem]:
    """One passenger written twice, often once in each script: same birth, names that may be one."""
    by_birth: dict[tuple[object, ...], list[Passenger]] = defaultdict(list)
    for line in lines:
        by_birth[line.birth.earliest, line.birth.latest].append(line)
    for alike in by_birth.values():
        pairs = equal_keys(alike) if len(alike) > MOST_COMPARED else close_names(alike)
        for first, second in pairs:
            if {first.sex, second.sex} != {1, 2}:
                detail = f"may be the passenger of line {first.line} once more"
                yield LineProblem(second.line, None, "possible-duplicate", detail, "warning")


def close_names(lines: Sequence[Passenger]) -> Iterator[tuple[Passenger, Passenger]]:
    """Each line with the first one before it that it resembles."""
    if len(lines) < 2:
        return
    folded = [[fold(name) for name in line.names] for line in lines]
    for later in range(1, len(lines)):
        for earlier in range(later):
            if closest(folded[earlier], folded[later]) >= SAME:
                yield lines[earlier], lines[later]
                break


def equal_keys(lines: Sequence[Passenger]) -> Iterator[tuple[Passenger, Passenger]]:
    seen: dict[tuple[str, ...], Passenger] = {}
    for line in lines:
        keys = {matching_key(name) for name in line.names}
        if first := next((seen[key] for key in keys if key in seen), None):
            yield first, line
        for key in keys:
            seen.setdefault(key, line)


def same_document(lines: Sequence[Passenger]) -> Iterator[LineProblem]:
    """A child may travel on a parent's paper, so this is never an error."""
    seen: dict[tuple[str | None, str], int] = {}
    for line in lines:
        if line.document_number:
            key = line.document_type, "".join(line.document_number.casefold().split())
            if key in seen:
                detail = f"is the document of line {seen[key]} too"
                yield LineProblem(line.line, "document_number", "same-document", detail, "warning")
            seen.setdefault(key, line.line)


def unborn(lines: Sequence[Passenger], today: date) -> Iterator[LineProblem]:
    """Errors, unlike the others: a birth to come is a slip that only the sender can mend."""
    for line in lines:
        if line.birth.earliest and line.birth.earliest > today:
            yield LineProblem(line.line, "birth", "future", "nobody is born in the future")
