"""Absence cover: a colleague of the same role stands in, as far as the grantor's rights go now."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core.db import table
from app.core.values import now
from app.registry.covers.models import Cover
from app.registry.staff.models import User
from tests.conftest import World
from tests.hiring import change, unit_of
from tests.looking import rewritten, transaction
from tests.making import Made, Send, colleague_of, new_case, staff_id, today

WHY = {"reason": "agreed on leave"}


def standing_in(world: World, role: str) -> dict[str, Any]:
    """A second one of this role for the first, today."""
    holder = colleague_of(world, role)["id"]
    return {"holder_id": holder, "kind": "absence", "until": str(today()), **WHY}


class Standin:
    """A second psychologist, and a cover of the demo's first one by them."""

    def __init__(self, world: World) -> None:
        self.world, self.user = world, colleague_of(world, "psychologist")
        form = {"grant_type": "password", **{n: self.user[n] for n in ("username", "password")}}
        self.token = world.client.post("/v1/token", data=form).json()["access_token"]

    @property
    def send(self) -> Send:
        return self.world.with_token(self.token)

    def proposed(self, by: str = "psychologist", **more: Any) -> Any:
        body = {"holder_id": self.user["id"], "kind": "absence", **WHY}
        body |= {"until": str(today() + timedelta(days=6)), **more}
        return self.world.as_(by)("POST", "/v1/covers", json=body)

    def covered(self, **more: Any) -> str:
        made = self.proposed(**more)
        assert made.status_code == 201, made.text
        assert self.answer(made.json()["id"]).json()["status"] == "in_force"
        return str(made.json()["id"])

    def answer(self, cover: str, verb: str = "approve", by: str = "supervisor") -> Any:
        return self.world.as_(by)("POST", f"/v1/covers/{cover}/{verb}", json=WHY)

    def sees(self, case: Made) -> bool:
        """Detail, list, count and records agree."""
        one = self.send("GET", case.path).status_code
        path = f"/v1/cases?person_id={case.person_id}&count=true"
        listed = self.send("GET", path).json()
        below = [self.send("GET", case.path + n).status_code for n in ("/notes", "/timeline")]
        opened = (status == 200 for status in (one, *below))
        found = {*opened, listed["total"] == 1, len(listed["items"]) == 1}
        assert len(found) == 1, (one, listed, below)
        return found == {True}


@pytest.fixture
def standin(world: World) -> Standin:
    return Standin(world)


def test_it_opens_what_is_the_grantors_once_a_third_has_approved(standin: Standin) -> None:
    case = new_case(standin.world)
    therapy = {"kind": "therapy", "occurred_on": "2026-01-02", "text": "the grantor's own"}
    note = case.post("psychologist", "/notes", therapy).json()["id"]
    assert not standin.sees(case)
    made = standin.proposed()
    assert made.status_code == 201, made.text
    assert not standin.sees(case)
    path = f"/v1/covers/{made.json()['id']}"
    assert standin.send("GET", path).json()["status"] == "proposed"
    assert standin.send("POST", f"{path}/approve", json=WHY).status_code == 403
    assert standin.answer(made.json()["id"], by="psychologist").status_code == 403
    assert standin.answer(made.json()["id"]).status_code == 200
    assert standin.sees(case)
    assert standin.send("GET", f"{case.path}/notes/{note}").status_code == 404  # is one's own
    told = case.get("psychologist", "/timeline")["items"]
    for way in ("", "?limit=200"):
        seen = standin.send("GET", f"{case.path}/timeline{way}").json()["items"]
        assert seen == [one for one in told if one["record_id"] != note]
    ended = standin.send("POST", f"{path}/end", json={"reason": "back early"})
    assert ended.json()["status"] == "ended", ended.text
    assert not standin.sees(case)
    assert standin.answer(made.json()["id"]).status_code == 409


def test_what_the_grantor_loses_the_holder_loses(standin: Standin) -> None:
    case, world = new_case(standin.world), standin.world
    standin.covered()
    assert standin.sees(case)
    mine = staff_id(world, "psychologist")
    (row,) = case.get("supervisor", f"/team?user_id={mine}")["items"]
    assert case.post("supervisor", f"/team/{row['id']}/release", WHY).is_success
    assert not standin.sees(case)


@pytest.mark.parametrize("what", ["disabled", "role", "unit_id"])
def test_a_grantor_who_is_gone_or_another_gives_nothing(world: World, what: str) -> None:
    standin, first = Standin(world), colleague_of(world, "psychologist")
    case = new_case(world, team=())
    member = {"user_id": first["id"], "part": "psychologist", "reason": "test"}
    assert case.post("social_worker", "/team", member).status_code == 201
    made = standin.proposed(by="supervisor", grantor_id=first["id"])
    assert made.status_code == 201, made.text
    assert standin.answer(made.json()["id"]).json()["code"] == "own-proposal"
    assert standin.answer(made.json()["id"], by="coordinator").is_success
    assert standin.sees(case)
    south = unit_of(world, "demo-south")
    new = {"disabled": True, "role": "health_worker", "unit_id": south}
    assert change(world, first["id"], **{what: new[what]}).status_code == 200
    assert not standin.sees(case)


def test_a_grantor_who_is_disabled_gives_nothing_even_if_the_cover_was_left_open(
    fresh: World,
) -> None:
    standin, case = Standin(fresh), new_case(fresh)
    standin.covered()
    assert standin.sees(case)
    rows = table(User)
    mine = rows.c.id == UUID(staff_id(fresh, "psychologist"))
    with transaction(fresh.house.engine) as db:
        rewritten(db, User, mine, disabled_at=now())
    assert not standin.sees(case)


def test_a_conflict_of_either_bars(standin: Standin) -> None:
    world = standin.world
    standin.covered()
    for user in (standin.user["id"], staff_id(world, "psychologist")):
        case = new_case(world)
        assert standin.sees(case)
        body = {"person_id": case.person_id, "relation": "kin", "reason": "a cousin"}
        said = world.as_("supervisor")("POST", f"/v1/users/{user}/conflicts", json=body)
        assert said.status_code == 201, said.text
        assert not standin.sees(case)


def test_nothing_is_handed_on_a_second_time(standin: Standin) -> None:
    case, second = new_case(standin.world), Standin(standin.world)
    standin.covered()
    body = {"holder_id": second.user["id"], "kind": "delegation", "until": str(today()), **WHY}
    made = standin.send("POST", "/v1/covers", json=body)
    assert made.status_code == 201, made.text
    assert standin.answer(made.json()["id"]).is_success
    assert standin.sees(case)
    assert not second.sees(case)


def test_both_days_count_and_no_other(standin: Standin) -> None:
    case, rows = new_case(standin.world), table(Cover)
    cover = UUID(standin.covered())
    for since, until, open_ in ((0, 0, True), (1, 2, False), (-2, -1, False), (-2, 0, True)):
        days = {"since": today() + timedelta(days=since), "until": today() + timedelta(days=until)}
        with transaction(standin.world.house.engine) as db:
            rewritten(db, Cover, rows.c.id == cover, **days)
        assert standin.sees(case) is open_, (since, until)


@pytest.mark.parametrize(
    ("more", "pointer", "code"),
    [
        ({"until": "2199-01-01"}, "/until", "out-of-range"),
        ({"since": "2020-01-01", "until": "2020-01-02"}, "/since", "past"),
        ({"until": "2020-01-01"}, "/until", "before-since"),
        ({"holder_id": "00000000-0000-7000-8000-000000000001"}, "/holder_id", "unknown"),
        ({"reason": "x"}, "/reason", "string-too-short"),
    ],
)
def test_terms_that_cannot_be(world: World, more: dict[str, Any], pointer: str, code: str) -> None:
    body = {"holder_id": staff_id(world, "psychologist"), "kind": "absence", **WHY}
    body |= {"until": str(today()), **more}
    answer = world.as_("psychologist")("POST", "/v1/covers", json=body)
    assert answer.status_code == 422, answer.text
    told = answer.json()["errors"][0]
    assert (told["pointer"], told["code"]) == (pointer, code)


def test_thirty_days_are_the_most_and_the_same_role_stands_in(standin: Standin) -> None:
    last = today() + timedelta(days=29)
    assert standin.proposed(until=str(last)).status_code == 201
    assert standin.proposed(until=str(last + timedelta(days=1))).status_code == 422
    other = staff_id(standin.world, "health_worker")
    assert standin.proposed(holder_id=other).json()["errors"][0]["code"] == "unknown"
    own = staff_id(standin.world, "psychologist")
    assert standin.proposed(holder_id=own).json()["errors"][0]["code"] == "self"
    stranger = standin.proposed(by="health_worker", grantor_id=own)
    assert (stranger.status_code, stranger.json()["code"]) == (403, "not-theirs")
    nobody = standin.proposed(by="health_worker", grantor_id=str(UUID(int=1)))
    told = [{**one.json(), "request_id": ""} for one in (stranger, nobody)]
    assert told[0] == told[1]  # no word of who works here
    assert standin.proposed(by="administrator").status_code == 403


def test_a_declined_cover_opens_nothing_and_strangers_read_none(standin: Standin) -> None:
    case = new_case(standin.world)
    made = standin.proposed().json()["id"]
    assert standin.answer(made, "decline").json()["status"] == "declined"
    assert not standin.sees(case)
    assert standin.answer(made).status_code == 409
    stranger = standin.world.as_("health_worker")
    assert stranger("GET", f"/v1/covers/{made}").status_code == 404
    assert made not in stranger("GET", "/v1/covers?limit=200").text
    assert made in standin.send("GET", "/v1/covers?limit=200").text
