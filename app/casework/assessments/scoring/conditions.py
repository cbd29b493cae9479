"""The language of rules: `core >= 1 and symptoms >= 5`, true, false, or unknown.

A rule compares what is known with whole numbers (`item_9 >= 1`, `total < 13`), or names a fact
that is so or not (`education_at_most_12_years`), and joins such parts with and, or, not. What is
missing is unknown, and a rule with an unknown part is decided only where that part cannot matter.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Truth = bool | None
# By name: of an item or scale a number, of a fact true or false, None where that is unknown; of a
# count the least and the most that it can be.
Known = Mapping[str, Any]
Judge = Callable[[Known], Truth]
COMPARED: Mapping[type[ast.cmpop], Callable[[Any, int], bool]] = {
    ast.GtE: operator.ge,
    ast.Gt: operator.gt,
    ast.LtE: operator.le,
    ast.Lt: operator.lt,
}


class ConditionError(ValueError):
    """A rule that cannot be: the message says why."""


@dataclass(frozen=True)
class Name:
    """What a rule may speak of: where it is known, and what it can be; a fact has no range."""

    key: str
    range: tuple[int, int] | None = None


class Counted(Name):
    """The name of a count, of which the least and the most are known."""


@dataclass(frozen=True)
class Condition:
    text: str
    judge: Judge


def read_condition(text: str, names: Mapping[str, Name]) -> Condition:
    """Raises ConditionError for what is no rule, speaks of the unknown or decides nothing."""
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError:
        raise ConditionError(f"not a rule: {text}") from None
    return Condition(text, judging(tree, names))


def judging(node: ast.expr, names: Mapping[str, Name]) -> Judge:
    match node:
        case ast.BoolOp(op=ast.And(), values=parts):
            return all_of([judging(part, names) for part in parts])
        case ast.BoolOp(op=ast.Or(), values=parts):
            return any_of([judging(part, names) for part in parts])
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return opposite(judging(part, names))
        case ast.Name(id=name):
            return fact(known_name(name, names), name)
        case ast.Compare(
            left=ast.Name(id=name),
            ops=[comparison],
            comparators=[ast.Constant(value=int() as least)],
        ) if type(comparison) in COMPARED and type(least) is int:
            return compared(known_name(name, names), name, COMPARED[type(comparison)], least)
    raise ConditionError(f"not a rule: {ast.unparse(node)}")


def known_name(name: str, names: Mapping[str, Name]) -> Name:
    if name not in names:
        raise ConditionError(f"a rule speaks of {name}, which is no scale, count, fact or item_…")
    return names[name]


def fact(found: Name, name: str) -> Judge:
    if found.range is not None:
        raise ConditionError(f"{name} is a number, and compared with one")
    key = found.key

    def judge(known: Known) -> Truth:
        verdict: Truth = known[key]
        return verdict

    return judge


def compared(found: Name, name: str, holds: Callable[[Any, int], bool], than: int) -> Judge:
    if found.range is None:
        raise ConditionError(f"{name} is so or not, and compared with nothing")
    if len({holds(end, than) for end in found.range}) == 1:
        least, most = found.range
        raise ConditionError(
            f"{name} is {least} to {most}: compared with {than} it decides nothing"
        )
    key = found.key

    def of_value(known: Known) -> Truth:
        value = known[key]
        return None if value is None else holds(value, than)

    def of_count(known: Known) -> Truth:
        least, most = known[key]
        verdict = holds(least, than)
        return verdict if verdict == holds(most, than) else None

    return of_count if isinstance(found, Counted) else of_value


def all_of(parts: list[Judge]) -> Judge:
    """False once a part is; else unknown once a part is."""

    def judge(known: Known) -> Truth:
        verdict: Truth = True
        for part in parts:
            found = part(known)
            if found is False:
                return False
            if found is None:
                verdict = None
        return verdict

    return judge


def any_of(parts: list[Judge]) -> Judge:
    """True once a part is; else unknown once a part is."""

    def judge(known: Known) -> Truth:
        verdict: Truth = False
        for part in parts:
            found = part(known)
            if found:
                return True
            if found is None:
                verdict = None
        return verdict

    return judge


def opposite(part: Judge) -> Judge:
    def judge(known: Known) -> Truth:
        found = part(known)
        return None if found is None else not found

    return judge
