"""Why a role asks: the purpose of its office and the legal basis, as its events say them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.core.datafile import DataFile, load
from app.safeguards.access.policy import POLICY, RANK, ROLES

TABLE = Path(__file__).with_name("offices.toml")
PURPOSES = frozenset(
    {
        *("care", "protection", "health", "education", "counselling", "livelihood", "legal_aid"),
        *("defence", "prosecution", "supervision", "security", "coordination", "oversight"),
        *("exchange", "statistics", "administration"),
    }
)
BASES = frozenset({"mandate", "order", "engagement", "agreement", "consent"})


@dataclass(frozen=True)
class Office:
    purpose: str
    basis: str


def read(file: DataFile) -> Mapping[str, Office]:
    """One for each role; whatever is not understood stops the start."""
    found = {}
    for role, block in file.data.items():
        if role not in ROLES:
            raise file.fault(f"no role is called {role!r}", role)
        if not isinstance(block, dict) or set(block) != {"purpose", "basis"}:
            raise file.fault(f"{role}: not a purpose and a basis, and nothing else", role)
        for name, known in (("purpose", PURPOSES), ("basis", BASES)):
            if block[name] not in known:
                raise file.fault(f"{role}.{name}: none is called {block[name]!r}", role, name)
        found[role] = Office(**block)
    if missing := [role for role in ROLES if role not in found]:
        raise file.fault(f"{missing[0]} is missing: each role says why it asks")
    return found


OFFICES = read(load(TABLE))


@cache
def why(role: str | None, action: str, summary: bool = False) -> dict[str, str | None]:
    """Columns of an event: purpose, basis, and by which relationships the policy opens the action,
    the widest first. What a stranger does has none of the three.
    """
    office = OFFICES.get(role or "")
    known = role is not None and action in POLICY.verbs
    opened = sorted(POLICY.opens(role, action, summary), key=RANK.__getitem__) if known else []
    relation = "self" if action == "self" else " ".join(opened)
    return {
        "purpose": office.purpose if office else None,
        "basis": office.basis if office else None,
        "relation": (relation or None) if role else None,
    }
