"""The mutants of a file: mutmut's operators over all of it, and a few for rules written as SQL.

Left out, by kind and not one by one:

- what is only read by people or by the type checker: annotations, aliases and variables of
  types, the words of an exception that is raised (its code and its headers stay), `assert`, `repr`;
- whether a dataclass is frozen, and whether `zip` is strict: they keep slips from being written,
  and decide nothing;
- what another name of a table is called in SQL;
- whether a statement for who has nothing rare leaves it out: it is quicker, and finds the same;
- names that are unpacked into: one less is an error wherever it runs;
- what a table's columns are: they are held against the migrations, and the database refuses;
- two of mutmut's three mutants of a string: if one change of it is noticed, so is another;
- of mutmut's two mutants of an argument the weaker: by name, or as one of many that a function
  takes, it is left out, and else it is None;
- a mutant that compiles to the same code.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import CodeType
from typing import Any

import libcst as cst
import libcst.matchers as m
from libcst.metadata import (
    CodeRange,
    MetadataWrapper,
    ParentNodeProvider,
    WhitespaceInclusivePositionProvider,
)
from mutmut.mutation.mutators import (
    mutation_operators,
    operator_arg_removal,
    operator_string,
)

ROOT = Path(__file__).parents[2]
Name = tuple[str, str, str]  # file and function, before, after
Key = tuple[str, str, str, str]  # and the digest of its scope
Operator = Callable[[Any], Iterable[cst.CSTNode]]


@dataclass(frozen=True)
class Mutant:
    """One change of one file. It is known by what it changes, wherever that stands in the file.

    Its scope is the function or method that it is in, or the statement of a class or module.
    """

    file: str
    function: str
    line: int
    before: str
    after: str
    source: str  # the whole file, changed
    inside: str | None  # the function whose code alone differs; None where more does

    digest: str  # of its scope as it is

    @property
    def name(self) -> Name:
        return f"{self.file} {self.function}".strip(), self.before, self.after

    @property
    def key(self) -> Key:
        return *self.name, self.digest

    @property
    def scope(self) -> tuple[str, str]:
        return self.file, self.digest

    def __str__(self) -> str:
        old, new = (text.replace("\n", " ⏎ ") for text in (self.before, self.after))
        return f"{self.file}:{self.line} {self.function}\n  - {old}\n  + {new}"


# --- what is changed ------------------------------------------------------------------------------

SWAPPED = {
    **{"and_": "or_", "or_": "and_", "true": "false", "false": "true"},
    **{"any": "all", "all": "any", "min": "max", "max": "min"},
}
SWAPPED_METHODS = {"is_": "is_not", "is_not": "is_", "in_": "not_in", "not_in": "in_"}


def clauses(node: cst.Call) -> Iterator[cst.CSTNode]:
    """The words of SQLAlchemy for what mutmut does to Python's own."""
    if isinstance(node.func, cst.Name) and node.func.value in SWAPPED:
        yield node.with_changes(func=cst.Name(SWAPPED[node.func.value]))
    if m.matches(node.func, m.Name("exists")):
        yield cst.UnaryOperation(cst.BitInvert(), node)
    if isinstance(node.func, cst.Attribute) and node.func.attr.value in SWAPPED_METHODS:
        other = cst.Name(SWAPPED_METHODS[node.func.attr.value])
        yield node.with_changes(func=node.func.with_changes(attr=other))


def negated(test: cst.BaseExpression) -> Iterator[cst.CSTNode]:
    """A condition the other way round, where no operator stands in it that could be."""
    if not isinstance(test, cst.Comparison | cst.UnaryOperation):
        whole = test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        yield cst.UnaryOperation(cst.Not(), whole)


def steps(node: cst.Expr) -> Iterator[cst.CSTNode]:
    """What is done for its effect is not done."""
    if isinstance(node.value, cst.Call):
        yield cst.Pass()


def members(node: cst.Tuple | cst.List | cst.Set) -> Iterator[cst.CSTNode]:
    """One of several clauses less; a literal is changed anyway."""
    plain = cst.BaseString | cst.BaseNumber
    for place, one in enumerate(node.elements):
        if len(node.elements) > 1 and not isinstance(one.value, plain):
            rest = [*node.elements[:place], *node.elements[place + 1 :]]
            if len(rest) == 1 and isinstance(node, cst.Tuple):
                rest = [rest[0].with_changes(comma=cst.Comma())]
            yield node.with_changes(elements=rest)


TAKES_MANY = {"and_", "or_", "select", "where", "order_by", "add_columns", "union_all", "union"}


def arguments(node: cst.Call) -> Iterator[cst.CSTNode]:
    """One of them less, or None for it."""
    called = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
    many = isinstance(called, cst.Name) and called.value in TAKES_MANY
    for place, one in enumerate(node.args):
        before, after = node.args[:place], node.args[place + 1 :]
        if m.matches(one, NO_DIFFERENCE):
            continue
        if many or one.keyword or one.star:
            yield node.with_changes(args=[*before, *after])
        elif not m.matches(one.value, m.Name("None")):
            yield node.with_changes(
                args=[*before, one.with_changes(value=cst.Name("None")), *after]
            )


def once(node: cst.BaseString) -> Iterator[cst.CSTNode]:
    yield from list(operator_string(node))[:1]


OPERATORS: list[tuple[Any, Operator]] = [
    *(one for one in mutation_operators if one[1] not in (operator_string, operator_arg_removal)),
    (cst.BaseString, once),
    (cst.Call, arguments),
    (cst.Call, clauses),
    (cst.Expr, steps),
    (cst.Tuple | cst.List | cst.Set, members),
]

# --- what is left out -----------------------------------------------------------------------------

# Whether there is a row is asked by `exists(select(literal(1))…)`: of which nobody sees the 1.
A_ROW = m.Call(func=m.Name("literal"), args=[m.Arg(m.Integer("1"))])
ANY_ROW = m.Call(func=m.Name("select"), args=[m.Arg(A_ROW)])
COLUMN = m.Call(func=m.Name("mapped_column") | m.Name("sealed"))
TABLE = m.Assign(targets=[m.AssignTarget(m.Name("__table_args__") | m.Name("__tablename__"))])
NO_DIFFERENCE = m.Arg(keyword=m.Name("usual") | m.Name("strict"))
LEFT_OUT = (
    m.OneOf(
        m.Annotation(), m.Assert(), m.Import(), m.ImportFrom(), A_ROW, COLUMN, TABLE, NO_DIFFERENCE
    )
    | m.Call(func=m.Name("other") | m.Attribute(attr=m.Name("alias")))
    | m.Call(func=m.Name("cast") | m.Name("repr"))
    | m.AnnAssign(value=COLUMN)
    | m.Decorator(m.Call(func=m.Name("dataclass")))
    | m.Assign(value=m.Call(func=m.Name("TypeVar")))
)
ALIAS = m.Assign(value=m.Subscript()) | m.Assign(value=m.BinaryOperation(operator=m.BitOr()))


class Visitor(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (ParentNodeProvider, WhitespaceInclusivePositionProvider)

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[cst.CSTNode, cst.CSTNode, str, cst.CSTNode]] = []
        self.names: list[str] = []
        self.scopes: list[cst.CSTNode] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self.names.append(node.name.value)
        if isinstance(node, cst.BaseStatement):
            self.scopes.append(node)
        if self.left_out(node):
            return False
        if not self.unchanged(node):
            for kind, change in OPERATORS:
                if isinstance(node, kind):
                    self.keep(node, change(node))
            if isinstance(node, cst.If | cst.While | cst.IfExp | cst.CompIf):
                self.keep(node.test, negated(node.test))
        return True

    def keep(self, node: cst.CSTNode, changes: Iterable[cst.CSTNode]) -> None:
        function = ".".join(self.names)
        self.found += [(node, new, function, self.scope()) for new in changes]

    def scope(self) -> cst.CSTNode:
        functions = [one for one in self.scopes if isinstance(one, cst.FunctionDef)]
        inside = (one for one in self.scopes if not isinstance(one, cst.ClassDef))
        return next(iter(functions), None) or next(inside, None) or self.scopes[-1]

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, cst.FunctionDef | cst.ClassDef):
            self.names.pop()
        if isinstance(original_node, cst.BaseStatement):
            self.scopes.pop()

    def left_out(self, node: cst.CSTNode) -> bool:
        """With all that is in it."""
        if m.matches(node, LEFT_OUT):
            return True
        if m.matches(node, ALIAS) and not self.names:
            return True
        if isinstance(node, cst.Tuple) and self.is_unpacked_into(node):
            return True
        # What a raised exception says; its keywords decide.
        return isinstance(node, cst.Arg) and node.keyword is None and self.is_raised(node)

    def is_unpacked_into(self, names: cst.Tuple) -> bool:
        parent = self.get_metadata(ParentNodeProvider, names)
        if isinstance(parent, cst.For | cst.CompFor):
            return parent.target is names
        return isinstance(parent, cst.AssignTarget)

    def is_raised(self, argument: cst.Arg) -> bool:
        call = self.get_metadata(ParentNodeProvider, argument)
        raised = self.get_metadata(ParentNodeProvider, call)
        return isinstance(raised, cst.Raise) and not m.matches(call, m.Call(func=m.Name("invalid")))

    def unchanged(self, node: cst.CSTNode) -> bool:
        """Itself, though not what is in it: as mutmut has it; and an exception keeps its words."""
        if not isinstance(node, cst.Call):
            return False
        if m.matches(node.func, m.Name("len") | m.Name("isinstance")) or m.matches(node, ANY_ROW):
            return True
        return isinstance(self.get_metadata(ParentNodeProvider, node), cst.Raise)


# --- all of a file --------------------------------------------------------------------------------


def mutants(file: str) -> list[Mutant]:
    """In the order of the file, each different from the others and from what is there."""
    return mutants_of(file, (ROOT / file).read_text())


def mutants_of(file: str, text: str) -> list[Mutant]:
    wrapper, visitor = MetadataWrapper(cst.parse_module(text)), Visitor()
    wrapper.visit(visitor)
    where, old = wrapper.resolve(WhitespaceInclusivePositionProvider), compile(text, file, "exec")
    made: dict[str, Mutant] = {}
    alike: Counter[Name] = Counter()

    @cache
    def digest(scope: cst.CSTNode) -> str:
        return sha256(wrapper.module.code_for_node(scope).strip().encode()).hexdigest()[:16]

    for node, new, function, scope in visitor.found:
        span = where[node]
        source = spliced(text, span, wrapper.module.code_for_node(new))
        code = compiled(source, file)
        if code is None or (inside := difference(old, code)) == "" or source in made:
            continue
        line = span.start.line
        one = Mutant(file, function, line, *lines(text, source), source, inside, digest(scope))
        alike[one.name] += 1
        if (turn := alike[one.name]) > 1:
            one = replace(one, function=f"{function} ({turn})")
        made[source] = one
    return sorted(made.values(), key=lambda one: one.line)


def spliced(text: str, span: CodeRange, new: str) -> str:
    """The text with something else in this place; lines count from 1."""
    rows = text.splitlines(keepends=True)
    start, end = (
        sum(map(len, rows[: place.line - 1])) + place.column for place in (span.start, span.end)
    )
    return text[:start] + new + text[end:]


def compiled(source: str, file: str) -> CodeType | None:
    try:
        return compile(source, file, "exec")
    except SyntaxError:  # such as an argument by place after one by name
        return None


def lines(old: str, new: str) -> tuple[str, str]:
    """What differs, without the space around it."""
    parts: dict[str, list[str]] = {"-": [], "+": []}
    ours, theirs = ([line.strip() for line in text.splitlines()] for text in (old, new))
    for line in difflib.unified_diff(ours, theirs, n=0):
        if line[0] in parts and not line.startswith(("---", "+++")):
            parts[line[0]].append(line[1:])
    return "\n".join(parts["-"]), "\n".join(parts["+"])


def parts_of(code: CodeType) -> list[CodeType]:
    return [one for one in code.co_consts if isinstance(one, CodeType)]


def own(code: CodeType) -> tuple[object, ...]:
    """All that it does, wherever it stands, less the functions that are in it."""
    plain = [one for one in code.co_consts if not isinstance(one, CodeType)]
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars, code.co_name)
    kinds = (code.co_argcount, code.co_kwonlyargcount, code.co_flags, code.co_exceptiontable)
    return (code.co_code, repr(plain), *names, *kinds)


def difference(old: CodeType, new: CodeType) -> str | None:
    """The function (of a module or a class) that alone differs; "" where none does, None if more.

    What a class or a module does when it is read is more.
    """
    if own(old) != own(new) or len(parts_of(old)) != len(parts_of(new)):
        return None
    found = set[str | None]()
    for one, other in zip(parts_of(old), parts_of(new), strict=True):
        is_body = not one.co_flags & 0x2  # of a class: it has no locals of its own
        if is_body:
            found.add(difference(one, other))
        elif not same(one, other):
            found.add(one.co_qualname)
    found.discard("")
    if not found:
        return ""
    return found.pop() if len(found) == 1 else None


def same(one: CodeType, other: CodeType) -> bool:
    ours, theirs = parts_of(one), parts_of(other)
    return own(one) == own(other) and len(ours) == len(theirs) and all(map(same, ours, theirs))
