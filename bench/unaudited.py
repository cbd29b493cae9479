"""Takes the events of reads away, in the bench alone, to tell what they cost.

The places are those where the guard records a read. The bench counts events before it measures, so
a place that was missed ends the run: an unaudited server that audits would be a false witness.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from app.safeguards.guard.writing import Writes

SHORT_WAY = "app.safeguards.guard.quick"  # reads in one statement, where the tree has it
ITS_PLANS = "app.safeguards.guard.plans"


def nothing(*_: object, **__: object) -> None:
    """Instead of the event of a read."""


def without_evidence(_question: object, shown: Any, *_: object) -> Any:
    """The statement that reads, as it was before events were added to it."""
    return shown


def apply() -> None:
    replace(Writes, "read", nothing)
    if find_spec(SHORT_WAY):
        short = import_module(SHORT_WAY)
        replace(import_module(ITS_PLANS), "with_evidence", without_evidence)
        replace(short.Quick, "_witness", nothing)


def replace(owner: Any, name: str, by: object) -> None:
    if not hasattr(owner, name):
        raise SystemExit(f"bench/unaudited.py: {owner} has no {name} any more")
    setattr(owner, name, by)
