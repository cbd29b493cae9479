"""An event that is logged is a constant: what it is about stands in fields that a form admits."""

import ast
import re
from collections.abc import Iterator

import pytest

from app.core.logs import FIELDS, OURS, WORDS
from tests.architecture.source import modules

LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
EXEMPT = "app/core/logs.py"  # it takes what others say, and tells none of it


def faults(tree: ast.Module) -> Iterator[str]:
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        match call.func:
            case ast.Name("print"):
                yield f"line {call.lineno} prints"
            case ast.Attribute(ast.Name("logging"), "getLogger"):
                name = call.args[0].value if isinstance(call.args[0], ast.Constant) else ""
                if not re.match(rf"{OURS}(\.|$)", str(name)):
                    yield f"line {call.lineno} has a logger that is not of {OURS}"
            case ast.Attribute(ast.Name("log" | "logger" | "logging"), level) if level in LEVELS:
                first = call.args[0].value if isinstance(call.args[0], ast.Constant) else ""
                if len(call.args) != 1 or not WORDS.fullmatch(str(first)):
                    yield f"line {call.lineno} logs what is no constant event"
                if unfit := {word.arg for word in call.keywords} - {"extra"}:
                    yield f"line {call.lineno} logs with {unfit}"
                for field in ast.walk(call):
                    keys = field.keys if isinstance(field, ast.Dict) else ()
                    for key in keys:
                        if isinstance(key, ast.Constant) and key.value not in FIELDS:
                            yield f"line {call.lineno} logs a field that nobody admits"
        if any(word.arg == "echo" for word in call.keywords):
            yield f"line {call.lineno} may echo statements"


def test_nothing_but_constants_is_logged() -> None:
    found = [
        f"{path} {what}" for path, tree in modules() if path != EXEMPT for what in faults(tree)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "source",
    [
        "log.info(f'opened {name}')",
        "log.info('opened %s', name)",
        "log.info(name)",
        "log.error('defect', exc_info=failure)",
        "log.exception('Defect: 1')",
        "log.info('request', extra={'name': name})",
        "logging.getLogger(name)",
        "logging.getLogger('other')",
        "print(name)",
        "create_engine(url, echo=True)",
    ],
)
def test_each_way_to_say_more_is_found(source: str) -> None:
    assert list(faults(ast.parse(source))), source
