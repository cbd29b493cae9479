"""Certificates of staff: recorded by others, told to few, and good for the days that they cover."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.registry.certificates.rules import covers
from tests.access.test_sealing import bytes_of
from tests.conftest import World
from tests.hiring import hire
from tests.making import staff_id, today

DAY = date(2026, 5, 10)
DAYS = st.integers(-5, 5).map(lambda by: DAY + timedelta(days=by))


def certificate(code: str = "vera2r", first: int = -100, last: int = 100) -> dict[str, Any]:
    """From so many days on to so many, counted from today."""
    days = {"issued_on": first, "expires_on": last}
    dated = {name: str(today() + timedelta(days=by)) for name, by in days.items()}
    return {"code": code, "number": "KANARISK-C7", **dated}


def recorded(world: World, user_id: str, by: str = "coordinator", **more: Any) -> Any:
    return world.as_(by)("POST", f"/v1/users/{user_id}/certificates", json=certificate(**more))


def withdrawn(world: World, user_id: str, certificate_id: str, **more: Any) -> Any:
    path = f"/v1/users/{user_id}/certificates/{certificate_id}/withdraw"
    return world.as_("coordinator")("POST", path, json={"reason": "struck off the list", **more})


@given(DAYS, DAYS, st.none() | DAYS, DAYS)
def test_it_covers_its_days_and_no_other(
    first: date, last: date, gone: date | None, on: date
) -> None:
    every = {first + timedelta(days=by) for by in range((last - first).days + 1)}
    if gone is not None:
        every = {day for day in every if day < gone}
    assert covers(first, last, gone, on) is (on in every)


@pytest.mark.parametrize("by", ["administrator", "coordinator"])
def test_who_answers_for_staff_records_it_and_the_holder_reads_it(world: World, by: str) -> None:
    holder = staff_id(world, "security_assessor")
    made = recorded(world, holder, by)
    assert made.status_code == 201, made.text
    told = made.json()
    assert (told["user_id"], told["recorded_by"]) == (holder, staff_id(world, by))
    path = f"/v1/users/{holder}/certificates"
    for role in ("security_assessor", "supervisor", "auditor", "coordinator", "administrator"):
        own = world.as_(role)("GET", f"{path}/{told['id']}")
        assert own.status_code == 200, role
        assert own.json() == told
        listed = world.as_(role)("GET", f"{path}?limit=200").json()["items"]
        assert told["id"] in {one["id"] for one in listed}, role


def test_others_are_not_told(world: World) -> None:
    holder = staff_id(world, "security_assessor")
    path = f"/v1/users/{holder}/certificates"
    there = f"{path}/{recorded(world, holder).json()['id']}"
    for role in ("social_worker", "psychologist", "prosecutor", "partner", "statistician"):
        for one in (path, there):
            answer = world.as_(role)("GET", one)
            assert answer.status_code in (403, 404), f"{role} {one}: {answer.text}"
            assert "KANARISK" not in answer.text
    for role in ("coordinator", "supervisor", "auditor"):  # of another jurisdiction
        assert world.as_(role, "south")("GET", there).status_code == 404, role
    own = world.as_("security_assessor")
    elsewhere = f"/v1/users/{staff_id(world, 'psychologist')}/certificates"
    never = own("GET", elsewhere)
    assert bytes_of(never) == bytes_of(
        own("GET", "/v1/users/00000000-0000-7000-8000-000000000001/certificates")
    )


@pytest.mark.parametrize("role", ["administrator", "coordinator"])
def test_nobody_records_or_withdraws_their_own(world: World, role: str) -> None:
    me = staff_id(world, role)
    own = recorded(world, me, role)
    assert (own.status_code, own.json()["code"]) == (403, "own-certificate")
    another = world.as_("administrator", "south")
    made = another("POST", f"/v1/users/{me}/certificates", json=certificate())
    assert made.status_code == 201, made.text
    path = f"/v1/users/{me}/certificates/{made.json()['id']}/withdraw"
    mine = world.as_(role)("POST", path, json={"reason": "not mine"})
    assert (mine.status_code, mine.json()["code"]) == (403, "own-certificate")


def test_the_holder_and_who_only_reads_record_none(world: World) -> None:
    holder = staff_id(world, "security_assessor")
    for role in ("security_assessor", "supervisor", "auditor"):
        assert recorded(world, holder, role).status_code == 403, role
    assert recorded(world, holder, "social_worker").status_code == 404


@pytest.mark.parametrize(
    ("more", "pointer", "code"),
    [
        ({"first": 1, "last": 5}, "/issued_on", "future"),
        ({"first": -1, "last": -2}, "/expires_on", "before-issued"),
        ({"code": "VERA-2R"}, "/code", "string-pattern-mismatch"),
    ],
)
def test_what_cannot_be_is_refused(
    world: World, more: dict[str, Any], pointer: str, code: str
) -> None:
    answer = recorded(world, staff_id(world, "security_assessor"), **more)
    assert answer.status_code == 422, answer.text
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["code"]) == (pointer, code)


def test_what_is_withdrawn_stays_on_record_and_is_withdrawn_once(world: World) -> None:
    user = hire(world, "security_assessor").id
    made = recorded(world, user).json()["id"]
    late = withdrawn(world, user, made, withdrawn_on=str(today() + timedelta(days=1)))
    assert (late.status_code, late.json()["errors"][0]["code"]) == (422, "future")
    done = withdrawn(world, user, made)
    assert done.status_code == 200, done.text
    assert (done.json()["withdrawn_on"], done.json()["withdrawal"]) == (
        *(str(today()), "struck off the list"),
    )
    again = withdrawn(world, user, made)
    assert (again.status_code, again.json()["current"]) == (409, "withdrawn")
    listed = world.as_("auditor")("GET", f"/v1/users/{user}/certificates").json()["items"]
    assert [one["id"] for one in listed] == [made]
