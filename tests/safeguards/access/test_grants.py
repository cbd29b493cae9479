"""What the policy answers about its file, held against the file read naively, right by right."""

import tomllib
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from app.safeguards.access.policy import POLICY, ROLES, TABLE, Policy, Reach, either

FILE: dict[str, Any] = tomllib.loads(TABLE.read_text())
CLASSES, RECORDS = FILE["class"], FILE["record"]
ORDER = [str(reach) for reach in Reach]  # the widest first
VERBS = {
    f"{record}.{verb}": letters
    for record, block in RECORDS.items()
    for verb, letters in block.items()
    if verb not in ("classes", "summary")
}
Pairs = set[tuple[str, str]]  # reach and class


def entries(role: str, record: str) -> Iterator[tuple[str, str, str]]:
    """Class, reach and rights of all that the file says of a role and of a record's classes."""
    for name in RECORDS[record]["classes"]:
        for reach, letters in CLASSES[name].get(role, {}).items():
            yield name, reach, letters


def by_rights(role: str, record: str, rights: str) -> Pairs:
    return {
        (reach, name)
        for name, reach, held in entries(role, record)
        if whole(role, record, name, rights) & set(held)
    }


def whole(role: str, record: str, name: str, rights: str) -> set[str]:
    """S opens a whole only on the cover of a case, and where there is no summary for the role."""
    brief = role in RECORDS[record].get("summary", {}).get(name, ())
    return set(rights) - {"S"} if brief or role not in CLASSES["case"] else set(rights)


def by_glass(role: str, record: str, rights: str = "R") -> Pairs:
    """Classes that may be broken into from further off than these rights are had from."""
    found = set()
    for name in RECORDS[record]["classes"]:
        here = [(ORDER.index(reach), held) for n, reach, held in entries(role, record) if n == name]
        had = [place for place, held in here if whole(role, record, name, rights) & set(held)]
        if any("B" in held and all(place < one for one in had) for place, held in here):
            found.add(("glass", name))
    return found


def by_summary(role: str, record: str) -> Pairs:
    named = RECORDS[record].get("summary", {})
    return {
        (reach, name)
        for name, reach, held in entries(role, record)
        if "S" in held and role in named.get(name, ())
    }


def read(role: str, record: str) -> Pairs:
    wanted = VERBS[f"{record}.read"]
    glass = by_glass(role, record, wanted) if "R" in wanted else set()
    return by_rights(role, record, wanted) | glass


def pairs(grants: Any) -> Pairs:
    return {(str(reach), name) for reach, names in grants.items() for name in names}


READABLE = [record for record in RECORDS if f"{record}.read" in VERBS]


@pytest.mark.parametrize("role", ROLES)
def test_what_an_action_reaches(role: str) -> None:
    for action, letters in VERBS.items():
        record, _, verb = action.partition(".")
        expected = read(role, record) if verb == "read" else by_rights(role, record, letters)
        assert pairs(POLICY.grants(role, action)) == expected, action
        for right in "RCUASQB":  # whatever else is asked of the record, glass opens nothing
            asked = pairs(POLICY.grants(role, action, right))
            assert asked == by_rights(role, record, right), (action, right)


@pytest.mark.parametrize("role", ROLES)
def test_what_is_shown_of_a_record(role: str) -> None:
    for record in READABLE:
        content, brief = read(role, record), by_summary(role, record)
        assert pairs(POLICY.in_summary(role, record)) == brief, record
        assert pairs(POLICY.in_sight(role, record)) == content | brief, record
        parts = {(reach, name) for name, reach, held in entries(role, record) if {*held} & {*"RS"}}
        assert pairs(POLICY.parts(role, record)) == parts, record
        assert pairs(POLICY.opens(role, f"{record}.read", True)) == content | brief, record
        assert pairs(POLICY.opens(role, f"{record}.read", False)) == content, record


@pytest.mark.parametrize("role", ROLES)
def test_what_may_be_said_and_not_read(role: str) -> None:
    for action in VERBS:
        record, _, verb = action.partition(".")
        if record not in READABLE:
            continue
        seen = {name for _, name in read(role, record) | by_summary(role, record)}
        given = pairs(POLICY.grants(role, action))
        unread = {(reach, name) for reach, name in given if name not in seen}
        assert pairs(POLICY.unread(role, action)) == unread, action
        if verb != "read":
            for summary in (True, False):
                assert pairs(POLICY.opens(role, action, summary)) == given, action


def test_of_which_classes_somebody_sees_content() -> None:
    for role in ROLES:
        rights = {name: CLASSES[name].get(role, {}).values() for name in CLASSES}
        expected = {name for name, held in rights.items() if any("R" in one for one in held)}
        assert POLICY.readable(role) == expected, role


def test_of_which_classes_somebody_sees_columns_in_rows_that_are_nobodys_own() -> None:
    for role in ROLES:
        expected = {
            name
            for name, block in CLASSES.items()
            for reach, held in dict(block.get(role, {})).items()
            if reach != "own" and "R" in held
        }
        assert POLICY.in_columns(role) == expected, role
    own = POLICY.readable("livelihoods_officer") - POLICY.in_columns("livelihoods_officer")
    assert own == {"plan"}


def test_who_may_break_glass() -> None:
    of_one = {name: record for record in RECORDS for name in RECORDS[record]["classes"]}
    for role, name in product(ROLES, of_one):
        expected = ("glass", name) in by_glass(role, of_one[name])
        assert POLICY.breakable(role, name) == expected, (role, name)


def made(**classes: Any) -> Policy:
    """A policy of one record, `note`, in all of these classes."""
    of_reach = {
        name: {role: {Reach(reach): held for reach, held in reaches.items()}}
        for name, by_role in classes.items()
        for role, reaches in by_role.items()
    }
    verbs = {"note.read": "R", "note.add": "C", "note.list": "RS"}
    return Policy("", of_reach, {"note": frozenset(classes)}, verbs, {}, {})


def test_glass_opens_only_what_is_not_read_from_there_already() -> None:
    case = {"psychologist": {"team": "R"}}
    wider = made(case=case, clinical={"psychologist": {"unit": "B", "own": "R"}})
    assert pairs(wider.grants("psychologist", "note.read")) >= {("glass", "clinical")}
    assert ("glass", "clinical") not in pairs(wider.grants("psychologist", "note.list"))
    same = made(case=case, clinical={"psychologist": {"team": "BR"}})
    assert ("glass", "clinical") not in pairs(same.grants("psychologist", "note.read"))


def test_two_grants_are_joined() -> None:
    one = {Reach.TEAM: frozenset({"a"}), Reach.UNIT: frozenset({"b"})}
    other = {Reach.TEAM: frozenset({"c"}), Reach.OWN: frozenset({"d"})}
    assert dict(either(one, other)) == {
        Reach.TEAM: {"a", "c"},
        Reach.UNIT: {"b"},
        Reach.OWN: {"d"},
    }
