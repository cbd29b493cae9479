"""Answers that show no record: their fields, and what is named in them, by hand."""

from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree

from app.core.values import now
from tests.access.cells.around import told_of
from tests.access.cells.expecting import Judge
from tests.access.cells.operations import OPERATIONS
from tests.access.cells.people import Who
from tests.access.cells.rights import RIGHTS, ROLES, has
from tests.access.cells.scene import Scene

# By kind of answer; those of each item of a list in it, below the name of the list.
FIELDS = {
    name: frozenset(fields.split())
    for name, fields in {
        "extract": "id disclosure_id available_until sha256 content",
        "moves": "state title items next",
        "moves.items": "to title reason_needed decider_needed own_choice missing",
        "bundle": "resourceType type entry",
        "bundle.entry": "fullUrl resource",
        "duplicates": "items next complete",  # nobody in the scene is like another
        "duplicates.items": "person_id display_name similarity",
        "trend": "instrument name least most better points bands gaps",
        "trend.points": "id administered_on respondent instrument version total subscales band "
        "positive outcomes complete prorated change",
        "policy": "digest rights items never actions next",
        "policy.items": "record_class role reach rights",
        "policy.actions": "action record_classes needs",
        "checkpoint": "origin size root signed_at note witnessed keys",
        "instruments": "items next",
        "instruments.items": "code name title form_of versions current respondents languages "
        "answers",
        "definition": "code name form_of version scoring_version digest title record_classes "
        "milestones sources respondents licence timing facts items skips scales counts bands "
        "cutoffs outcomes critical changes headline answers languages texts answers_schema",
        "definition.items": "number values respondents optional source",
        "definition.outcomes": "name rules otherwise needs_all source",
        "form": "resourceType url version name title status subjectType copyright item",
        "sessions": "items next",
        "sessions.items": "id created_at expires_at current",
        "in_force": "second_factor",
        "permissions": "role case_id sealed classes actions",
        "permissions.classes": "record_class may refused grants",
        "permissions.actions": "action may record_classes in_summary reasons",
        "roles": "items next",
        "roles.items": "code title titles reaches",
    }.items()
}
INSTRUMENTS = [
    *("cfm24", "cfm517", "cpss5", "cries8", "gad7", "itq", "k10", "moca", "needs", "pcl5"),
    *("phq9", "phqa", "rhs15", "sdq", "wgss", "who5", "whodas12"),
]
WORDS = {"R": "read", "C": "create", "U": "change", "A": "approve", "S": "summary"}
ACTIONS = [*{one.action: one for one in OPERATIONS if one.action != "self"}.values()]
IMAGE = "image/svg+xml"
Held = set[tuple[str, str, frozenset[str]]]  # class, relationship, letters


def spelled(kind: str, told: dict[str, Any]) -> Iterator[str]:
    """Whatever has other fields than it must."""
    if told.keys() != FIELDS[kind]:
        yield f"{kind} has {sorted(told.keys() ^ FIELDS[kind])}"
        return
    for name in told:
        wanted = FIELDS.get(f"{kind}.{name}")
        for one in told[name] if wanted else ():
            if one.keys() != wanted:
                yield f"{kind}.{name} has {sorted(one.keys() ^ wanted)}"


def named(kind: str, told: dict[str, Any], who: Who, scene: Scene) -> Iterator[str]:
    """Whatever is named there and should not be, or is not."""
    for of, was, must in TELL[kind](told, who, scene) if kind in TELL else ():
        if was != must:
            yield f"{kind}: {of} is {was}, not {must}"


def drawn(answer: Any) -> Iterator[str]:
    """A picture, with its title and what it is in words."""
    if answer.headers["content-type"] != IMAGE:
        yield f"is {answer.headers['content-type']}"
        return
    root = ElementTree.fromstring(answer.content)
    parts = [one.tag.rpartition("}")[2] for one in (root, *root)]
    if parts[:3] != ["svg", "title", "desc"]:
        yield f"is drawn as {parts[:3]}"


Facts = Iterator[tuple[str, Any, Any]]  # what, as it is told, as it must be


def of_policy(told: dict[str, Any], *_: Any) -> Facts:
    yield "rights", {*told["rights"]}, {*"RCUASQB"}
    rows = {(one["role"], *grant(one)) for one in told["items"]}
    yield "a row", rows, {(role, *one) for role in ROLES for one in held(role)}
    asked = {one["action"]: ({*one["record_classes"]}, {*one["needs"]}) for one in told["actions"]}
    for one in ACTIONS:
        yield one.action, asked.get(one.action), ({*one.classes}, {*one.needs})


def of_roles(told: dict[str, Any], *_: Any) -> Facts:
    yield "the list", sorted(one["code"] for one in told["items"]), sorted(ROLES)
    for one in told["items"]:
        yield one["code"], {grant(each) for each in one["reaches"]}, held(one["code"])


def of_permissions(told: dict[str, Any], who: Who, _: Scene) -> Facts:
    """Of no case: what the role may wherever its relationships are there."""
    yield "the role", told["role"], who.role
    yield "the case", (told["case_id"], told["sealed"]), (None, False)
    yield "the classes", sorted(one["record_class"] for one in told["classes"]), sorted(RIGHTS)
    for one in told["classes"]:
        name = one["record_class"]
        mine = {(way, frozenset(in_words(held))) for way, held in rights(who, name).items()}
        yield name, {(each["reach"], frozenset(each["rights"])) for each in one["grants"]}, mine
        yield f"may {name}", {*one["may"]}, {right for _, some in mine for right in some}
        unheld = {*in_words("RCUA")} - {*one["may"]}
        yield f"may not {name}", {each["right"] for each in one["refused"]}, unheld
    may = {one["action"]: {*one["record_classes"]} for one in told["actions"]}
    for each in ACTIONS:
        wanted = Judge.wanted(who, each.needs)
        by = {
            name
            for name in each.classes
            if has(
                who.role,
                name,
                wanted.replace("S", "") if told_of(who, each.record, name) else wanted,
            )
        }
        yield each.action, may.get(each.action), by


def of_instruments(told: dict[str, Any], *_: Any) -> Facts:
    yield "the list", [one["code"] for one in told["items"]], INSTRUMENTS


def of_one_instrument(told: dict[str, Any], *_: Any) -> Facts:
    yield "the instrument", (told["code"], told["version"]), ("wgss", 1)


def of_sessions(told: dict[str, Any], who: Who, scene: Scene) -> Facts:
    mine = [
        one.id
        for one in scene.rows["session"]
        if one.file_id == who.id
        and one.values["ended_at"] is None
        and one.values["expires_at"] > now()
    ]
    yield "the list", [one["id"] for one in told["items"]], sorted(mine)
    yield "this one", [one["id"] for one in told["items"] if one["current"]], sorted(mine)[-1:]


def of_second_factor(told: dict[str, Any], *_: Any) -> Facts:
    yield "one in force", told["second_factor"], False


def of_an_empty_log(told: dict[str, Any], *_: Any) -> Facts:
    yield "its size", told["size"], 0


TELL: dict[str, Callable[..., Facts]] = {
    "policy": of_policy,
    "roles": of_roles,
    "permissions": of_permissions,
    "instruments": of_instruments,
    "definition": of_one_instrument,
    "sessions": of_sessions,
    "in_force": of_second_factor,
    "checkpoint": of_an_empty_log,
}


def grant(told: dict[str, str]) -> tuple[str, str, frozenset[str]]:
    return told["record_class"], told["reach"], frozenset(told["rights"])


def held(role: str) -> Held:
    return {
        (name, way, frozenset(letters))
        for name, by_role in RIGHTS.items()
        for way, letters in by_role.get(role, {}).items()
    }


def rights(who: Who, name: str) -> dict[str, str]:
    return RIGHTS[name].get(who.role, {})


def in_words(letters: str) -> list[str]:
    return [WORDS[one] for one in letters if one in WORDS]
