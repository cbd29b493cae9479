"""Reads told.toml: whose ordinary work is told of to nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from app.core.datafile import DataFile, load
from app.registry.readings.rules import OUT_OF_TEAM, RULES
from app.safeguards.access.policy import POLICY, ROLES, Reach

FILE = Path(__file__).with_name("told.toml")
ORDINARY, EXEMPT = "ordinary", "exempt"


@dataclass(frozen=True)
class Told:
    ordinary: Mapping[str, frozenset[Reach]]  # role → by which a case is opened as usual
    exempt: Mapping[str, frozenset[str]]  # rule → the roles of which it tells nothing


@cache
def told() -> Told:
    """What ships with the application."""
    return read(load(FILE))


def read(file: DataFile) -> Told:
    """Raises DataFileError: what is misread would drown what matters, or keep it back."""
    for rule in file.data:
        if rule not in RULES:
            raise file.fault(f"no rule is called {rule!r}", rule)
    blocks = {}
    for rule in RULES:
        block, key = file.data.get(rule), ORDINARY if rule == OUT_OF_TEAM else EXEMPT
        if not isinstance(block, dict) or block.keys() != {key}:
            raise file.fault(f"{rule} says {key}, and nothing else", rule)
        blocks[rule] = block[key]
    ordinary = read_ordinary(file, blocks.pop(OUT_OF_TEAM))
    exempt = {rule: read_roles(file, rule, given) for rule, given in blocks.items()}
    return Told(ordinary, exempt)


def read_ordinary(file: DataFile, block: Any) -> dict[str, frozenset[Reach]]:
    here = OUT_OF_TEAM, ORDINARY
    if not isinstance(block, dict):
        raise file.fault(f"{'.'.join(here)}: not roles", *here)
    found = {}
    for role, reaches in block.items():
        require_role(file, role, *here, role)
        if not isinstance(reaches, list) or not reaches:
            raise file.fault(f"{role}: not a list of relationships", *here, role)
        opens = POLICY.grants(role, "case.read")
        for reach in reaches:
            if reach not in opens:
                raise file.fault(f"no case is opened to {role} by {reach!r}", *here, role)
        found[role] = frozenset(map(Reach, reaches))
    return found


def read_roles(file: DataFile, rule: str, given: Any) -> frozenset[str]:
    if not isinstance(given, list):
        raise file.fault(f"{rule}.{EXEMPT}: not a list of roles", rule, EXEMPT)
    for role in given:
        require_role(file, role, rule, EXEMPT)
    return frozenset(given)


def require_role(file: DataFile, role: object, *place: str) -> None:
    if role not in ROLES:
        raise file.fault(f"no role is called {role!r}", *place)
