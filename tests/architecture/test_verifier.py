"""The verifier is given away as one file: it needs Python and cryptography, and nothing of ours."""

import ast
import sys

from tests.architecture.source import APP, imports


def test_it_stands_alone() -> None:
    tree = ast.parse((APP / "verify.py").read_text())
    needed = {module.partition(".")[0] for module, _, _ in imports(tree)}
    assert needed - set(sys.stdlib_module_names) == {"cryptography"}
    relative = [one for one in ast.walk(tree) if isinstance(one, ast.ImportFrom) and one.level]
    assert not relative
    called = {one.id for one in ast.walk(tree) if isinstance(one, ast.Name)}
    assert not called & {"__import__", "eval", "exec", "open", "importlib"}
    reach = {"socket", "urllib", "http", "ssl", "subprocess", "sqlite3", "os", "asyncio"}
    assert not needed & reach, "no network, no database, no other program"
