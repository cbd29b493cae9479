"""Break-glass: where the matrix says B, after a fresh sign-in, for a while, and never unseen."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.casework.break_glass.models import BrokenGlass
from app.core.db import table
from app.core.values import now
from app.registry.staff.models import User
from app.safeguards.access.policy import POLICY, ROLES
from app.safeguards.identity import sessions
from app.safeguards.identity.models import Session
from tests.access.test_sealing import UNSEAL, sealed
from tests.access.test_sealing import WHY as SEEN
from tests.conftest import World
from tests.hiring import PASSWORD, another_unit, hire, unit_of
from tests.looking import rewritten, transaction
from tests.making import Made, new_case, signed_in_now, staff_id
from tests.safeguards.guard.test_quick import Ways
from tests.safeguards.guard.test_quick import ways as ways

WHY = {"reason_code": "medical_emergency", "text": "found unconscious in the dormitory"}
VERDICT = {"verdict": "justified", "text": "an ambulance was called"}
SOUTH = "demo-south"  # of the other jurisdiction
BREAKABLE = ("therapy_notes", "health", "protection")


def broken(case: Made, role: str, record_class: str, **more: Any) -> Any:
    body = {"record_class": record_class, **WHY, **more}
    return signed_in_now(case.world, role)("POST", f"{case.path}/break-glass", json=body)


def therapy(case: Made) -> str:
    note = {"kind": "therapy", "occurred_on": "2026-01-02", "text": "process of the session"}
    made = case.post("psychologist", "/notes", note)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def move(world: World, column: str, glass_id: str, by: timedelta) -> None:
    """Lets time pass for one of them."""
    mine = table(BrokenGlass).c.id == UUID(glass_id)
    with transaction(world.house.engine) as db:
        rewritten(db, BrokenGlass, mine, **{column: now() + by})


def reviewed(case: Made, glass_id: str, by: str = "data_protection_officer") -> Any:
    return case.post(by, f"/break-glass/{glass_id}/review", VERDICT)


def told_of(world: World, role: str, glass_id: str) -> bool:
    notices = world.as_(role)("GET", "/v1/me/notices?limit=200").json()["items"]
    return glass_id in {one["about_id"] for one in notices}


def test_where_nobody_protects_data_the_coordinators_are_told(fresh: World) -> None:
    case, officer = new_case(fresh), "data_protection_officer"
    first = broken(case, "health_worker", "therapy_notes").json()["id"]
    assert told_of(fresh, officer, first)
    assert not told_of(fresh, "coordinator", first)
    with transaction(fresh.house.engine) as db:
        gone = (table(User).c.role == officer) & table(User).c.disabled_at.is_(None)
        for (user_id,) in db.execute(select(table(User).c.id).where(gone)).all():
            rewritten(db, User, table(User).c.id == user_id, disabled_at=now())
    second = broken(case, "centre_manager", "health").json()["id"]
    assert told_of(fresh, "coordinator", second)


def test_an_officer_who_cannot_hear_of_it_is_none(fresh: World) -> None:
    """One who is not let in yet, and one to whom the case is closed."""
    case, officer = new_case(fresh), "data_protection_officer"
    path = f"/v1/users/{staff_id(fresh, officer)}/conflicts"
    kin = {"person_id": case.person_id, "relation": "kin", "reason": "an aunt"}
    assert fresh.as_(officer)("POST", path, json=kin).status_code == 201
    body = {"username": "not-yet", "display_name": "New", "role": officer, "password": PASSWORD}
    body["unit_id"] = unit_of(fresh)
    assert fresh.as_("administrator")("POST", "/v1/users", json=body).status_code == 201
    glass = broken(case, "health_worker", "therapy_notes").json()["id"]
    assert told_of(fresh, "coordinator", glass)
    other = broken(new_case(fresh), "centre_manager", "health").json()["id"]
    assert told_of(fresh, officer, other)
    assert not told_of(fresh, "coordinator", other)


def test_who_leads_another_unit_by_now_still_has_what_they_broke(fresh: World) -> None:
    case, boss = new_case(fresh), hire(fresh, "centre_manager")
    body = {"record_class": "health", **WHY}
    send = fresh.with_token(boss.pair()["access_token"])
    glass = send("POST", f"{case.path}/break-glass", json=body).json()["id"]
    assert boss.change(unit_id=another_unit(fresh)).is_success
    send = fresh.with_token(boss.pair()["access_token"])
    assert [one["id"] for one in send("GET", "/v1/break-glass").json()["items"]] == [glass]
    assert send("GET", case.path).status_code == 404


def test_it_opens_this_class_of_this_case_to_this_person_and_closes(fresh: World) -> None:
    case, other = new_case(fresh), new_case(fresh)
    note, elsewhere = therapy(case), therapy(other)
    seen = f"/notes/{note}"
    assert case.send("health_worker", "GET", seen).status_code in (403, 404)
    made = broken(case, "health_worker", "therapy_notes")
    assert made.status_code == 201, made.text
    assert case.get("health_worker", seen)["text"] == "process of the session"
    assert [one["id"] for one in case.get("health_worker", "/notes")["items"]] == [note]
    assert other.send("health_worker", "GET", f"/notes/{elsewhere}").status_code in (403, 404)
    assert case.send("social_worker", "GET", seen).status_code == 404
    write = {"kind": "therapy", "occurred_on": "2026-01-02", "text": "not mine to write"}
    assert case.post("health_worker", "/notes", write).status_code == 403
    ended = f"/break-glass/{made.json()['id']}/end"
    assert case.post("psychologist", ended).status_code in (403, 404)
    assert case.post("health_worker", ended).status_code == 200
    assert case.send("health_worker", "GET", seen).status_code in (403, 404)
    assert case.post("health_worker", ended).status_code == 409
    assert reviewed(case, made.json()["id"]).status_code == 200


def test_it_is_over_when_its_time_is(fresh: World) -> None:
    case = new_case(fresh)
    note = therapy(case)
    made = broken(case, "health_worker", "therapy_notes", minutes=1)
    assert case.get("health_worker", f"/notes/{note}")["id"] == note
    move(fresh, "until", made.json()["id"], -timedelta(seconds=1))
    assert case.send("health_worker", "GET", f"/notes/{note}").status_code in (403, 404)
    usual = broken(case, "health_worker", "therapy_notes").json()
    made, until = (datetime.fromisoformat(usual[name]) for name in ("created_at", "until"))
    assert until - made == timedelta(minutes=60)
    assert datetime.fromisoformat(usual["review_due_at"]) - made == timedelta(hours=72)
    for minutes in (0, 241, 1.5, "60", True):
        assert broken(case, "health_worker", "therapy_notes", minutes=minutes).status_code == 422


@pytest.fixture(scope="module")
def case(world: World) -> Made:
    return new_case(world)


@pytest.mark.turns
@pytest.mark.parametrize("role", ROLES)
def test_nobody_breaks_what_the_matrix_does_not_mark(case: Made, role: str) -> None:
    for name in POLICY.classes:
        marked = any("B" in one for one in POLICY.classes[name].get(role, {}).values())
        answer = broken(case, role, name)
        assert answer.status_code == 201 if marked else answer.status_code in (403, 404), name
        if marked:
            assert name in BREAKABLE
            assert reviewed(case, answer.json()["id"]).status_code == 200


def test_a_sign_in_of_a_while_ago_is_not_enough(world: World) -> None:
    case = new_case(world)
    with transaction(world.house.engine) as db:
        user = UUID(world.staff["health_worker", "north"].id)
        key, life = world.house.vault.admitting, timedelta(hours=12)
        pair = sessions.start(db, key, user, now(), life, life)
        kept = table(Session)
        ago = now() - timedelta(minutes=5, seconds=1)
        db.execute(update(kept).where(kept.c.id == pair.session_id).values(created_at=ago))
    body = {"record_class": "therapy_notes", **WHY}
    answer = world.with_token(pair.access)("POST", f"{case.path}/break-glass", json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "sign-in-too-old")


def test_those_responsible_are_told_at_once(fresh: World) -> None:
    case = new_case(fresh)
    made = broken(case, "health_worker", "therapy_notes").json()
    for role in ("social_worker", "supervisor", "data_protection_officer"):
        told = fresh.as_(role)("GET", "/v1/me/notices?unseen=true").json()["items"]
        (mine,) = [one for one in told if one["about_id"] == made["id"]]
        assert (mine["topic"], mine["case_id"]) == ("break_glass.opened", case.id)
        assert WHY["text"] not in str(mine)
        seen = fresh.as_(role)("POST", f"/v1/me/notices/{mine['id']}/seen")
        assert seen.json()["seen_at"]
        left = fresh.as_(role)("GET", "/v1/me/notices?unseen=true").json()["items"]
        assert mine["id"] not in {one["id"] for one in left}
        stranger = fresh.as_("psychologist")("POST", f"/v1/me/notices/{mine['id']}/seen")
        assert stranger.status_code == 404
    assert fresh.as_("psychologist")("GET", "/v1/me/notices").json()["items"] == []


def test_a_review_that_is_late_suspends_until_it_is_made(fresh: World) -> None:
    case, other = new_case(fresh), new_case(fresh)
    made = broken(case, "health_worker", "therapy_notes").json()
    assert broken(other, "health_worker", "therapy_notes").status_code == 201
    move(fresh, "review_due_at", made["id"], -timedelta(seconds=1))
    late = broken(new_case(fresh), "health_worker", "therapy_notes")
    assert (late.status_code, late.json()["code"]) == (403, "suspended")
    assert reviewed(case, made["id"]).status_code == 200
    assert broken(new_case(fresh), "health_worker", "therapy_notes").status_code == 201


def test_a_review_that_a_seal_prevents_suspends_nobody(fresh: World) -> None:
    """No reviewer reaches it; where the seal is lifted, it waits for its review again."""
    case = new_case(fresh)
    made = broken(case, "health_worker", "therapy_notes", minutes=1).json()
    for column in ("review_due_at", "until"):
        move(fresh, column, made["id"], -timedelta(seconds=1))
    sealed(case)
    assert reviewed(case, made["id"]).status_code == 404
    waiting = fresh.as_("data_protection_officer")("GET", "/v1/break-glass?unreviewed=true")
    assert made["id"] not in waiting.text
    meanwhile = broken(new_case(fresh), "health_worker", "therapy_notes")
    assert meanwhile.status_code == 201, meanwhile.text
    asked = case.post("coordinator", "/unseal", UNSEAL).json()["id"]
    opened = case.post("data_protection_officer", f"/unseal/{asked}/approve", SEEN)
    assert opened.status_code == 200, opened.text
    late = broken(new_case(fresh), "health_worker", "therapy_notes")
    assert (late.status_code, late.json()["code"]) == (403, "suspended")
    assert reviewed(case, made["id"]).status_code == 200


def minutes_of(fresh: World, glass_id: str, since: int, until: int) -> None:
    """As if it had been open between these two, in minutes from now."""
    for column, by in (("created_at", since), ("until", until)):
        move(fresh, column, glass_id, timedelta(minutes=by))


def refused(answer: Any) -> tuple[int, list[str]]:
    return answer.status_code, [one["code"] for one in answer.json().get("unmet", ())]


def test_four_hours_are_all_until_somebody_has_looked(fresh: World) -> None:
    """However they are cut, of one person on one class of one case, and one at a time."""
    case, role, what = new_case(fresh), "health_worker", "therapy_notes"
    first = broken(case, role, what).json()["id"]
    assert refused(broken(case, role, what)) == (409, ["running"])
    minutes_of(fresh, first, -24 * 60, -23 * 60)  # yesterday
    assert refused(broken(case, role, what, minutes=181)) == (409, ["unreviewed"])
    second = broken(case, role, what, minutes=179)
    assert second.status_code == 201, second.text
    ended = case.post(role, f"/break-glass/{second.json()['id']}/end")
    assert ended.status_code == 200  # what is not used is left
    third = broken(case, role, what, minutes=170)
    assert third.status_code == 201, third.text
    minutes_of(fresh, third.json()["id"], -180, -1)
    last = broken(case, role, what, minutes=15)
    assert refused(last) == (409, ["unreviewed"])
    assert broken(new_case(fresh), role, what, minutes=240).status_code == 201
    assert reviewed(case, first).status_code == 200
    assert broken(case, role, what, minutes=15).status_code == 201


def test_a_colleague_has_hours_of_their_own(fresh: World) -> None:
    case, other = new_case(fresh), hire(fresh, "health_worker")
    member = {"user_id": other.id, "part": "nurse", "reason": "night shift"}
    assert case.post("social_worker", "/team", member).status_code == 201
    assert broken(case, "health_worker", "therapy_notes", minutes=240).status_code == 201
    body = {"record_class": "therapy_notes", **WHY, "minutes": 240}
    send = fresh.with_token(other.pair()["access_token"])
    assert send("POST", f"{case.path}/break-glass", json=body).status_code == 201


def test_who_reviews_is_of_another_line(fresh: World) -> None:
    case = new_case(fresh)
    made = broken(case, "health_worker", "therapy_notes").json()
    same = reviewed(case, made["id"], "supervisor")
    assert (same.status_code, same.json()["code"]) == (403, "same-line")
    assert reviewed(case, made["id"], "health_worker").status_code in (403, 404)
    waiting = fresh.as_("coordinator")("GET", "/v1/break-glass?unreviewed=true").json()["items"]
    assert made["id"] in {one["id"] for one in waiting}
    assert reviewed(case, made["id"], "coordinator").json()["verdict"] == "justified"
    assert reviewed(case, made["id"], "coordinator").status_code == 409
    own = fresh.as_("health_worker")("GET", "/v1/break-glass").json()["items"]
    assert made["id"] in {one["id"] for one in own}


def test_it_opens_no_sealed_case_and_nothing_past_a_conflict(fresh: World) -> None:
    case = new_case(fresh)
    note = therapy(case)
    assert broken(case, "health_worker", "therapy_notes").status_code == 201
    body = {"person_id": case.person_id, "relation": "kin"}
    user = fresh.staff["health_worker", "north"].id
    said = fresh.as_("supervisor")("POST", f"/v1/users/{user}/conflicts", json=body)
    assert said.status_code == 201, said.text
    assert case.send("health_worker", "GET", f"/notes/{note}").status_code == 404
    assert broken(case, "health_worker", "therapy_notes").status_code == 404


def test_a_social_worker_of_the_unit_reaches_protection_without_the_team(fresh: World) -> None:
    """And nothing else: neither the cover nor what others wrote."""
    case = new_case(fresh)
    colleague = fresh.hire("social_worker", "elsewhere", "ra")
    second = fresh.with_token(colleague.token)
    body = {"record_class": "protection", **WHY}
    assert second("POST", f"{case.path}/break-glass", json=body).status_code == 404


@pytest.mark.parametrize("moved", ["role", "unit"])
def test_who_has_moved_reaches_nothing_by_what_they_broke(fresh: World, moved: str) -> None:
    """Neither what it opened, nor what is on record of it: they are there as somebody else now."""
    case, nurse = new_case(fresh), hire(fresh, "health_worker")
    member = {"user_id": nurse.id, "part": "nurse", "reason": "night shift"}
    assert case.post("social_worker", "/team", member).status_code == 201
    body = {"record_class": "therapy_notes", **WHY}
    send = fresh.with_token(nurse.pair()["access_token"])
    glass = send("POST", f"{case.path}/break-glass", json=body).json()["id"]
    of_case = f"{case.path}/break-glass"
    of_it = [f"{of_case}/{glass}", of_case, "/v1/break-glass"]

    def told() -> list[bool]:
        send = fresh.with_token(nurse.pair()["access_token"])
        return [glass in send("GET", path).text for path in of_it]

    assert told() == [True] * 3
    there = {"role": "psychologist"} if moved == "role" else {"unit_id": unit_of(fresh, SOUTH)}
    assert nurse.change(**there).is_success
    assert told() == [False] * 3
    answer = fresh.with_token(nurse.pair()["access_token"])("GET", of_case)
    assert answer.status_code == 404, answer.text
    back = {"role": "health_worker"} if moved == "role" else {"unit_id": unit_of(fresh)}
    assert nurse.change(**back).is_success
    assert told() == [True] * 3, "it is theirs"


def test_who_has_it_open_is_answered_at_length_and_others_shortly(fresh: World, ways: Ways) -> None:
    """The statement for most does not look for glass at each row, but asks whether there is any."""
    case = new_case(fresh)
    note = therapy(case)
    for _ in range(2):
        assert note not in case.send("health_worker", "GET", "/notes").text
    assert ways.short[-1]
    opened = broken(case, "health_worker", "therapy_notes")
    assert opened.status_code == 201, opened.text
    assert note in case.send("health_worker", "GET", "/notes").text
    assert not ways.short[-1]
    assert note in case.send("psychologist", "GET", "/notes").text
    assert case.send("psychologist", "GET", "/notes").is_success
    assert ways.short[-1]
    ended = case.post("health_worker", f"/break-glass/{opened.json()['id']}/end")
    assert ended.status_code == 200, ended.text
    assert note not in case.send("health_worker", "GET", "/notes").text
