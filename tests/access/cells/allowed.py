"""What somebody is told they may on a case, beside what its cells ask and what the judge says."""

from collections.abc import Iterator
from typing import Any

from tests.access.cells.around import told_of
from tests.access.cells.expecting import OF_THE_WHOLE, Judge
from tests.access.cells.operations import OPERATIONS, Operation
from tests.access.cells.people import Who
from tests.access.cells.rights import IN_SUMMARY, RIGHTS
from tests.access.cells.scene import File
from tests.access.cells.telling import WORDS

# Of a case or the person it is about; what opens such a file is asked of none.
OF_A_CASE = [
    one
    for one in {one.action: one for one in OPERATIONS if one.of_a_file}.values()
    if one.action != "self" and one.scope in ("case", "person")
]
UNSEALING = "sealing.unseal"


def letters(judge: Judge, who: Who, file: File, name: str) -> set[str]:
    """Rights of the matrix, by whichever relationship is there for this class."""
    found = set[str]()
    for way, held in RIGHTS.get(name, {}).get(who.role, {}).items():
        if judge.holds(way, who, file, name):
            found |= {*held}
    return found


def reading(judge: Judge, who: Who, file: File, name: str) -> set[str]:
    """With what a broken glass shows, and lets nobody write by."""
    return letters(judge, who, file, name) | ({"R"} if judge.broken(who, file, name) else set())


def within(judge: Judge, who: Who, file: File, operation: Operation) -> set[str]:
    """The classes in which they may do this."""
    if operation.writes and who.relation == "strand" and operation.record in OF_THE_WHOLE:
        return set()
    found = set()
    for name in operation.classes:
        briefly = told_of(who, operation.record, name)
        wanted = set(judge.wanted(who, operation.needs)).difference("S" if briefly else "")
        rights = letters if operation.writes else reading
        if wanted & rights(judge, who, file, name):
            found.add(name)
    return found


def briefly(judge: Judge, who: Who, file: File, operation: Operation) -> set[str]:
    if not operation.action.endswith(".read") or operation.record not in IN_SUMMARY:
        return set()
    named = {name for name in operation.classes if told_of(who, operation.record, name)}
    return {name for name in named if "S" in letters(judge, who, file, name)}


def wrong(judge: Judge, who: Who, file: File, status: int, told: dict[str, Any]) -> Iterator[str]:
    """Whatever is told otherwise than it is; nothing where all is as it must be."""
    sealed = judge.scene.sealed
    asked = [one for one in OF_A_CASE if not sealed or one.action == UNSEALING]
    opened = any(within(judge, who, file, one) or briefly(judge, who, file, one) for one in asked)
    known = opened and who.relation != "kin"
    if status != (200 if known else 404):
        yield f"is answered {status}"
    if status != 200 or not known:
        return
    if told["sealed"] is not sealed:
        yield f"says sealed: {told['sealed']}"
    for one in told["classes"]:
        may = set() if sealed else reading(judge, who, file, one["record_class"])
        if {*one["may"]} != {WORDS[letter] for letter in may if letter in WORDS}:
            yield f"may {one['may']} with {one['record_class']}, not {sorted(may)}"
    by_action = {one["action"]: one for one in told["actions"]}
    if missing := sorted({one.action for one in OF_A_CASE} - by_action.keys()):
        yield f"says nothing of {missing}"
    for operation in OF_A_CASE:
        one = by_action.get(operation.action)
        if one is None:
            continue
        may = within(judge, who, file, operation) if operation in asked else set()
        short = set() if sealed else briefly(judge, who, file, operation) - may
        if ({*one["record_classes"]}, {*one["in_summary"]}) != (may, short):
            yield f"{operation.action} in {one['record_classes']}, not {sorted(may)}"
        if one["may"] is not bool(may):
            yield f"{operation.action}: {one['may']}"
