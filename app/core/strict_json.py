"""JSON as RFC 8259 means it and I-JSON (RFC 7493) narrows it: one text, one value, or none."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from starlette.requests import Request

DEEPEST = 32
MOST_SIGNS = 100_000  # texts, brackets and commas: a group of 500 people has a third of them
MOST_NAMES = 256  # of one object
LARGEST = 2**63 - 1
SIGN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},]', re.DOTALL)


def parse(raw: bytes) -> Any:
    """Raises JSONDecodeError, with a message that repeats nothing of the text."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise json.JSONDecodeError("not UTF-8", "", 0) from None
    if text.count("[") + text.count("{") > DEEPEST or text.count(",") > MOST_SIGNS // 5:
        measure(text)
    try:
        value = DECODER.decode(text)
        if "\\u" in text:  # the only way in for halves of surrogate pairs and for NUL
            for part in strings(value):
                part.encode()
                if "\0" in part:
                    raise ValueError
    except json.JSONDecodeError as fault:
        raise json.JSONDecodeError("not JSON", "", fault.pos) from None
    except ValueError:
        raise json.JSONDecodeError("not one value", "", 0) from None
    return value


def measure(text: str) -> None:
    """Refuses what would cost far more than its bytes, before any of it is built."""
    depth = 0
    for number, sign in enumerate(SIGN.finditer(text)):
        mark = text[sign.start()]
        if mark in "[{":
            depth += 1
        elif mark in "]}":
            depth -= 1
        if depth > DEEPEST or number > MOST_SIGNS:
            raise json.JSONDecodeError("too much", "", 0)


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MOST_NAMES:
        raise ValueError("too many names")
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def refused(_: str) -> Any:
    raise ValueError("not a number of JSON")


def finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("too large")
    return number


def bounded(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > LARGEST:
        raise ValueError("too large")
    return int(text)


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield name
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


DECODER = json.JSONDecoder(
    object_pairs_hook=once, parse_constant=refused, parse_float=finite, parse_int=bounded
)


class StrictRequest(Request):
    """The framework's request, whose JSON is that of `parse`; a body that is none is a 422."""

    async def json(self) -> Any:
        return parse(await self.body())
