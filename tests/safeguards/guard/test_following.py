"""Which classes are in sight wherever their case is: worked out once more, from rights alone."""

import pytest

from app.main import ROUTERS  # declares every kind
from app.registry.cases.models import Case, CaseRecord
from app.registry.cases.track_models import Track
from app.registry.people.models import Person
from app.safeguards.access.policy import POLICY, ROLES
from app.safeguards.guard.following import Owner, following
from app.safeguards.guard.protected import base_of, protected_kinds

# A docket, a condition, an agreement and glass open single classes; an author, single rows.
OF_THE_CASE = {"any", "jurisdiction", "unit", "team", "line"}
KINDS = [one for one in protected_kinds(CaseRecord) if one is not CaseRecord]
assert ROUTERS


def opened(role: str, name: str, record: str) -> set[str]:
    rights, needed = POLICY.classes[name].get(role, {}), set(POLICY.verbs[f"{record}.read"])
    return {str(reach) for reach, letters in rights.items() if needed & set(letters)}


@pytest.mark.parametrize("role", ROLES)
def test_a_class_follows_where_all_that_opens_the_case_opens_it(role: str) -> None:
    by = POLICY.grants(role, "case.read")
    ways = {str(reach) for reach, names in by.items() if "case" in names}
    for kind in KINDS:
        grants = POLICY.grants(role, f"{kind.record}.read")
        followed = following(kind, grants, Owner(Case, by))
        due = {
            name
            for name in POLICY.records[kind.record]
            if (led := ways & OF_THE_CASE) and led <= opened(role, name, kind.record)
        }
        own_rule = base_of(kind) is not CaseRecord
        assert followed == (frozenset() if own_rule else due), kind


def test_nothing_follows_from_what_is_no_case_or_is_not_seen() -> None:
    by = POLICY.grants("social_worker", "case.read")
    grants = POLICY.grants("social_worker", "track.read")
    assert following(Track, grants, Owner(Case, by))
    assert following(Track, grants, Owner(Person, by)) == frozenset()
    assert following(Track, grants, Owner(Case, {})) == frozenset()
