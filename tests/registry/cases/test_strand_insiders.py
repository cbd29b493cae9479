"""What somebody on the team for one track tries, so as to see or to do more than that track."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core.db import table
from app.registry.people.models import Person
from app.registry.staff.models import User
from tests.access.test_disclosures import asking
from tests.conftest import World
from tests.hiring import another_unit, hire
from tests.looking import rewritten, transaction
from tests.making import Made, Send, new_case, on_docket, staff_id, today
from tests.registry.acting import operation
from tests.registry.cases.test_strands import Worker, join, seen, task, worker
from tests.registry.operations.test_intake_routes import manifest, upload
from tests.test_family import arrive

BIRTH = "2014-05-02"
PROCEEDING = {"kind": "criminal", "authority": "Court 1", "reference": "1-204/2026"}
WHY = {"reason": "as the law demands"}


def test_they_let_nobody_in_and_themselves_no_further(world: World) -> None:
    made, one, two = new_case(world, BIRTH), worker(world), worker(world)
    join(made, one, "LIV")
    for user in (one.id, two.id):
        body = {"user_id": user, "part": "helps", "track": None, "reason": "asked to"}
        assert one.send("POST", f"{made.path}/team", json=body).status_code == 403
    members = made.get("supervisor", "/team?limit=200")["items"]
    for member in members:
        path = f"{made.path}/team/{member['id']}/release"
        assert one.send("POST", path, json={"reason": "no longer"}).status_code == 403
    tag = {"If-Match": one.send("GET", made.path).headers["ETag"]}
    change = {"lead_worker_id": two.id, "reason": "no room"}
    assert one.send("PATCH", made.path, json=change, headers=tag).status_code == 403
    assert made.get("supervisor", "/team?limit=200")["items"] == members
    join(made, one, None)
    body = {"user_id": two.id, "part": "helps", "track": None, "reason": "asked to"}
    assert one.send("POST", f"{made.path}/team", json=body).status_code == 201


@pytest.mark.parametrize(
    ("role", "path", "body"),
    [
        ("legal_officer", "/proceedings", PROCEEDING),
        (
            "social_worker",
            "/consents",
            {"scope": "treatment", "giver": "self", "language": "ru", "text": "agreed"},
        ),
    ],
)
def test_what_opens_the_case_to_others_is_not_theirs_to_write(
    world: World, role: str, path: str, body: dict[str, Any]
) -> None:
    made, one = new_case(world, "1991-05-17"), worker(world, role)
    join(made, one, "LIV")
    refused = one.send("POST", f"{made.path}{path}", json=body)
    assert refused.status_code == 403, refused.text
    join(made, one, None)
    assert one.send("POST", f"{made.path}{path}", json=body).status_code == 201


def test_dockets_are_of_the_track_of_justice(world: World) -> None:
    made, one = new_case(world, "1991-05-17"), worker(world, "legal_officer")
    opened = made.post("legal_officer", "/proceedings", PROCEEDING)
    assert opened.status_code == 201, opened.text
    join(made, one, "DOC")
    listed = one.send("GET", f"{made.path}/proceedings")
    assert (listed.status_code, listed.json()["items"]) == (200, [])
    join(made, one, "JUS")
    told = seen(made, one, "/proceedings")["items"]
    assert opened.json()["id"] in {item["id"] for item in told}


def test_therapy_is_of_the_track_of_mental_health(world: World) -> None:
    made, one, doctor = (
        new_case(world, "1991-05-17"),
        worker(world, "psychologist"),
        worker(world, "health_worker"),
    )
    note = {"kind": "therapy", "occurred_on": str(today()), "text": "sleeps badly"}
    body = {"record_class": "therapy_notes", "reason_code": "danger_to_life", "minutes": 30}
    body |= {"text": "somebody may die of it"}
    for who in (one, doctor):
        join(made, who, "LIV")
    assert one.send("POST", f"{made.path}/notes", json=note).status_code == 403
    assert doctor.send("POST", f"{made.path}/break-glass", json=body).status_code in (403, 404)
    for who in (one, doctor):
        join(made, who, "MHP")
    assert one.send("POST", f"{made.path}/notes", json=note).status_code == 201
    assert doctor.send("POST", f"{made.path}/break-glass", json=body).status_code == 201
    assert [told["text"] for told in seen(made, doctor, "/notes")["items"]] == [note["text"]]


def test_how_a_family_came_is_of_the_track_of_families(world: World) -> None:
    cases, one, other = arrive(world), worker(world), worker(world)
    pair = cases[:2]
    for made in pair:
        join(made, one, "LIV")
        join(made, other, "FAM")
    operation = one.send("GET", cases[0].path).json()["operation_id"]
    path = f"/v1/operations/{operation}/arrivals"
    assert one.send("GET", path).json()["items"] == []
    assert len(other.send("GET", path).json()["items"]) == 2
    for who, some in ((one, False), (other, True)):
        for at in ("/history?record=arrival", "/timeline?record=arrival"):
            assert bool(seen(cases[0], who, at)["items"]) is some
    people = [{"person_id": made.person_id, "part": "member", "reason": "kin"} for made in pair]
    body = {"members": people, "label": "both"}
    refused = one.send("POST", "/v1/households", json=body)
    assert refused.status_code == 422, refused.text
    assert {each["code"] for each in refused.json()["errors"]} == {"not-in-reach"}


def test_a_part_of_one_case_keeps_nobody_from_the_docket_of_another(world: World) -> None:
    """What is rare sends all their requests the long way; a mandate is no part of a team's work."""
    made, elsewhere, one = new_case(world), new_case(world), worker(world, "prosecutor")
    entry = on_docket(made, "prosecutor", user_id=one.id)
    join(elsewhere, one, "JUS")
    path = f"{made.path}/proceedings/{entry['proceeding_id']}"
    moves = one.send("GET", path)
    assert moves.status_code == 200, moves.text
    moved = one.send("POST", f"{path}/transitions", json={"to": "suspended"})
    assert moved.status_code == 200, moved.text


def test_kin_are_told_by_who_is_there_for_the_families_of_both(world: World) -> None:
    mine, theirs, one = new_case(world, BIRTH), new_case(world, BIRTH), worker(world)
    join(mine, one, None)
    join(theirs, one, "LIV")
    path = f"/v1/people/{mine.person_id}/relationships"
    body = {"other_id": theirs.person_id, "type": "sibling", "source": "test"}
    refused = one.send("POST", path, json=body)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "not-in-reach")
    join(theirs, one, "FAM")
    told = one.send("POST", path, json=body)
    assert told.status_code == 201, told.text


def test_an_extract_is_carried_by_who_reads_there_what_is_in_it(world: World) -> None:
    """By a whole place on the team, too, not what of a class is their own alone."""
    made = new_case(world, BIRTH, team=("psychologist",))
    part, whole = worker(world, "legal_officer"), worker(world, "legal_officer")
    join(made, part, "LIV")
    join(made, whole, None)
    for name, carried in (("family", {"whole"}), ("plan", set[str]())):
        item = {"record": "task", "record_id": task(made, "social_worker", name)}
        items = [{**item, "fields": ["title", "due_on"]}]
        asked = made.post("social_worker", "/disclosures", asking("", items=items))
        assert asked.status_code == 201, asked.text
        path = f"/disclosures/{asked.json()['id']}"
        for role in ("supervisor", "coordinator"):
            assert made.post(role, f"{path}/approve", WHY).is_success
        for label, who in (("part", part), ("whole", whole)):
            got = who.send("GET", f"{made.path}{path}/extract").status_code
            assert got == (200 if label in carried else 403), (name, label)


def test_the_pathways_are_not_guessed_at(world: World) -> None:
    made, one = new_case(world, "1991-05-17"), worker(world)
    join(made, one, "LIV")
    body = {
        "code": "P3_ADULT_NOT_PROSECUTED",
        "decided_by": "panel",
        "members": ["A. Ab"],
        "reason": "why",
    }
    refused = one.send("POST", f"{made.path}/pathways", json=body)
    assert refused.status_code == 403, refused.text
    assert "current" not in refused.json()


def test_an_answer_is_given_again_as_far_as_it_is_still_theirs(world: World) -> None:
    one = worker(world)
    name = {"full": "Синтетова Проба", "script": "Cyrl", "source": "test"}
    person = {"names": [name], "birth": {"value": BIRTH}}
    person_id = one.send("POST", "/v1/people", json=person).json()["id"]
    lead = staff_id(world, "social_worker")
    body = {"person_id": person_id, "programme": "alder", "lead_worker_id": lead}
    asked: dict[str, Any] = {"json": body, "headers": {"Idempotency-Key": f"key-{person_id}"}}
    first = one.send("POST", "/v1/cases", **asked)
    assert first.status_code == 201, first.text
    assert one.send("POST", "/v1/cases", **asked).content == first.content
    made = Made(world, first.json()["id"], person_id)
    mine = [each for each in seen(made, one, "/team")["items"] if each["user_id"] == one.id]
    join(made, one, "LIV")
    assert one.send("POST", "/v1/cases", **asked).content == first.content
    for each in mine:
        ended = {"reason": "no longer"}
        assert made.post("social_worker", f"/team/{each['id']}/release", ended).is_success
    assert one.send("GET", made.path).status_code == 200
    assert one.send("POST", "/v1/cases", **asked).status_code == 404


def test_a_task_is_not_given_to_who_could_not_see_it(world: World) -> None:
    made, one = new_case(world, BIRTH), worker(world)
    join(made, one, "LIV")
    body = {"title": "call", "due_on": "2030-01-01", "assignee_id": one.id}
    for name, status in (("family", 422), ("livelihood", 201), ("plan", 201)):
        answer = made.post("social_worker", "/tasks", {**body, "record_class": name})
        assert answer.status_code == status, answer.text
    assert staff_id(world, "social_worker") != one.id


def test_a_task_is_given_to_who_sees_it_by_another_way(world: World) -> None:
    made, chief, one = new_case(world, BIRTH), worker(world, "centre_manager"), worker(world)
    for who in (chief, one):
        join(made, who, "EDU")
    body = {"title": "ask the baker", "due_on": str(today()), "record_class": "livelihood"}
    given = made.post("social_worker", "/tasks", {**body, "assignee_id": chief.id})
    assert given.status_code == 201, given.text
    refused = made.post("social_worker", "/tasks", {**body, "assignee_id": one.id})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "cannot-read")


def test_no_rule_speaks_before_they_are_refused(world: World) -> None:
    """A checklist would tell them of other tracks what is not done yet."""
    made, one = new_case(world, BIRTH), worker(world)
    join(made, one, "LIV")
    for path, body in (
        ("/close", {"reason": "goals_met", "outcome": "all is well"}),
        ("/disclosures", asking("", items=[])),  # of which they have their own
        ("/phase", {"to": "reintegration"}),
        ("/team", {"user_id": one.id, "part": "x", "track": "XXX", "reason": "asked to"}),
    ):
        refused = one.send("POST", made.path + path, json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden"), refused.text
        assert "unmet" not in refused.json()
    assert made.post("social_worker", "/close", body={}).status_code == 422


def test_another_case_of_the_person_is_not_theirs_to_open(world: World) -> None:
    """It would be one of theirs, wholly, and open all that hangs on the person."""
    made, one = new_case(world, BIRTH), worker(world)
    join(made, one, "LIV")
    body = {"person_id": made.person_id, "programme": "alder"}
    refused = one.send("POST", "/v1/cases", json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "in-part"), refused.text
    kin = f"/v1/people/{made.person_id}/relationships"
    assert one.send("GET", kin).json().get("items", []) == []
    own = one.send(
        "POST",
        "/v1/people",
        json={
            "names": [{"full": "Синтетова Новая", "script": "Cyrl", "source": "test"}],
            "birth": {"value": BIRTH},
        },
    )
    body["person_id"] = own.json()["id"]
    assert one.send("POST", "/v1/cases", json=body).status_code == 201  # whom they registered
    join(made, one, None)
    body["person_id"] = made.person_id
    assert one.send("POST", "/v1/cases", json=body).status_code == 201


def test_a_docket_of_civil_matters_lets_nobody_into_criminal_ones(world: World) -> None:
    made, one = new_case(world, "1991-05-17"), worker(world, "legal_officer")
    criminal = on_docket(made, "prosecutor")["proceeding_id"]
    join(made, one, "JUS")
    on_docket(made, "defence_lawyer", "civil", by="legal_officer", user_id=one.id)
    body = {"user_id": staff_id(world, "defence_lawyer"), "mandate": "order 8", "juvenile": True}
    body |= {"mandate_dated_on": str(today()), "until": str(today() + timedelta(days=9))}
    path = f"{made.path}/proceedings/{criminal}/parties"
    refused = one.send("POST", path, json=body)
    assert refused.status_code == 403, refused.text
    assert one.send("GET", path).status_code == 200
    join(made, one, None)
    assert one.send("POST", path, json=body).status_code == 201


def test_a_task_is_not_given_to_who_leads_elsewhere(fresh: World) -> None:
    """Another unit, or others than who leads the case: they could do it, and would not see it."""
    made, there = new_case(fresh, BIRTH), another_unit(fresh)
    body = {"title": "ask the baker", "due_on": str(today()), "record_class": "livelihood"}

    def given(one: str) -> int:
        status = made.post("social_worker", "/tasks", {**body, "assignee_id": one}).status_code
        assert status in (201, 422)
        return int(status)

    chiefs = [hire(fresh, role, unit_id=there) for role in ("centre_manager", "supervisor")]
    for one in chiefs:
        join(made, Worker(one.id, fresh.with_token(one.pair()["access_token"])), "EDU")
        assert given(one.id) == 422
    with transaction(fresh.house.engine) as db:
        lead = table(User).c.id == UUID(staff_id(fresh, "social_worker"))
        rewritten(db, User, lead, supervisor_id=UUID(chiefs[1].id))
    assert [given(one.id) for one in chiefs] == [422, 201]


def test_which_tracks_stand_against_a_pathway_is_told_to_who_sees_them(world: World) -> None:
    made, one = new_case(world, "1991-05-17"), worker(world)
    join(made, one, "RPT")
    opened = made.post("prosecutor", "/tracks", {"code": "JUS", "reason": "before the court"})
    assert opened.status_code == 201, opened.text
    p3, p9, panel = "P3_ADULT_NOT_PROSECUTED", "P9_FAMILY_IN_COMMUNITY", ["A. Aliev"]

    def unmet(send: Send, code: str, *members: str) -> list[tuple[str, str]]:
        body = {"code": code, "decided_by": "Panel 2", "members": members, "reason": "heard"}
        refused = send("POST", f"{made.path}/pathways", json=body)
        assert refused.status_code == 409, refused.text
        return [(each["code"], each["detail"]) for each in refused.json()["unmet"]]

    assert ("track-forbidden", "JUS") in unmet(made.as_("supervisor"), p3)
    # Who would not have decided anyway learns nothing of what else there is.
    assert unmet(one.send, p3, "A. Aliev", "B. Brown", "C. Cherny") == [
        ("role-may-not-record", "social_worker")
    ]
    assert unmet(one.send, p9) == [
        ("too-few-members", "at least 1 decide"),
        ("track-forbidden", "RPT"),
    ]
    assert unmet(one.send, p9, *panel) == [("track-forbidden", "RPT")]


def test_a_childs_track_of_justice_is_told_to_who_would_have_decided_alone(world: World) -> None:
    made, members = new_case(world, "2014"), ["A. Aliev", "B. Brown", "C. Cherny"]
    opened = made.post("prosecutor", "/tracks", {"code": "JUS", "reason": "before the court"})
    assert opened.status_code == 201, opened.text

    def unmet(code: str) -> list[tuple[str, str]]:
        body = {"code": code, "decided_by": "Panel 2", "members": members, "reason": "heard"}
        refused = made.post("coordinator", "/pathways", body)
        assert refused.status_code == 409, refused.text
        return [(each["code"], each["detail"]) for each in refused.json()["unmet"]]

    p3 = "P3_ADULT_NOT_PROSECUTED"
    assert [code for code, _ in unmet(p3)] == ["adults-only"]
    assert unmet("P9_FAMILY_IN_COMMUNITY") == [("track-forbidden", "RPT")]
    with transaction(world.house.engine) as db:  # and is of age by the day of a later decision
        born = {f"birth_{end}": date(1991, 5, 17) for end in ("earliest", "latest")}
        rewritten(db, Person, table(Person).c.id == UUID(made.person_id), **born)
    assert unmet(p3) == [("not-allowed-now", p3)]


def test_which_pathway_stands_against_a_track_is_asked_by_who_would_open_it(world: World) -> None:
    made = new_case(world, "1991-05-17")
    board = {"code": "P3_ADULT_NOT_PROSECUTED", "decided_by": "Panel 2", "reason": "heard"}
    members = ["A. Aliev", "B. Brown", "C. Cherny"]
    assert made.post("supervisor", "/pathways", {**board, "members": members}).status_code == 201
    body = {"code": "JUS", "reason": "before the court"}
    later = made.post("prosecutor", "/tracks", {**body, "since": str(today() + timedelta(days=1))})
    assert later.status_code == 422, later.text
    refused = made.post("prosecutor", "/tracks", body)
    assert refused.json()["unmet"] == [{"code": "not-allowed-now", "detail": "JUS"}]


def test_an_intake_is_not_repeated_to_who_sees_less_by_now(world: World) -> None:
    one, place = worker(world), operation(world)
    key: dict[str, Any] = {"headers": {"Idempotency-Key": f"load-{one.id}"}, "dry_run": "false"}
    data = manifest("1,Синтетова Ева,,f,1994,,")
    first = upload(one.send, place, data, **key)
    assert first.status_code == 201, first.text
    assert upload(one.send, place, data, **key).content == first.content
    (case,) = first.json()["items"]
    made = Made(world, case["id"], case["person_id"])
    tag = {"If-Match": made.send("supervisor", "GET").headers["ETag"]}
    lead = {"lead_worker_id": staff_id(world, "social_worker"), "reason": "no room"}
    handed = made.send("supervisor", "PATCH", json=lead, headers=tag)
    assert handed.status_code == 200, handed.text
    for member in made.get("supervisor", "/team?limit=200")["items"]:
        if member["user_id"] == one.id:
            path = f"/team/{member['id']}/release"
            assert made.post("supervisor", path, {"reason": "no room"}).status_code == 200
    join(made, one, "LIV")
    assert len(seen(made, one, "")["tracks"]) < len(case["tracks"])
    assert upload(one.send, place, data, **key).status_code == 404
