"""Every kind of record by what it says of itself: its class, its file, and what bars that file."""

from collections import defaultdict

import pytest
from sqlalchemy.sql.elements import False_, True_

from app.core.db import table
from app.core.values import new_id, now
from app.main import ROUTERS  # declares every kind
from app.safeguards.access.policy import POLICY, ROLES, Grants
from app.safeguards.guard.kinds import lacks
from app.safeguards.guard.protected import (
    Protected,
    When,
    base_of,
    no_bar,
    protected_kinds,
    within,
)
from app.safeguards.guard.second_wall import belonging_of, is_stated
from app.safeguards.identity.caller import Caller

EVERY = [*protected_kinds()]
ME = Caller(new_id(), "", "social_worker", new_id(), "ra", new_id())
KEPT = {
    "case": (
        *("alert", "arrival", "break_glass", "case", "condition", "consent", "deadline"),
        *("decision", "disclosure", "extract", "milestone", "note", "party", "pathway"),
        *("proceeding", "sealing", "task", "team", "track", "transition"),
    ),
    "person": ("contact", "identifier", "name", "person", "relationship"),
    "household": ("household", "household_member"),
    "user": ("appointment", "interest", "notice", "user"),
    **{one: (one,) for one in ("agreement", "cover", "operation", "unit")},
}
OWN_RULE = {
    *("agreement", "appointment", "case", "cover", "disclosure", "extract", "household"),
    *("household_member", "interest", "notice", "operation", "person", "relationship"),
    *("unit", "user"),
}
assert ROUTERS


def opened(kind: type[Protected], grants: Grants) -> str | None:
    """The clause that these grants are for rows of the kind; None where it is false."""
    today = now()
    clause = within(kind, table(kind), ME, grants, When(today, today.date()))
    return None if isinstance(clause, False_) else str(clause)


@pytest.mark.parametrize("kind", EVERY)
def test_it_lacks_nothing_and_is_of_the_classes_that_the_policy_has_of_it(
    kind: type[Protected],
) -> None:
    assert lacks(kind) == []
    of = POLICY.records[kind.record]
    assert of == {kind.record_class} if kind.record_class else len(of) > 1
    role = next(one for one in ROLES if POLICY.grants(one, f"{kind.record}.read"))
    grants = POLICY.grants(role, f"{kind.record}.read")
    assert opened(kind, grants)
    if kind.record_class:
        assert opened(kind, dict.fromkeys(grants, frozenset(POLICY.classes.keys() - of))) is None


def test_each_is_kept_in_the_file_of_its_owner() -> None:
    """Of which it names the column, or which is its own."""
    owners = {table(kind).name: kind.file_kind for kind in EVERY if kind.file_kind}
    found = defaultdict[str, list[str]](list)
    for kind in EVERY:
        (names,) = (one for one in table(kind).c if one.name == kind.file)
        to = {key.column.table.name for key in names.foreign_keys} & owners.keys()
        found[kind.file_kind or owners[to.pop()]].append(kind.record)
    assert {file: tuple(sorted(some)) for file, some in found.items()} == KEPT


def test_only_the_files_of_cases_are_closed_as_such() -> None:
    """Of whom the others tell, their own rules ask; what is kept with staff is never barred."""
    closed = {kind.record: kind.barrable for kind in EVERY}
    assert closed == {one: one in KEPT["case"] for some in KEPT.values() for one in some}
    for kind in EVERY:
        assert isinstance(no_bar(kind, table(kind), ME), True_) is not kind.barrable


def test_only_notices_are_put_into_files_that_the_path_does_not_name() -> None:
    assert [(kind.record, kind.delivered) for kind in EVERY if kind.delivered is not False] == [
        ("notice", True)
    ]


def test_only_a_case_opens_by_any_class_of_its_file() -> None:
    assert [(kind.record, kind.door) for kind in EVERY if kind.door is not False] == [
        ("case", True)
    ]


def test_which_kinds_have_a_rule_of_their_own_and_whose_the_others_have() -> None:
    assert {kind.record for kind in EVERY if base_of(kind) is kind} == OWN_RULE
    others = {base_of(kind).__name__ for kind in EVERY if kind.record not in OWN_RULE}
    assert others == {"CaseRecord", "PersonRecord"}


def test_who_stands_outside_the_second_wall_and_what_it_takes_unseen() -> None:
    walls = {kind.record: belonging_of(kind) for kind in EVERY}
    assert {one for one, wall in walls.items() if wall is None} == {"appointment", "unit", "user"}
    takes = {one for one, wall in walls.items() if wall and wall.takes is is_stated}
    assert takes == {"household", "notice"}
