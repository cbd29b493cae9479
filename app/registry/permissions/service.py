"""What is told of permissions: read off the policy and the wall, never from rules of its own."""

from collections.abc import Collection
from dataclasses import replace
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import and_, literal

from app.registry.agreements.models import Agreement, agreed_now
from app.registry.cases.models import Case
from app.registry.cases.reach import on_team
from app.registry.people.models import Person
from app.safeguards.access.policy import BY_TEAM, POLICY, Grants, Reach
from app.safeguards.guard.explaining import Standing, reaches, standing
from app.safeguards.guard.past import kept_with
from app.safeguards.guard.protected import (
    EVERY_CLASS,
    Sight,
    When,
    letting_in,
    protected_kinds,
)
from app.safeguards.guard.unit_of_work import UnitOfWork

WORDS = {"R": "read", "C": "create", "U": "change", "A": "approve", "S": "summary"}
ASKED = "RCUA"  # the rights of which a refusal is explained; S too, where the role has it
UNSEALING = "sealing.unseal"
MISSING = {Reach.OWN: "team", Reach.DISCLOSED: "disclosure", Reach.GLASS: "break_glass_possible"}
VIEWS = {"access", "bundle"}  # of a case: no kind of record, and of a class that nothing else has
OPENING = {"case.open", "person.register"}  # of a file that is not there yet


def in_general(work: UnitOfWork) -> dict[str, Any]:
    """By the role alone: what it may wherever its relationships are there."""
    role = work.actor.role
    every = frozenset((name, reach) for name in POLICY.classes for reach in given(role, name))
    told = told_of(role, tuple(POLICY.classes), tuple(POLICY.verbs), Standing(every))
    for one in told["classes"]:
        for grant in one["grants"]:
            grant["holds"] = None
    return {"role": role, "case_id": None, "sealed": False, **told}


def on_case(work: UnitOfWork, case_id: UUID) -> dict[str, Any]:
    """NotFound for whatever the caller may not know of."""
    role, (classes, actions) = work.actor.role, of_cases()
    seen = standing(work, Case, case_id, classes, actions, UNSEALING)
    seen = replace(seen, wholly=is_wholly_on(work, case_id))
    if any(Reach.AGREEMENT in given(role, name) for name in classes):
        seen = replace(seen, agreed=agreed(work))
    told = told_of(role, classes, actions, seen)
    return {"role": role, "case_id": case_id, "sealed": seen.sealed, **told}


def told_of(
    role: str, classes: Collection[str], actions: Collection[str], seen: Standing
) -> dict[str, Any]:
    return {
        "classes": [told_of_class(role, name, seen) for name in classes],
        "actions": [told_of_action(role, action, seen) for action in actions],
    }


def told_of_class(role: str, name: str, seen: Standing) -> dict[str, Any]:
    opened = POLICY.classes[name].get(role, {})
    may = {letter for reach in opened for letter in opened[reach] if (name, reach) in seen.held}
    if (name, Reach.GLASS) in seen.held:
        may.add("R")
    if seen.sealed:
        may.clear()
    asked = ASKED + ("S" if any("S" in letters for letters in opened.values()) else "")
    refused = [letter for letter in asked if letter not in may]
    return {
        "record_class": name,
        "may": [WORDS[letter] for letter in WORDS if letter in may],
        "refused": [
            {"right": WORDS[letter], "reasons": sorted(why_not(role, name, letter, seen))}
            for letter in refused
        ],
        "grants": [
            {
                "reach": reach,
                "rights": [WORDS[letter] for letter in WORDS if letter in letters],
                "holds": (name, reach) in seen.held,
            }
            for reach, letters in opened.items()
        ],
    }


def told_of_action(role: str, action: str, seen: Standing) -> dict[str, Any]:
    record, _, verb = action.partition(".")
    grants = POLICY.grants(role, action)
    if verb != "read" and record in letting_in() and not seen.wholly:
        grants = {reach: names for reach, names in grants.items() if reach not in BY_TEAM}
    by = held(grants, seen)
    brief = held(POLICY.in_summary(role, record), seen) - by if verb == "read" else set()
    if seen.sealed:
        by, brief = by if action == UNSEALING else set(), set()
    reasons = set[str]()
    if not by:
        for name in POLICY.records[record]:
            for letter in POLICY.verbs[action]:
                reasons |= why_not(role, name, letter, seen)
        if verb == "read" and not brief and not seen.sealed:
            told = POLICY.in_summary(role, record).items()
            reasons |= {missing(name, reach, seen) for reach, names in told for name in names}
        if helpful := reasons - {"not_for_role", "never"}:
            reasons = helpful
    return {
        "action": action,
        "may": bool(by),
        "record_classes": sorted(by),
        "in_summary": sorted(brief),
        "reasons": sorted(reasons),
    }


def held(grants: Grants, seen: Standing) -> set[str]:
    return {n for reach, names in grants.items() for n in names if (n, reach) in seen.held}


def why_not(role: str, name: str, letter: str, seen: Standing) -> set[str]:
    """What is missing for this right on this class, where it is not given."""
    if seen.sealed:
        return {"sealed"}
    opened = POLICY.classes[name].get(role, {})
    found = {missing(name, reach, seen) for reach, letters in opened.items() if letter in letters}
    if letter == "R":
        breaks = {reach for reach, letters in opened.items() if "B" in letters}
        if not POLICY.breakable(role, name):
            breaks.clear()
        if any((name, reach) in seen.held for reach in breaks):
            found.add("break_glass_possible")
        elif not found:
            found |= {missing(name, reach, seen) for reach in breaks}
        if not found and any("Q" in letters for letters in opened.values()):
            found.add("only_by_disclosure")
    return found or {"never" if role in POLICY.never[name] else "not_for_role"}


def is_wholly_on(work: UnitOfWork, case_id: UUID) -> bool:
    """Whether they are on the team, or stand in for who is, for all tracks."""
    sight = Sight(work.actor, Reach.TEAM, When(work.at, work.today), literal(EVERY_CLASS))
    return bool(work.facts(Case, lambda c: (c.c.id == case_id) & on_team(c.c.id, sight), "id"))


def agreed(work: UnitOfWork) -> frozenset[str]:
    """The classes that the agreements with the caller name, of whomever."""
    when = When(work.at, work.today)
    found = work.facts(Agreement, lambda a: and_(*agreed_now(a, work.actor, when)), "classes")
    return frozenset[str]().union(*(row.classes for row in found))


def missing(name: str, reach: Reach, seen: Standing) -> str:
    """Of a relationship that does not open this class: that it is not there, or what of it is not.

    Where they have an agreement that names the class, this case has no basis for it.
    """
    if reach is Reach.AGREEMENT and name in seen.agreed:
        return "consent"
    here = {one for _, one in seen.held}
    if reach in BY_TEAM and here & BY_TEAM:
        return "track"
    return code(reach)


def code(reach: Reach) -> str:
    return MISSING.get(reach, str(reach))


def given(role: str, name: str) -> Collection[Reach]:
    return [reach for reach in reaches(role, name) if reach is not Reach.GLASS]


@cache
def of_cases() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The record classes and the actions that are about a case or the person whom it is about."""
    kinds = {kind.record: kind for kind in protected_kinds()}
    kept = VIEWS | {kind.record for scope in (Case, Person) for kind in kept_with(scope)}
    apart = {name for record in POLICY.records.keys() - kept for name in POLICY.records[record]}
    within = {name for record in kept for name in POLICY.records[record]}
    classes = tuple(name for name in POLICY.classes if name in within or name not in apart)
    known = {
        record
        for record, names in POLICY.records.items()
        if record in kept or (record not in kinds and names <= set(classes))
    }
    actions = (one for one in POLICY.verbs if one not in OPENING)
    return classes, tuple(one for one in actions if one.partition(".")[0] in known)
