"""Reads policy.toml, refuses contradictions by line, and answers how far a role may reach."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from app.core.datafile import DataFile, load

TABLE = Path(__file__).with_name("policy.toml")
RIGHTS = frozenset("RCUASQB")
ROLES = (
    *("social_worker", "supervisor", "coordinator", "centre_manager", "psychologist"),
    *("health_worker", "educator", "child_protection_officer", "legal_officer"),
    *("defence_lawyer", "prosecutor", "probation_officer", "security_assessor"),
    *("religious_counsellor", "livelihoods_officer", "partner", "auditor"),
    *("data_protection_officer", "statistician", "administrator"),
)


class Reach(StrEnum):
    """The relationship by which a row is within reach, from the widest to the narrowest."""

    ANY = "any"
    JURISDICTION = "jurisdiction"
    UNIT = "unit"
    TEAM = "team"
    OWN = "own"  # on the team, and the author
    SELF = "self"  # the row is about the actor


Grants = Mapping[Reach, frozenset[str]]  # reach → the record classes it opens


@dataclass(frozen=True)
class Policy:
    digest: str
    classes: Mapping[str, Mapping[str, Mapping[Reach, str]]]  # class → role → reach → rights
    records: Mapping[str, frozenset[str]]  # record → its classes
    verbs: Mapping[str, str]  # action → the rights of which one is needed

    def grants(self, role: str, action: str, needed: str | None = None) -> Grants:
        """Which classes of the action's record this role reaches, by which relationship."""
        record, _, _ = action.partition(".")
        rights = set(needed or self.verbs[action])
        if role not in self.classes["case"]:
            rights.discard("S")  # a summary stands on the cover of a case
        found: dict[Reach, set[str]] = {}
        for name in self.records[record]:
            for reach, letters in self.classes[name].get(role, {}).items():
                if rights & set(letters):
                    found.setdefault(reach, set()).add(name)
        return {reach: frozenset(names) for reach, names in found.items()}

    def readable(self, role: str) -> frozenset[str]:
        """Classes of which this role may see content, within whatever reach."""
        return frozenset(
            name
            for name, roles in self.classes.items()
            if any("R" in letters for letters in roles.get(role, {}).values())
        )


def read(file: DataFile) -> Policy:
    classes, records, verbs = {}, {}, {}
    for name, block in file.data.get("class", {}).items():
        classes[name] = read_class(file, name, block)
    for record, block in file.data.get("record", {}).items():
        named = block.get("classes", [])
        for one in named:
            if one not in classes:
                raise file.fault(f"record.{record} names no class {one!r}", "record", record)
        records[record] = frozenset(named)
        for verb, letters in block.items():
            if verb == "classes":
                continue
            if not isinstance(letters, str) or not letters or set(letters) - RIGHTS:
                raise file.fault(f"record.{record}.{verb}: not rights", "record", record, verb)
            verbs[f"{record}.{verb}"] = letters
    if unknown := file.data.keys() - {"class", "record"}:
        raise file.fault(f"nothing is called {sorted(unknown)[0]!r}", *sorted(unknown)[:1])
    return Policy(file.digest, classes, records, verbs)


def read_class(
    file: DataFile, name: str, block: Mapping[str, Any]
) -> Mapping[str, Mapping[Reach, str]]:
    never = block.get("never", [])
    for role in (*block, *never):
        if role != "never" and role not in ROLES:
            raise file.fault(f"class.{name}: no role is called {role!r}", "class", name, role)
    roles: dict[str, Mapping[Reach, str]] = {}
    for role, reaches in block.items():
        if role == "never":
            continue
        line = file.line_of("class", name, "never")
        if role in never:
            raise file.fault(
                f"class.{name} grants {role} what line {line} says it never gets",
                *("class", name, role),
            )
        try:
            roles[role] = {Reach(reach): letters for reach, letters in reaches.items()}
        except (ValueError, AttributeError):
            raise file.fault(f"class.{name}.{role}: not a reach", "class", name, role) from None
        if any(not isinstance(s, str) or set(s) - RIGHTS for s in roles[role].values()):
            raise file.fault(f"class.{name}.{role}: not rights", "class", name, role)
    return roles


POLICY = read(load(TABLE))
