"""Which classes are in sight wherever their case is: worked out once more, from rights alone."""

from typing import Any, cast

import pytest
from sqlalchemy import Boolean, literal_column

from app.core.values import new_id
from app.main import ROUTERS  # declares every kind
from app.registry.cases.models import Case, CaseRecord
from app.registry.cases.track_models import Track
from app.registry.people.models import Person
from app.safeguards.access.policy import POLICY, ROLES, Reach
from app.safeguards.guard import following as followed
from app.safeguards.guard.following import FOLLOWING, Owner, beneath, following, follows, leads
from app.safeguards.guard.protected import RULES, When, base_of, protected_kinds
from app.safeguards.identity.caller import Caller

# A docket, a condition, an agreement and glass open single classes; an author, single rows.
OF_THE_CASE = {"any", "jurisdiction", "unit", "team", "line"}
KINDS = [one for one in protected_kinds(CaseRecord) if one is not CaseRecord]
assert ROUTERS


def opened(role: str, name: str, record: str) -> set[str]:
    rights, needed = POLICY.classes[name].get(role, {}), set(POLICY.verbs[f"{record}.read"])
    if role in POLICY.summaries.get(record, {}).get(name, ()):
        needed -= {"S"}  # opens a summary, and not the whole
    return {str(reach) for reach, letters in rights.items() if needed & set(letters)}


@pytest.mark.parametrize("role", ROLES)
def test_a_class_follows_where_all_that_opens_the_case_opens_it(role: str) -> None:
    by = POLICY.grants(role, "case.read")
    ways = {str(reach) for reach, names in by.items() if "case" in names}
    for kind in KINDS:
        grants = POLICY.grants(role, f"{kind.record}.read")
        found = following(kind, grants, Owner(Case, by))
        due = {
            name
            for name in POLICY.records[kind.record]
            if (led := ways & OF_THE_CASE) and led <= opened(role, name, kind.record)
        }
        own_rule = base_of(kind) is not CaseRecord
        assert found == (frozenset() if own_rule else due), kind


def test_nothing_follows_from_what_is_no_case_or_is_not_seen() -> None:
    by = POLICY.grants("social_worker", "case.read")
    grants = POLICY.grants("social_worker", "track.read")
    assert following(Track, grants, Owner(Case, by))
    assert following(Track, grants, Owner(Person, by)) == frozenset()
    assert following(Track, grants, Owner(Case, {})) == frozenset()


# --- by itself: what opens the one, and so the other ----------------------------------------------

TEAM, UNIT, LINE = Reach.TEAM, Reach.UNIT, Reach.LINE
CASE, BOTH = frozenset({"case"}), frozenset({"case", "plan"})


class File:
    """Has what is asked of a kind of record, and is none."""

    record_class: Any = "case"
    barrable = True


class Kept(File):
    record_class = None


class Apart(File):
    """Has a rule of its own, of which nothing was declared."""


class Unbarred(Kept):
    barrable = False


class OpenFile(File):
    barrable = False


FILE, KEPT, APART, UNBARRED, OPEN_FILE = (
    cast(Any, one) for one in (File, Kept, Apart, Unbarred, OpenFile)
)


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (File, Kept, Apart):
        monkeypatch.setitem(RULES, kind, None)
    monkeypatch.setitem(FOLLOWING, File, (KEPT, frozenset({TEAM, UNIT})))


def test_what_follows_is_declared_once_of_an_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FOLLOWING, File, (KEPT, frozenset()))
    follows(KEPT, FILE, [TEAM, TEAM])
    assert FOLLOWING[File] == (Kept, frozenset({TEAM}))


@pytest.mark.usefixtures("declared")
def test_what_was_declared_leads_to_the_rows_of_a_file_and_to_its_own() -> None:
    for owner, kind in ((FILE, KEPT), (FILE, FILE)):
        assert leads(owner, kind) == {TEAM, UNIT}
    for owner, kind in (
        *((FILE, APART), (KEPT, KEPT), (APART, KEPT)),
        *((FILE, UNBARRED), (OPEN_FILE, KEPT), (OPEN_FILE, UNBARRED)),
    ):
        assert leads(owner, kind) == frozenset()


@pytest.mark.usefixtures("declared")
def test_an_owner_is_opened_by_its_own_class_and_leads_by_what_was_declared() -> None:
    plan = frozenset({"plan"})
    owner = Owner(FILE, {TEAM: BOTH, LINE: CASE, UNIT: plan})
    assert owner.led is None
    assert owner.opening == {TEAM: BOTH, LINE: CASE}
    assert owner.leading == {TEAM: BOTH}
    assert Owner(APART, {TEAM: CASE}).leading == {}


@pytest.mark.usefixtures("declared")
def test_an_owner_is_mixed_if_some_have_found_it_that_do_not_lead() -> None:
    for found_by, mixed in (
        ({TEAM: CASE, LINE: CASE}, True),
        ({TEAM: CASE}, False),
        ({TEAM: CASE, UNIT: CASE}, False),
        ({LINE: CASE}, False),
        ({}, False),
    ):
        assert Owner(FILE, found_by).mixed is mixed, found_by


@pytest.mark.usefixtures("declared")
def test_a_class_follows_that_all_which_leads_opens() -> None:
    both = Owner(FILE, {TEAM: CASE, UNIT: CASE, LINE: CASE})
    assert following(KEPT, {TEAM: BOTH, UNIT: CASE}, both) == CASE
    assert following(KEPT, {TEAM: BOTH}, both) == frozenset()
    for kind, owner in (
        *((APART, both), (UNBARRED, both), (KEPT, Owner(FILE, {LINE: CASE}))),
        *((KEPT, Owner(OPEN_FILE, {TEAM: CASE})), (KEPT, Owner(APART, {TEAM: CASE}))),
        (UNBARRED, Owner(OPEN_FILE, {TEAM: CASE})),
    ):
        assert following(kind, {TEAM: BOTH, UNIT: BOTH, LINE: BOTH}, owner) == frozenset()


def sorts(grants: Any) -> str:
    return " ".join(f"{reach}:{'+'.join(sorted(names))}" for reach, names in grants.items())


@pytest.mark.usefixtures("declared")
def test_rows_beneath_an_owner_are_asked_for_what_does_not_follow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caller, when = Caller(new_id(), "", "auditor", None, None), When("now", "today")
    rows: Any = object()

    def within(*asked: Any, usual: bool) -> Any:
        assert asked[:3] == (KEPT, rows, caller)
        assert asked[4] is when
        return literal_column(f"asked({sorts(asked[3])} {usual})", Boolean())

    def of_classes(kind: Any, asked: Any, names: Any) -> Any:
        assert (kind, asked) == (KEPT, rows)
        return literal_column(f"of({'+'.join(sorted(names))})", Boolean())

    monkeypatch.setattr(followed, "within", within)
    monkeypatch.setattr(followed, "of_classes", of_classes)
    led = literal_column("led", Boolean())
    grants = {TEAM: BOTH, LINE: CASE}
    both = Owner(FILE, {TEAM: CASE, LINE: CASE}, led)
    told = str(beneath(KEPT, rows, caller, {**grants, TEAM: CASE}, when, both))
    assert told == "led AND of(case) OR asked(team:case line:case True)"
    alone = Owner(FILE, {TEAM: CASE})
    told = str(beneath(KEPT, rows, caller, {TEAM: CASE, LINE: BOTH}, when, alone))
    assert told == "of(case) OR asked(line:plan True)"
    told = str(beneath(KEPT, rows, caller, grants, when, Owner(FILE, {UNIT: CASE})))
    assert told == "of() OR asked(team:case+plan line:case True)"
