"""Reads policy.toml, refuses contradictions by line, and answers how far a role may reach."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.core.datafile import DataFile, load

TABLE = Path(__file__).with_name("policy.toml")
RIGHTS_IN_WORDS: Mapping[str, str] = {
    "R": "read",
    "C": "create",
    "U": "change",
    "A": "approve",
    "S": "summary: status and dates, no content",
    "Q": "only by disclosure",
    "B": "break-glass possible",
}
RIGHTS = frozenset(RIGHTS_IN_WORDS)
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
    LINE = "line"  # somebody on the team reports to the actor
    TEAM = "team"
    DOCKET = "docket"  # named in a proceeding, with a mandate that has not ended
    SUPERVISION = "supervision"  # supervises conditions that are in force
    AGREEMENT = "agreement"  # an agreement names the class, and the case has a basis for it
    DISCLOSED = "disclosed"  # the recipient of an extract, until its end
    OWN = "own"  # on the team, and the author, or who is to do it
    SELF = "self"  # the row is about the actor
    GLASS = "glass"  # broken for this class of this case, and not yet closed; no grant of the file


Grants = Mapping[Reach, frozenset[str]]  # reach → the record classes it opens
RANK = {reach: place for place, reach in enumerate(Reach)}  # the widest first
BY_TEAM = frozenset({Reach.TEAM, Reach.OWN})  # where a membership of one track opens a part
WRITABLE = tuple(one for one in Reach if one is not Reach.GLASS)


@dataclass(frozen=True, eq=False)
class Policy:
    digest: str
    classes: Mapping[str, Mapping[str, Mapping[Reach, str]]]  # class → role → reach → rights
    records: Mapping[str, frozenset[str]]  # record → its classes
    verbs: Mapping[str, str]  # action → the rights of which one is needed
    never: Mapping[str, frozenset[str]]  # class → the roles that no later line may let in
    summaries: Mapping[str, Mapping[str, frozenset[str]]]  # record → class → roles

    @cache  # noqa: B019  (the policy lives as long as the process)
    def grants(self, role: str, action: str, needed: str | None = None) -> Grants:
        """Which classes of the action's record this role reaches, by which relationship.

        Where a class has a summary for the role, S opens that and not the whole.
        """
        record, _, _ = action.partition(".")
        rights = set(needed or self.verbs[action])
        if role not in self.classes["case"]:
            rights.discard("S")  # a summary stands on the cover of a case
        brief, found = self.summaries.get(record, {}), dict[Reach, set[str]]()
        for name in self.records[record]:
            opened = self.classes[name].get(role, {})
            whole = rights - {"S"} if role in brief.get(name, ()) else rights
            for reach, letters in opened.items():
                if whole & set(letters):
                    found.setdefault(reach, set()).add(name)
            reads = "R" in rights and action.endswith(".read") and not needed
            if reads and self.breakable(role, name, whole):
                found.setdefault(Reach.GLASS, set()).add(name)
        return MappingProxyType({reach: frozenset(names) for reach, names in found.items()})

    def breakable(self, role: str, name: str, rights: Collection[str] = "R") -> bool:
        """Whether B gives this role more of the class than its reach there gives without it."""
        opened = self.classes[name].get(role, {})
        breaks = [reach for reach, letters in opened.items() if "B" in letters]
        gives = [reach for reach, letters in opened.items() if set(rights) & set(letters)]
        return any(all(RANK[own] > RANK[reach] for own in gives) for reach in breaks)

    @cache  # noqa: B019
    def in_summary(self, role: str, record: str) -> Grants:
        """What S opens of a record: the reaches and classes in which its summary is shown."""
        found: dict[Reach, set[str]] = {}
        for name, roles in self.summaries.get(record, {}).items():
            for reach, letters in self.classes[name].get(role, {}).items():
                if role in roles and "S" in letters:
                    found.setdefault(reach, set()).add(name)
        return MappingProxyType({reach: frozenset(names) for reach, names in found.items()})

    @cache  # noqa: B019
    def in_sight(self, role: str, record: str) -> Grants:
        """What is shown of a record in whichever form, whole or in summary."""
        return either(self.grants(role, f"{record}.read"), self.in_summary(role, record))

    @cache  # noqa: B019
    def unread(self, role: str, action: str) -> Grants:
        """What this role may say by an action, in classes of which it sees nothing afterwards."""
        seen = frozenset[str]().union(*self.in_sight(role, action.partition(".")[0]).values())
        given = self.grants(role, action).items()
        return MappingProxyType({reach: names - seen for reach, names in given})

    @cache  # noqa: B019
    def opens(self, role: str, action: str, summary: bool) -> Grants:
        """How far the door of an action reaches; `summary`: the answer has one, so S reads, too."""
        record, _, verb = action.partition(".")
        reads = summary and verb == "read"
        return self.in_sight(role, record) if reads else self.grants(role, action)

    @cache  # noqa: B019
    def parts(self, role: str, record: str) -> Grants:
        """Where rows of a record may be part of what is shown of another: content, or S of it."""
        found: dict[Reach, set[str]] = {}
        for name in self.records[record]:
            for reach, letters in self.classes[name].get(role, {}).items():
                if {"R", "S"} & set(letters):
                    found.setdefault(reach, set()).add(name)
        return MappingProxyType({reach: frozenset(names) for reach, names in found.items()})

    @cache  # noqa: B019
    def readable(self, role: str) -> frozenset[str]:
        """Classes of which this role may see content, within whatever reach."""
        return frozenset(
            name
            for name, roles in self.classes.items()
            if any("R" in letters for letters in roles.get(role, {}).values())
        )

    @cache  # noqa: B019
    def in_columns(self, role: str) -> frozenset[str]:
        """Classes of which this role may see a column of a row that is of another class.

        Where they read of a class what is their own, such a column is nobody's in particular.
        """
        return frozenset(
            name
            for name, roles in self.classes.items()
            if any("R" in roles[role][reach] for reach in roles.get(role, {}) if reach != Reach.OWN)
        )


def either(one: Grants, other: Grants) -> Grants:
    """What the one or the other opens."""
    none = frozenset[str]()
    both = {reach: one.get(reach, none) | other.get(reach, none) for reach in (*one, *other)}
    return MappingProxyType(both)


def read(file: DataFile) -> Policy:
    """Whatever is not understood stops the start: a right that is misread is a leak."""
    if unknown := sorted(file.data.keys() - {"class", "record"}):
        raise file.fault(f"nothing is called {unknown[0]!r}", unknown[0])
    classes, never, records, verbs, summaries = {}, {}, {}, {}, {}
    for name, block in blocks(file, "class"):
        never[name] = read_never(file, name, block)
        classes[name] = read_class(file, name, block, never[name])
    if "case" not in classes:
        raise file.fault("class.case is missing: it says who sees that there is a case")
    for record, block in blocks(file, "record"):
        records[record] = read_classes(file, record, block, classes)
        for verb, letters in block.items():
            if verb == "classes":
                continue
            if verb == "summary":
                summaries[record] = read_summary(file, record, letters, classes, records[record])
                continue
            if not is_rights(letters):
                raise file.fault(f"record.{record}.{verb}: not rights", "record", record, verb)
            verbs[f"{record}.{verb}"] = letters
    return Policy(file.digest, classes, records, verbs, never, summaries)


def blocks(file: DataFile, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    found = file.data.get(kind)
    if not isinstance(found, dict) or not found:
        raise file.fault(f"no [{kind}.…] is here", kind)
    for name, block in found.items():
        if not isinstance(block, dict) or not block:
            raise file.fault(f"{kind}.{name} says nothing", kind, name)
        yield name, block


def is_rights(letters: object) -> bool:
    return isinstance(letters, str) and bool(letters) and not set(letters) - RIGHTS


def read_never(file: DataFile, name: str, block: Mapping[str, Any]) -> frozenset[str]:
    never = block.get("never", [])
    if not isinstance(never, list):
        raise file.fault(f"class.{name}.never: not a list of roles", "class", name, "never")
    for role in never:
        if role not in ROLES:
            raise file.fault(f"class.{name}: no role is called {role!r}", "class", name, "never")
    return frozenset(never)


def read_class(
    file: DataFile, name: str, block: Mapping[str, Any], never: frozenset[str]
) -> Mapping[str, Mapping[Reach, str]]:
    roles: dict[str, Mapping[Reach, str]] = {}
    for role, reaches in block.items():
        if role == "never":
            continue
        here = ("class", name, role)
        if role not in ROLES:
            raise file.fault(f"class.{name}: no role is called {role!r}", *here)
        if role in never:
            line = file.line_of("class", name, "never")
            raise file.fault(f"class.{name} grants {role} what line {line} never does", *here)
        if not isinstance(reaches, dict) or not reaches:
            raise file.fault(f"class.{name}.{role}: not a reach and its rights", *here)
        for reach, letters in reaches.items():
            if reach not in WRITABLE:
                raise file.fault(f"class.{name}.{role}: no reach is called {reach!r}", *here)
            if not is_rights(letters):
                raise file.fault(f"class.{name}.{role}.{reach}: not rights", *here)
        roles[role] = {Reach(reach): letters for reach, letters in reaches.items()}
    return roles


def read_classes(
    file: DataFile, record: str, block: Mapping[str, Any], known: Collection[str]
) -> frozenset[str]:
    named = block.get("classes")
    if not isinstance(named, list) or not named:
        raise file.fault(f"record.{record} names no classes", "record", record, "classes")
    for one in named:
        if one not in known:
            raise file.fault(
                f"record.{record}: no class is called {one!r}", "record", record, "classes"
            )
    return frozenset(named)


def read_summary(
    file: DataFile,
    record: str,
    block: object,
    known: Mapping[str, Mapping[str, Mapping[Reach, str]]],
    own: Collection[str],
) -> Mapping[str, frozenset[str]]:
    """Class → the roles whose S shows a summary of such a record; they must have that S."""
    here = ("record", record, "summary")
    if not isinstance(block, dict) or not block:
        raise file.fault(f"record.{record}.summary: not classes and their roles", *here)
    for name, roles in block.items():
        if name not in own:
            raise file.fault(f"record.{record}.summary: {name!r} is no class of it", *here, name)
        if not isinstance(roles, list) or not roles:
            raise file.fault(f"record.{record}.summary.{name}: names no roles", *here, name)
        for role in roles:
            if not any("S" in letters for letters in known[name].get(str(role), {}).values()):
                fault = f"record.{record}.summary: class.{name} gives no S to {role!r}"
                raise file.fault(fault, *here, name)
    return {name: frozenset(roles) for name, roles in block.items()}


POLICY = read(load(TABLE))
