"""A sealed case is absent, above all grants; two people of different lines seal and unseal it."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert

from app.core.db import table
from app.core.values import new_id
from app.registry.cases import opening
from app.safeguards.access.bars import EVERYBODY, Bar
from app.safeguards.access.policy import ROLES
from app.safeguards.guard.unit_of_work import UnitOfWork
from tests.conftest import World
from tests.hiring import hire
from tests.making import Made, new_case, staff_id, today
from tests.worlds import Member

ORDER = {"authority": "District court of Alder", "reference": "17-2026", "dated_on": "2026-01-15"}
SEAL = {**ORDER, "ground": "juvenile_justice", "reason": "proceedings against a child have ended"}
UNSEAL = {**ORDER, "reason": "the court asks for the file"}
WHY = {"reason": "the order has been checked"}
PLACES = (
    *("", "/notes", "/tasks", "/alerts", "/team", "/tracks", "/pathways", "/decisions"),
    *("/history", "/timeline", "/milestones", "/sealings", "/tracks/RPT", "/deadlines"),
)
OVER = "data_protection_officer"
VARY = ("x-request-id", "date", "server-timing")


def sealed(case: Made) -> str:
    proposed = case.post("supervisor", "/seal", SEAL)
    assert proposed.status_code == 201, proposed.text
    assert case.get("social_worker")["id"] == case.id  # nothing is closed yet
    done = case.post("coordinator", f"/seal/{proposed.json()['id']}/approve", WHY)
    assert done.status_code == 200, done.text
    assert done.json()["status"] == "done"
    return str(proposed.json()["id"])


def bytes_of(answer: Any, *ids: str) -> tuple[Any, ...]:
    """All that a client sees, less what differs between any two requests."""
    text = answer.text
    for one in ids:
        text = text.replace(one, "")
    headers = {n: v for n, v in answer.headers.items() if n.lower() not in VARY}
    body = answer.json() if text else None
    if isinstance(body, dict):
        body.pop("request_id", None)
    return answer.status_code, body, headers


def asked_of(trail: Any, file_id: str) -> Any:
    """That somebody asked for an id is told of any id; of a file that is there, more."""
    if trail.status_code != 200:
        return trail.status_code
    told = ("action", "route", "outcome", "code", "actor_id", "file_id", "record", "detail")
    events = trail.json()["items"]
    assert {event["asked_id"] for event in events} <= {file_id}
    return [[event[name] for name in told] for event in events]


def test_a_sealed_case_is_absent_for_everybody_everywhere(world: World) -> None:
    case = new_case(world)
    note = {"kind": "social_work", "occurred_on": "2026-01-02", "text": "a visit"}
    assert case.post("social_worker", "/notes", note).status_code == 201
    number = case.get("social_worker")["number"]
    sealed(case)
    nowhere = str(uuid4())
    for role in ROLES:
        send = world.as_(role)
        for place in PLACES:
            here, there = (send("GET", f"/v1/cases/{one}{place}") for one in (case.id, nowhere))
            assert bytes_of(here) == bytes_of(there), f"{role} {place}: {here.text}"
        for path in (f"/v1/cases?number={number}", f"/v1/cases?person_id={case.person_id}"):
            listed = send("GET", path)
            assert listed.status_code == 403 or listed.json()["items"] == [], f"{role} {path}"
        who = (case.person_id, str(uuid4()))
        person, nobody = (send("GET", f"/v1/people/{one}") for one in who)
        assert bytes_of(person) == bytes_of(nobody), f"{role}: {person.text}"
        here, there = (
            send("GET", f"/v1/audit/events?limit=200&file_id={one}") for one in (case.id, nowhere)
        )
        assert asked_of(here, case.id) == asked_of(there, nowhere), role
    for role in ("social_worker", "supervisor", "coordinator"):
        for path in ("/notes", "/seal", "/close", "/team", "/unseal"):
            if (role, path) == ("coordinator", "/unseal"):
                continue  # who may unseal finds it by its id
            here, there = (
                world.as_(role)("POST", f"/v1/cases/{one}{path}", json=SEAL)
                for one in (case.id, nowhere)
            )
            assert bytes_of(here) == bytes_of(there), f"{role} {path}: {here.text}"
            assert here.status_code == 404, here.text


def test_a_count_a_list_and_a_duplicate_search_pass_over_it(fresh: World) -> None:
    case = new_case(fresh)
    worker = fresh.as_("social_worker")
    before = worker("GET", "/v1/cases?limit=200&count=true").json()
    assert case.id in {one["id"] for one in before["items"]}
    twin = new_case(fresh).person_id
    alike = f"/v1/people/{twin}/possible-duplicates"
    assert case.person_id in worker("GET", alike).text
    before["total"] += 1
    sealed(case)
    assert case.person_id not in worker("GET", alike).text
    after = worker("GET", "/v1/cases?limit=200&count=true").json()
    assert after["total"] == before["total"] - 1
    assert case.id not in {one["id"] for one in after["items"]}
    listed = worker("GET", "/v1/people?limit=200").json()["items"]
    assert case.person_id not in {one["id"] for one in listed}


def test_the_order_of_a_court_and_two_people_open_it_again(world: World) -> None:
    case = new_case(world)
    sealed(case)
    seal = world.as_("coordinator")("GET", f"{case.path}/sealings")
    assert seal.status_code == 404
    proposed = case.post("coordinator", "/unseal", UNSEAL)
    assert proposed.status_code == 201, proposed.text
    path = f"/unseal/{proposed.json()['id']}"
    wrong = f"/unseal/{case.id}"  # no proposal of this case
    assert case.post("coordinator", f"{wrong}/approve", WHY).status_code == 404
    assert case.get("data_protection_officer", path) == proposed.json()
    own = case.post("coordinator", f"{path}/approve", WHY)
    assert own.status_code == 403
    assert own.json()["code"] == "own-proposal"
    assert case.send("social_worker", "GET").status_code == 404
    done = case.post("data_protection_officer", f"{path}/approve", WHY)
    assert done.status_code == 200, done.text
    again = case.post("data_protection_officer", f"{path}/approve", WHY)
    assert (again.status_code, again.json()["code"]) == (409, "wrong-state")
    assert case.get("social_worker")["id"] == case.id
    told = case.get("coordinator", "/sealings")["items"]
    assert [(one["act"], one["status"]) for one in told] == [("seal", "done"), ("unseal", "done")]
    entries = case.get("supervisor", "/history")["items"]
    acts = [one["action"] for one in entries if one["record_class"] == "sealing"]
    assert acts == ["sealing.propose", "sealing.approve", "sealing.unseal", "sealing.unseal"]


def test_who_stands_in_for_somebody_unseals_all_the_same(fresh: World) -> None:
    case = new_case(fresh)
    sealed(case)
    away = hire(fresh, "coordinator")
    body = {"grantor_id": away.id, "holder_id": staff_id(fresh, "coordinator")}
    body |= {"kind": "absence", "until": str(today()), **WHY}
    cover = away.send(away.pair()["access_token"], "POST", "/v1/covers", json=body)
    assert cover.status_code == 201, cover.text
    path = f"/v1/covers/{cover.json()['id']}/approve"
    assert any(fresh.as_(one)("POST", path, json=WHY).is_success for one in ("supervisor", OVER))
    asked = case.post("coordinator", "/unseal", UNSEAL)
    assert asked.status_code == 201, asked.text
    done = case.post(OVER, f"/unseal/{asked.json()['id']}/approve", WHY)
    assert done.status_code == 200, done.text
    assert case.get("social_worker")["id"] == case.id


@pytest.mark.parametrize("missing", ["authority", "reference", "dated_on"])
def test_unsealing_takes_the_order_of_a_court(world: World, missing: str) -> None:
    case = new_case(world, team=())
    sealed(case)
    body = {name: value for name, value in UNSEAL.items() if name != missing}
    refused = case.post("coordinator", "/unseal", body)
    assert refused.status_code == 422, refused.text
    assert [one["pointer"] for one in refused.json()["errors"]] == [f"/{missing}"]


def test_one_person_or_one_line_cannot_seal(world: World) -> None:
    case = new_case(world)
    proposed = case.post("child_protection_officer", "/seal", SEAL)
    assert proposed.status_code == 201, proposed.text
    path = f"/seal/{proposed.json()['id']}"
    same = case.post("supervisor", f"{path}/approve", WHY)
    assert (same.status_code, same.json()["code"]) == (403, "same-line")
    assert case.post("child_protection_officer", f"{path}/approve", WHY).status_code == 403
    again = case.post("supervisor", "/seal", SEAL)
    assert (again.status_code, again.json()["code"]) == (409, "wrong-state")
    assert case.post("coordinator", f"{path}/decline", WHY).status_code == 200
    assert case.post("coordinator", f"{path}/approve", WHY).status_code == 409
    assert case.get("social_worker")["id"] == case.id
    own = case.post("coordinator", "/seal", SEAL)
    assert own.status_code == 201, own.text
    mine = case.post("coordinator", f"/seal/{own.json()['id']}/approve", WHY)
    assert (mine.status_code, mine.json()["code"]) == (403, "own-proposal")


@pytest.mark.turns
@pytest.mark.parametrize("role", [one for one in ROLES if one != "administrator"])
def test_who_may_not_unseal_does_not_learn_that_there_is_something_to(
    world: World, role: str
) -> None:
    if role in ("coordinator", "data_protection_officer"):
        return
    case = new_case(world)
    sealed(case)
    assert case.post(role, "/unseal", UNSEAL).status_code in (403, 404)
    nowhere = "00000000-0000-7000-8000-000000000001"
    there = world.as_(role)("POST", f"/v1/cases/{nowhere}/unseal", json=UNSEAL)
    assert bytes_of(case.post(role, "/unseal", UNSEAL)) == bytes_of(there)


def test_nothing_is_written_by_who_knew_the_case_before(world: World) -> None:
    """The short way remembers what the door showed; the write finds out that it is closed."""
    case = new_case(world)
    note = {"kind": "social_work", "occurred_on": "2026-01-02", "text": "a visit"}
    for _ in range(3):
        assert case.post("social_worker", "/notes", note).status_code == 201
    sealed(case)
    assert case.post("social_worker", "/notes", note).status_code == 404
    assert case.send("social_worker", "GET", "/notes").status_code == 404


def test_a_stranger_to_the_jurisdiction_seals_nothing(world: World) -> None:
    case = new_case(world)
    far: dict[tuple[str, str], Member] = world.staff
    (unit,) = {unit for _, unit in far} - {"north"}
    other = world.as_("coordinator", unit)("POST", f"{case.path}/seal", json=SEAL)
    assert other.status_code == 404


def test_of_a_person_with_no_other_case_the_trail_tells_nothing(fresh: World) -> None:
    """Neither who registered them; where another case is open, and after the seal, it does."""
    alone, twice = new_case(fresh), new_case(fresh)
    again = {"person_id": twice.person_id, "programme": "alder"}
    assert fresh.as_("social_worker")("POST", "/v1/cases", json=again).status_code == 201

    def told(case: Made) -> set[str]:
        path = f"/v1/audit/events?limit=200&file_id={case.person_id}"
        seen = fresh.as_("data_protection_officer")("GET", path).json()["items"]
        return {event["action"] for event in seen if event["file_id"] == case.person_id}

    def read_on_the_way(case: Made) -> bool:
        """As it was looked up to open the case: by an event of no file."""
        worker = fresh.staff["social_worker", "north"].id
        path = f"/v1/audit/events?limit=200&action=case.open&outcome=read&actor_id={worker}"
        seen = fresh.as_("data_protection_officer")("GET", path).json()
        assert seen["next"] is None
        return case.person_id in {event["record_id"] for event in seen["items"]}

    assert read_on_the_way(alone)
    assert told(alone) == told(twice) == {"person.register"}
    sealed(alone)
    assert not read_on_the_way(alone)
    assert read_on_the_way(twice)
    sealed(twice)
    assert (told(alone), told(twice)) == (set(), {"person.register"})
    order = fresh.as_("coordinator")("POST", f"{alone.path}/unseal", json=UNSEAL).json()
    path = f"{alone.path}/unseal/{order['id']}/approve"
    assert fresh.as_("data_protection_officer")("POST", path, json=WHY).status_code == 200
    assert told(alone) == {"person.register"}
    assert fresh.as_("social_worker")("GET", f"/v1/people/{alone.person_id}").status_code == 200


def test_a_seal_of_another_case_is_not_inherited(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing could open the new case again; so not even one that comes in this very moment."""
    case, start = new_case(world), opening.start_case

    def meanwhile(work: UnitOfWork, *args: Any, **more: Any) -> Any:
        closed = {"file_id": UUID(case.person_id), "user_id": EVERYBODY, "source_id": new_id()}
        work._db.execute(insert(table(Bar)).values(**closed))
        return start(work, *args, **more)

    monkeypatch.setattr(opening, "start_case", meanwhile)
    again = {"person_id": case.person_id, "programme": "alder"}
    opened = world.as_("social_worker")("POST", "/v1/cases", json=again)
    assert opened.status_code == 201, opened.text
    path = f"/v1/cases/{opened.json()['id']}"
    assert world.as_("social_worker")("GET", path).status_code == 200


def test_who_is_sealed_is_named_by_no_relative_household_or_interest(world: World) -> None:
    case, relative = new_case(world), new_case(world)
    worker, auditor = world.as_("social_worker"), world.as_("auditor")
    kin = {"other_id": case.person_id, "type": "sibling", "source": "test"}
    made = [
        worker("POST", f"/v1/people/{relative.person_id}/relationships", json=kin),
        worker("POST", "/v1/households", json={"members": [{"person_id": case.person_id}]}),
    ]
    both = {"members": [{"person_id": one.person_id} for one in (case, relative)]}
    shared = worker("POST", "/v1/households", json=both)
    assert {one.status_code for one in (*made, shared)} == {201}
    hidden, path = (
        {one.json()["id"] for one in made},
        f"/v1/households/{shared.json()['id']}/members",
    )
    members = worker("GET", path).json()["items"]
    (theirs,) = (one["id"] for one in members if one["person_id"] == case.person_id)
    (of_relative,) = {one["id"] for one in members} - {theirs}
    hidden.add(theirs)
    interests = f"/v1/users/{staff_id(world, 'psychologist')}/conflicts"
    close = {"person_id": case.person_id, "relation": "neighbour", **WHY}
    declared = world.as_("psychologist")("POST", interests, json=close)
    assert declared.status_code == 201, declared.text
    hidden.add(declared.json()["id"])

    def told() -> set[str]:
        found: set[str] = set()
        next_page = "/v1/audit/events?limit=200"
        while next_page:
            page = auditor("GET", next_page).json()
            found |= {str(one[name]) for one in page["items"] for name in ("record_id", "file_id")}
            cursor = page["next"]
            next_page = cursor and f"/v1/audit/events?limit=200&cursor={cursor}"
        return found

    def named(role: str) -> set[str]:
        page = world.as_(role)("GET", f"{interests}?limit=200").json()["items"]
        return {one["person_id"] for one in page}

    assert hidden <= told()
    assert case.person_id in named("supervisor")
    sealed(case)
    after = told()
    assert not hidden & after
    assert {shared.json()["id"], of_relative} <= after
    assert case.person_id not in named("supervisor")
    assert case.person_id in named("psychologist")  # said so, and is out, seal or no seal
