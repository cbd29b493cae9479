"""The source of the application, as trees to look into."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
APP = ROOT / "app"


def modules(below: Path = APP) -> Iterator[tuple[str, ast.Module]]:
    """Path from the root → its tree."""
    for file in sorted(below.rglob("*.py")):
        yield file.relative_to(ROOT).as_posix(), ast.parse(file.read_text())


def imports(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    """Module, name and line; `import a.b` has no name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", one.name, node.lineno) for one in node.names)
        elif isinstance(node, ast.Import):
            yield from ((one.name, "", node.lineno) for one in node.names)


def attributes(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr, node.lineno
