"""Runs as papers print them: items `3`, `1-9`, `P1-P6`, `RECALL`; a range `5-9` or `5`."""

import re

NUMBER = re.compile(r"[A-Z0-9][A-Z0-9_]*\Z")
RUN = re.compile(r"([A-Z]*)([0-9]+)-([A-Z]*)([0-9]+)\Z")
SPAN = re.compile(r"([0-9]+)(?:-([0-9]+))?\Z")


def items_of(text: str) -> tuple[str, ...]:
    """Raises ValueError for what is no item and no rising run of items."""
    if NUMBER.match(text):
        return (text,)
    found = RUN.match(text)
    if not found or found[1] != found[3] or int(found[2]) >= int(found[4]):
        raise ValueError(f"not an item or a run of items: {text}")
    return tuple(f"{found[1]}{number}" for number in range(int(found[2]), int(found[4]) + 1))


def span_of(text: str) -> tuple[int, int]:
    """Raises ValueError for what is no range of scores."""
    found = SPAN.match(text)
    if not found or int(found[1]) > int(found[2] or found[1]):
        raise ValueError(f"not a range of scores: {text}")
    return int(found[1]), int(found[2] or found[1])
