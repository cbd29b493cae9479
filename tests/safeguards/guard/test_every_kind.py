"""Every kind of record by what it says of itself: its class, its file, and what bars that file."""

import pytest
from sqlalchemy.sql.elements import False_, True_

from app.core.db import table
from app.core.values import new_id, now
from app.main import ROUTERS  # declares every kind
from app.registry.cases.models import CaseRecord
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

EVERY = {kind.record: kind for kind in protected_kinds()}
ME = Caller(new_id(), "", "social_worker", new_id(), "ra", new_id())
KEPT = {
    "case": {
        *(
            "alert",
            "arrival",
            "assessment",
            "break_glass",
            "case",
            "condition",
            "consent",
            "deadline",
        ),
        *("decision", "disclosure", "extract", "judgement", "milestone", "note", "party"),
        "pathway",
        *("proceeding", "sealing", "task", "team", "track", "transition"),
    },
    "person": {"contact", "identifier", "name", "person", "relationship"},
    "household": {"household", "household_member"},
    "user": {"appointment", "certificate", "interest", "notice", "user"},
    **{one: {one} for one in ("agreement", "cover", "erasure", "operation", "unit")},
    **{one: {one} for one in ("licence", "text_pack")},
}
OF_A_BASE = {  # the others have a rule of their own
    "CaseRecord": KEPT["case"]
    - {"assessment", "break_glass", "case", "disclosure", "extract", "judgement"},
    "PersonRecord": KEPT["person"] - {"person", "relationship"},
}
SAID_ONCE = {"assessment", "judgement"}  # their authors' alone before that
# By whose rows somebody comes to a file: whoever is there for a part of the work writes none; but
# for themselves alone.
LETS_IN = {
    *("agreement", "case", "condition", "consent", "cover", "disclosure", "extract", "interest"),
    *("party", "proceeding", "sealing", "team", "unit", "user"),
}
FOR_ONESELF = {"break_glass"}
KEEPS_OPEN = {"alert": "alerts not closed", "task": "tasks not finished"}  # a case
OUTSIDE = {"appointment", "certificate", "unit", "user"}  # the second wall
STATED = {
    "household",
    "licence",
    "notice",
    "text_pack",
}  # whose rows it takes before it would show them
assert ROUTERS


def opened(kind: type[Protected], grants: Grants) -> bool:
    """Whether these grants open any row of the kind."""
    today = now()
    return not isinstance(within(kind, table(kind), ME, grants, When(today, today.date())), False_)


def test_every_kind_is_kept_somewhere() -> None:
    assert {one for some in KEPT.values() for one in some} == EVERY.keys()


@pytest.mark.parametrize("record", EVERY)
def test_a_kind_opens_by_its_class_is_kept_with_its_owner_and_closed_with_it(record: str) -> None:
    kind = EVERY[record]
    assert lacks(kind) == []
    # Its class is the one that the policy has of it; or each row says one of several.
    of = POLICY.records[record]
    assert of == {kind.record_class} if kind.record_class else len(of) > 1
    role = next(one for one in ROLES if POLICY.grants(one, f"{record}.read"))
    grants = POLICY.grants(role, f"{record}.read")
    assert opened(kind, grants)
    others = dict.fromkeys(grants, frozenset(POLICY.classes.keys() - of))
    assert kind.record_class is None or not opened(kind, others)
    # It names the column with its owner, or opens a file of its own.
    owner = next(one for one, some in KEPT.items() if record in some)
    assert kind.file_kind == (owner if owner == record else "")
    assert kind.file == ("id" if owner == record else f"{owner}_id")
    # What is kept with staff is never barred; of people their own rules ask.
    assert kind.barrable is (owner == "case")
    assert isinstance(no_bar(kind, table(kind), ME), True_) is not kind.barrable
    assert kind.told_from == ("submitted_at" if record in SAID_ONCE else None)
    assert (kind.delivered, kind.door) == (record == "notice", record == "case")
    assert kind.opens is (record in LETS_IN | FOR_ONESELF)
    assert kind.for_oneself is (record in FOR_ONESELF)
    if issubclass(kind, CaseRecord):
        assert kind.open_title == KEEPS_OPEN.get(record, "")
        assert callable(kind.open_while) if record in KEEPS_OPEN else kind.open_while is None
    base = base_of(kind)
    assert base is kind or record in OF_A_BASE[base.__name__]
    wall = belonging_of(kind)
    assert (wall is None) is (record in OUTSIDE)
    if wall is not None:
        assert str(wall.shows(table(kind)))
        assert (wall.takes is is_stated) is (record in STATED)


def test_what_is_claimed_of_a_case_or_a_person_is_open_as_that_is() -> None:
    for base, records in OF_A_BASE.items():
        assert {base_of(EVERY[one]).__name__ for one in records} == {base}
