"""A partner sees what an agreement names, of whom a basis is on record; withdrawal ends it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.casework.consents.rules import judge
from app.core.values import now
from app.registry.people.models import Contact, Identifier, Person
from app.safeguards.access.policy import Reach
from app.safeguards.guard.agreed import fields_of_class
from app.safeguards.guard.protected import When, visible
from app.safeguards.identity.caller import named
from tests.conftest import World
from tests.looking import transaction
from tests.making import Made, new_case, staff_id, today

WHY = {"reason": "read and found right"}


def terms(world: World, *classes: str, **more: Any) -> dict[str, Any]:
    return {
        "client_id": staff_id(world, "partner"),
        "party": "School board of Alder",
        "purpose": "places in school",
        "legal_basis": "memorandum 4-2026",
        "direction": "out",
        "classes": list(classes),
        "retention_days": 365,
        "contact": "the secretary of the board",
        "since": str(today()),
        "until": str(today() + timedelta(days=100)),
        "review_on": str(today() + timedelta(days=50)),
        **more,
    }


def agreed(world: World, *classes: str, **more: Any) -> str:
    body = terms(world, *classes, **more)
    made = world.as_("coordinator")("POST", "/v1/agreements", json=body)
    assert made.status_code == 201, made.text
    path = f"/v1/agreements/{made.json()['id']}"
    own = world.as_("coordinator")("POST", f"{path}/approve", json=WHY)
    assert own.status_code == 403  # no right to approve, and their own besides
    done = world.as_("data_protection_officer")("POST", f"{path}/approve", json=WHY)
    assert done.json()["status"] == "in_force", done.text
    return str(made.json()["id"])


def consent(case: Made, agreement_id: str | None, **more: Any) -> Any:
    body = {"scope": "sharing", "agreement_id": agreement_id, "giver": "self", "language": "ru"}
    body |= {"text": "your name and schooling go to the school board", **more}
    return case.post("social_worker", "/consents", body)


def reached(world: World, kind: Any, case: Made) -> bool:
    """Whether the one predicate opens a row of this kind to the partner."""
    with transaction(world.house.engine) as db:
        caller = named(db, UUID(staff_id(world, "partner")))
        assert caller is not None
        classes = frozenset({kind.record_class or "education"})
        when = When(now(), today())
        rows = db.execute(visible(kind, caller, {Reach.AGREEMENT: classes}, when)).all()
        own = UUID(case.person_id) if kind.file != "case_id" else UUID(case.id)
        return own in {getattr(row, kind.file) for row in rows}


def test_it_takes_an_agreement_in_force_and_a_basis(fresh: World) -> None:
    case, other = new_case(fresh), new_case(fresh)
    agreement = agreed(fresh, "identity", "education")
    assert not reached(fresh, Person, case)
    given = consent(case, agreement)
    assert given.status_code == 201, given.text
    assert reached(fresh, Person, case)
    assert not reached(fresh, Identifier, case)  # the agreement does not name its class
    assert not reached(fresh, Contact, case)
    assert not reached(fresh, Person, other)
    taken = case.post(
        "social_worker", f"/consents/{given.json()['id']}/withdraw", {"by": "self", **WHY}
    )
    assert taken.json()["status"] == "withdrawn", taken.text
    assert not reached(fresh, Person, case)
    again = case.post(
        "social_worker", f"/consents/{given.json()['id']}/withdraw", {"by": "self", **WHY}
    )
    assert (again.status_code, again.json()["code"]) == (409, "wrong-state")


def test_the_end_of_the_agreement_ends_the_flow(fresh: World) -> None:
    case = new_case(fresh)
    agreement = agreed(fresh, "identity")
    assert consent(case, agreement).status_code == 201
    assert reached(fresh, Person, case)
    path = f"/v1/agreements/{agreement}/end"
    assert fresh.as_("partner")("POST", path, json=WHY).status_code == 403
    assert fresh.as_("coordinator")("POST", path, json=WHY).json()["status"] == "ended"
    assert not reached(fresh, Person, case)
    assert consent(new_case(fresh), agreement).status_code == 422


def test_what_expires_today_opens_nothing_today(fresh: World) -> None:
    case = new_case(fresh)
    agreement = agreed(fresh, "identity")
    long_ago, today_ = str(today() - timedelta(days=9)), str(today())
    over = consent(case, agreement, given_on=long_ago, expires_on=today_)
    assert over.status_code == 201, over.text
    assert not reached(fresh, Person, case)
    refused = consent(case, agreement, status="refused")
    assert refused.json()["status"] == "refused"
    assert not reached(fresh, Person, case)
    tomorrow = str(today() + timedelta(days=1))
    assert consent(case, agreement, expires_on=tomorrow).status_code == 201
    assert reached(fresh, Person, case)


def test_a_refusal_ends_what_was_given_before_for_the_same(fresh: World) -> None:
    case = new_case(fresh)
    agreement, other = agreed(fresh, "identity"), agreed(fresh, "identity")
    first = consent(case, agreement).json()["id"]
    earlier = str(today() - timedelta(days=3))
    assert consent(case, agreement, status="refused", given_on=earlier).status_code == 201
    assert reached(fresh, Person, case)  # given since
    assert consent(case, other, status="refused").status_code == 201
    assert reached(fresh, Person, case)  # of another agreement
    refused = consent(case, agreement, status="refused", text="not any more")
    assert refused.status_code == 201, refused.text
    assert not reached(fresh, Person, case)
    told = case.get("social_worker", f"/consents/{first}")
    assert (told["status"], told["withdrawn_on"]) == ("withdrawn", str(today()))
    assert told["withdrawn_by"] == refused.json()["giver"]
    assert told["withdrawal"] == "not any more"
    assert consent(case, agreement).status_code == 201
    assert reached(fresh, Person, case)


def test_what_was_refused_later_is_not_given_by_being_put_down_later(fresh: World) -> None:
    case, agreement = new_case(fresh), agreed(fresh, "identity")
    other = agreed(fresh, "identity")
    days = [str(today() - timedelta(days=n)) for n in (5, 3, 1)]
    assert consent(case, agreement, status="refused", given_on=days[1]).status_code == 201
    late = consent(case, agreement, given_on=days[0])
    assert (late.status_code, late.json()["current"]) == (409, "refused")
    assert consent(case, other, given_on=days[0]).status_code == 201
    assert consent(case, agreement, given_on=days[1]).status_code == 201  # they thought better
    assert consent(case, agreement, given_on=days[2]).status_code == 201


def test_a_refusal_ends_neither_what_a_court_gave_nor_what_is_over(fresh: World) -> None:
    case, agreement = new_case(fresh), agreed(fresh, "identity")
    earlier = str(today() - timedelta(days=9))
    over = consent(case, agreement, given_on=earlier, expires_on=str(today())).json()
    court = consent(case, agreement, giver="court", given_on=earlier)
    assert court.status_code == 201, court.text
    plain = consent(case, agreement, given_on=earlier).json()
    assert consent(case, agreement, status="refused").status_code == 201
    told = [case.get("social_worker", f"/consents/{one['id']}") for one in (over, plain)]
    assert [(one["status"], one["withdrawn_on"]) for one in told] == [
        ("expired", None),
        ("withdrawn", str(today())),
    ]
    path = f"/consents/{court.json()['id']}"
    assert case.get("social_worker", path)["status"] == "given"
    assert reached(fresh, Person, case)
    assert consent(case, agreement, giver="court", given_on=earlier).status_code == 201
    assert consent(case, agreement, giver="court", status="refused").status_code == 201
    assert case.get("social_worker", path)["status"] == "withdrawn"


def test_another_basis_stands_beside_a_refusal(fresh: World) -> None:
    case, agreement = new_case(fresh), agreed(fresh, "identity")
    law = {"basis": "legal_obligation", "giver": "none", "text": "article 9", "language": None}
    assert consent(case, agreement, **law).status_code == 201
    assert consent(case, agreement, status="refused").status_code == 201
    assert reached(fresh, Person, case)


def test_what_flows_is_listed_as_it_was_proposed(fresh: World) -> None:
    """What will be shown of a class later is in no agreement of today."""
    whole, some = (
        fresh.as_("coordinator")("POST", "/v1/agreements", json=terms(fresh, *classes, **more))
        for classes, more in (
            (("identity", "education"), {}),
            (("identity",), {"fields": {"identity": ["birth"]}}),
        )
    )
    assert whole.json()["fields"] == {"identity": sorted(fields_of_class("identity", "partner"))}
    assert some.json()["fields"] == {"identity": ["birth"]}


def test_a_proposal_opens_nothing_and_is_the_partners_to_read(fresh: World) -> None:
    case = new_case(fresh)
    made = fresh.as_("coordinator")("POST", "/v1/agreements", json=terms(fresh, "identity"))
    assert consent(case, made.json()["id"]).status_code == 422
    partner = fresh.as_("partner")
    assert partner("GET", f"/v1/agreements/{made.json()['id']}").status_code == 200
    stranger = fresh.as_("partner", "south")
    assert stranger("GET", f"/v1/agreements/{made.json()['id']}").status_code == 404
    assert partner("POST", "/v1/agreements", json=terms(fresh, "identity")).status_code == 403


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"classes": ["clinical"]}, "/classes/0"),
        ({"classes": ["identity", "nonsense"]}, "/classes/1"),
        ({"until": "2020-01-01"}, "/until"),
        ({"review_on": "2199-01-01"}, "/review_on"),
        ({"client_id": "00000000-0000-7000-8000-000000000001"}, "/client_id"),
        ({"retention_days": 0}, "/retention_days"),
    ],
)
def test_terms_that_cannot_be_are_refused(
    world: World, change: dict[str, Any], pointer: str
) -> None:
    body = {**terms(world, "identity"), **change}
    answer = world.as_("coordinator")("POST", "/v1/agreements", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer


@pytest.mark.turns
@pytest.mark.parametrize(
    ("birth", "more", "code"),
    [
        ("1991-05-17", {"giver": "self"}, None),
        ("1991-05-17", {"giver": "parent"}, "of-age"),
        ("1991-05-17", {"giver": "none"}, "no-giver"),
        ("1991-05-17", {"giver": "none", "basis": "legal_obligation"}, None),
        ("1991-05-17", {"giver": "self", "language": None}, "missing"),
        ("1991-05-17", {"giver": "self", "scope": "media"}, "missing"),
        ("2014-05-17", {"giver": "self"}, "too-young"),
        ("2014-05-17", {"giver": "guardian"}, "missing"),
        ("2014-05-17", {"giver": "guardian", "assent": "not_asked"}, "missing"),
        ("2014-05-17", {"giver": "guardian", "assent": "refused"}, "refused"),
        ("2014-05-17", {"giver": "guardian", "assent": "refused", "status": "refused"}, None),
        ("2014-05-17", {"giver": "court", "assent": "refused"}, None),
        ("2014-05-17", {"giver": "guardian", "assent": "given"}, None),
        ("2023-05-17", {"giver": "guardian"}, None),
        ("1991-05-17", {"giver": "self", "given_on": "2199-01-01"}, "future"),
        ("1991-05-17", {"giver": "self", "expires_on": "2020-01-01"}, "before-since"),
    ],
)
def test_whose_word_counts_follows_from_the_age(
    world: World, birth: str, more: dict[str, Any], code: str | None
) -> None:
    case = new_case(world, birth)
    answer = consent(case, AGREED.setdefault(world.engine, agreed(world, "identity")), **more)
    if code is None:
        assert answer.status_code == 201, answer.text
    else:
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["code"] == code


AGREED: dict[str, str] = {}


@pytest.mark.parametrize(
    ("last", "status"), [(-1, "expired"), (0, "expired"), (1, "given"), (None, "given")]
)
def test_a_consent_is_expired_from_its_day_on(world: World, last: int | None, status: str) -> None:
    case = new_case(world)
    given_on, until = today() - timedelta(days=9), today() + timedelta(days=last or 0)
    more = {"given_on": str(given_on), "expires_on": None if last is None else str(until)}
    made = consent(case, None, scope="treatment", **more).json()
    assert made["status"] == status
    assert case.get("psychologist", f"/consents/{made['id']}") == made
    assert case.get("psychologist", "/consents")["items"] == [made]


def test_who_is_out_of_the_team_reads_no_consent_and_no_list_shows_it(world: World) -> None:
    case = new_case(world)
    made = consent(case, None, scope="treatment")
    assert made.status_code == 201, made.text
    assert [one["id"] for one in case.get("psychologist", "/consents")["items"]] == [
        made.json()["id"]
    ]
    for role in ("educator", "prosecutor", "security_assessor", "partner"):
        assert case.send(role, "GET", "/consents").status_code in (403, 404), role
        assert case.send(role, "GET", f"/consents/{made.json()['id']}").status_code in (403, 404)
    patched = case.send("social_worker", "PATCH", f"/consents/{made.json()['id']}", json={})
    assert patched.status_code == 405


ages = st.integers(0, 90)


@given(st.sampled_from(["self", "parent", "guardian", "court"]), ages, ages, ages, ages)
def test_no_child_consents_alone_and_no_adult_is_spoken_for(
    giver: str, one: int, other: int, heard: int, alone: int
) -> None:
    youngest, oldest = sorted((one, other))
    heard, alone = sorted((heard, alone))
    fault = judge(giver, "given", None, youngest, oldest, alone, heard)
    if giver == "self":
        assert (fault is None) is (youngest >= alone)
    elif youngest >= alone:
        assert (fault is None) is (giver == "court")
    else:
        assert (fault is None) is (oldest < heard)
    to_be_heard = giver != "self" and youngest < alone and oldest >= heard
    for status, assent, lacks in (
        ("given", "not_asked", to_be_heard),
        ("given", "refused", to_be_heard and giver != "court"),
        ("refused", "refused", False),
    ):
        asked = judge(giver, status, assent, youngest, oldest, alone, heard)
        assert ((asked and asked.pointer) == "/assent") is lacks


def test_what_is_missing_is_told_apart(fresh: World) -> None:
    """No agreement that names the class, or one that does and on this case no basis for it."""
    case = new_case(fresh)
    assert consent(case, agreed(fresh, "identity")).status_code == 201
    other = agreed(fresh, "education", "plan")

    def missing() -> dict[str, list[str]]:
        told = fresh.as_("partner")("GET", f"/v1/me/permissions?case_id={case.id}").json()
        return {
            one["record_class"]: refused["reasons"]
            for one in told["classes"]
            for refused in one["refused"]
            if refused["right"] == "summary"
        }

    found = missing()
    assert "identity" not in found
    assert (found["education"], found["livelihood"]) == (["consent"], ["agreement"])
    path = f"/v1/agreements/{other}/end"
    assert fresh.as_("coordinator")("POST", path, json=WHY).json()["status"] == "ended"
    assert missing()["education"] == ["agreement"]
