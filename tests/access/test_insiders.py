"""What somebody with an account and bad intent would try, alone or with one accomplice."""

from datetime import timedelta
from typing import Any

import pytest

from app.safeguards.access.policy import POLICY, ROLES, Reach
from tests.access.test_agreements import consent, terms
from tests.access.test_break_glass import WHY as GLASS
from tests.access.test_break_glass import broken, therapy
from tests.access.test_disclosures import exact, proposed
from tests.access.test_docket import NOTE, entry, opened
from tests.conftest import World
from tests.hiring import PASSWORD, change, hire, unit_of
from tests.making import new_case, staff_id, today

WHY = {"reason": "read and found right"}
OWN = "kettle drum orbit chestnut"


def test_nobody_writes_through_broken_glass(fresh: World) -> None:
    case, stranger = new_case(fresh, birth="2015-01-01"), hire(fresh)
    token = stranger.pair()["access_token"]
    body = {"record_class": "protection", **GLASS}
    glass = stranger.send(token, "POST", f"{case.path}/break-glass", json=body)
    assert glass.status_code == 201, glass.text
    step = {"code": "needs_screened"}
    wrote = stranger.send(token, "POST", f"{case.path}/milestones", json=step)
    assert wrote.status_code in (403, 404), wrote.text
    for role in ROLES:
        for action in POLICY.verbs:
            opens = Reach.GLASS in POLICY.grants(role, action)
            assert not opens or action.endswith(".read"), (role, action)


def test_broken_glass_ends_with_what_allowed_it(fresh: World) -> None:
    case = new_case(fresh)
    note = therapy(case)
    assert broken(case, "health_worker", "therapy_notes", minutes=240).status_code == 201
    assert case.send("health_worker", "GET", f"/notes/{note}").status_code == 200
    (mine,) = [
        one
        for one in case.get("social_worker", "/team")["items"]
        if one["user_id"] == staff_id(fresh, "health_worker")
    ]
    released = case.post("social_worker", f"/team/{mine['id']}/release", WHY)
    assert released.status_code == 200, released.text
    assert case.send("health_worker", "GET", f"/notes/{note}").status_code == 404
    assert case.send("health_worker", "GET", "/notes").status_code == 404


def test_a_hire_that_was_declined_does_not_come_alive_by_halves(fresh: World) -> None:
    admin, other = fresh.as_("administrator"), fresh.as_("administrator", "south")
    body = {"username": "ghost", "display_name": "Ghost", "role": "coordinator"}
    body |= {"unit_id": unit_of(fresh), "password": PASSWORD}
    made = admin("POST", "/v1/users", json=body).json()
    path = f"/v1/users/{made['id']}/changes"
    (waits,) = admin("GET", path).json()["items"]
    assert other("POST", f"{path}/{waits['id']}/decline", json=WHY).is_success
    half = {"supervisor_id": staff_id(fresh, "supervisor"), **WHY}
    asked = admin("POST", path, json=half)
    if asked.status_code == 201:
        agreed = fresh.as_("coordinator")("POST", f"{path}/{asked.json()['id']}/approve", json=WHY)
        assert (agreed.status_code, agreed.json()["code"]) == (409, "wrong-state")
    form = {"grant_type": "password", "username": "ghost", "password": PASSWORD}
    assert fresh.client.post("/v1/token", data=form).status_code == 400


def test_one_administrator_is_not_two(fresh: World) -> None:
    admin, other = fresh.as_("administrator", "south"), fresh.staff["administrator", "north"]
    third, unit = hire(fresh, "administrator"), unit_of(fresh)  # by the other
    given = admin("POST", f"/v1/users/{other.id}/reset-password", json=WHY).json()["password"]

    def as_other(password: str) -> Any:
        form = {"grant_type": "password", "username": other.username, "password": password}
        told = fresh.client.post("/v1/token", data=form).json()
        return fresh.with_token(told["access_token"])

    form = {"grant_type": "password", "username": other.username, "password": given}
    assert fresh.client.post("/v1/token", data=form).status_code == 400
    changes = f"/v1/users/{other.id}/changes"
    (again,) = admin("GET", changes).json()["items"]
    assert (again["named"], again["status"]) == (["renewed"], "proposed")
    alone = admin("POST", f"{changes}/{again['id']}/approve", json=WHY)
    assert (alone.status_code, alone.json()["code"]) == (403, "own-proposal")
    agreed = third.send(
        third.pair()["access_token"], "POST", f"{changes}/{again['id']}/approve", json=WHY
    )
    assert agreed.status_code == 200, agreed.text
    own = {"current": given, "password": OWN}
    assert as_other(given)("POST", "/v1/me/password", json=own).is_success
    body = {"username": "mine", "display_name": "Mine", "role": "coordinator"}
    body |= {"unit_id": unit, "password": PASSWORD}
    made = admin("POST", "/v1/users", json=body).json()
    path = f"/v1/users/{made['id']}/changes"
    (waits,) = admin("GET", path).json()["items"]
    answer = as_other(OWN)("POST", f"{path}/{waits['id']}/approve", json=WHY)
    assert (answer.status_code, answer.json()["code"]) == (403, "reset-lately")


@pytest.mark.parametrize("role", ["auditor", "data_protection_officer", "coordinator"])
def test_nobody_blinds_who_oversees_them(fresh: World, role: str) -> None:
    case = new_case(fresh)
    body = {"person_id": case.person_id, "relation": "other", "reason": "made up"}
    path = f"/v1/users/{staff_id(fresh, role)}/conflicts"
    by = "supervisor" if role == "coordinator" else "coordinator"
    answer = fresh.as_(by)("POST", path, json=body)
    assert answer.status_code in (403, 404), answer.text
    assert case.send(role, "GET").status_code == 200
    assert fresh.as_(role)("POST", path, json=body).status_code == 201


def test_an_agreement_to_receive_shows_nothing(fresh: World) -> None:
    case = new_case(fresh)
    body = terms(fresh, "identity", direction="in")
    made = fresh.as_("coordinator")("POST", "/v1/agreements", json=body).json()
    path = f"/v1/agreements/{made['id']}/approve"
    assert fresh.as_("data_protection_officer")("POST", path, json=WHY).is_success
    consent(case, made["id"])
    assert fresh.as_("partner")("GET", f"/v1/people/{case.person_id}").status_code == 404


def test_an_entry_in_one_docket_enters_nobody(fresh: World) -> None:
    case = new_case(fresh, team=())
    counsel = hire(fresh, "legal_officer")
    token = counsel.pair()["access_token"]
    criminal = opened(case, "supervisor", kind="criminal")
    last = str(today() + timedelta(days=1))
    mine = {**entry(fresh, "prosecutor"), "user_id": counsel.id, "until": last}
    assert case.post("supervisor", f"{criminal}/parties", mine).status_code == 201
    other = entry(fresh, "prosecutor")
    for path, body in ((f"{criminal}/parties", other), ("/notes", NOTE)):
        answer = counsel.send(token, "POST", case.path + path, json=body)
        assert answer.status_code == 403, answer.text


def test_the_word_of_who_has_left_does_not_count(fresh: World) -> None:
    case, boss = new_case(fresh), hire(fresh, "supervisor")
    asked = proposed(case, "", items=[exact(case)])
    path = f"{case.path}/disclosures/{asked}/approve"
    first = boss.send(boss.pair()["access_token"], "POST", path, json=WHY)
    assert first.json()["status"] == "checked", first.text
    assert change(fresh, boss.id, disabled=True).is_success
    second = case.post("coordinator", f"/disclosures/{asked}/approve", WHY)
    assert second.status_code == 409, second.text


def test_who_comes_back_comes_back_to_nothing(fresh: World) -> None:
    case, lawyer = new_case(fresh), hire(fresh, "defence_lawyer")
    passport = {"system": "passport", "value": "ZX 90210", "source": "test"}
    numbers = f"/v1/people/{case.person_id}/identifiers"
    made = fresh.as_("social_worker")("POST", numbers, json=passport).json()
    item = {"record": "identifier", "record_id": made["id"], "fields": ["value"]}
    asked = proposed(case, "", items=[item], recipient_id=lawyer.id)
    for role in ("supervisor", "data_protection_officer"):
        assert case.post(role, f"/disclosures/{asked}/approve", WHY).is_success
    for disabled in (True, False):
        assert change(fresh, lawyer.id, disabled=disabled).is_success
    path = f"{case.path}/disclosures/{asked}/extract"
    answer = lawyer.send(lawyer.pair()["access_token"], "GET", path)
    assert answer.status_code in (403, 404), answer.text


def test_no_notice_tells_of_a_case_to_whom_there_is_none(fresh: World) -> None:
    worker, case = hire(fresh), new_case(fresh)
    above = {"supervisor_id": fresh.staff["administrator", "south"].id, **WHY}
    path = f"/v1/users/{worker.id}/changes"
    asked = fresh.as_("administrator")("POST", path, json=above)
    if asked.status_code == 201:
        agree = f"{path}/{asked.json()['id']}/approve"
        assert fresh.as_("coordinator")("POST", agree, json=WHY).is_success
    tag = case.send("supervisor", "GET").headers["ETag"]
    lead = {"lead_worker_id": worker.id, "reason": "handed over"}
    handed = case.send("supervisor", "PATCH", "", json=lead, headers={"If-Match": tag})
    assert handed.status_code == 200, handed.text
    assert change(fresh, worker.id, disabled=True).is_success
    assert case.id not in fresh.as_("administrator", "south")("GET", "/v1/me/notices").text
    assert case.id in fresh.as_("supervisor")("GET", "/v1/me/notices?limit=200").text
