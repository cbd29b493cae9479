"""Readings out of the ordinary, through HTTP: who is told of them, once a night, and who is not."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.db import table
from app.registry.notices.models import Notice
from app.safeguards.audit.models import AuditEvent
from tests.access.test_conflicts import declared
from tests.access.test_sealing import sealed
from tests.conftest import World
from tests.hiring import change, hire
from tests.looking import transaction
from tests.making import Made, new_case, on_docket, staff_id
from tests.registry.readings.watching import ALWAYS, NEVER, look, told, told_with, watch

TEAM, SURNAME = "reading.out_of_team", "reading.same_surname"
BULK, AFTER = "reading.in_bulk", "reading.after_hours"
LEADING = ("supervisor", "centre_manager")


def stored(world: World, **fields: Any) -> list[Any]:
    """Notices of readings as they lie there, whoever may see them."""
    rows = table(Notice)
    chosen = [rows.c[name] == value for name, value in fields.items()]
    with transaction(world.house.engine) as db:
        found = db.execute(select(rows).where(rows.c.topic.like("reading.%"), *chosen))
        return [*found.mappings()]


def test_who_opens_a_case_out_of_the_team_is_told_of(fresh: World) -> None:
    case, on = new_case(fresh), watch(fresh)
    for _ in range(3):
        assert case.send("coordinator", "GET").status_code == 200
    assert look(fresh, on) == 4
    coordinator = staff_id(fresh, "coordinator")
    for role in ("coordinator", "social_worker", *LEADING):
        (notice,) = told(fresh, role)
        assert (notice["topic"], notice["case_id"]) == (TEAM, case.id), role
        assert (notice["about_id"], notice["count"]) == (coordinator, 3)
        assert notice["first_at"] < notice["last_at"]
    assert told(fresh, "psychologist") == told(fresh, "data_protection_officer") == []
    assert look(fresh, on) == 0


def test_a_list_of_one_is_as_good_as_opened(fresh: World) -> None:
    case, on, coordinator = new_case(fresh), watch(fresh), fresh.as_("coordinator")
    number = case.get("social_worker")["number"]
    assert len(coordinator("GET", "/v1/cases?limit=2").json()["items"]) == 2
    assert look(fresh, on) == 0
    for _ in range(2):
        (item,) = coordinator("GET", f"/v1/cases?number={number}").json()["items"]
        assert item["id"] == case.id
    assert look(fresh, on) == 4
    (notice,) = told(fresh, "social_worker")
    about = (TEAM, case.id, staff_id(fresh, "coordinator"), 2)
    assert tuple(notice[one] for one in ("topic", "case_id", "about_id", "count")) == about
    assert fresh.as_("social_worker")("GET", f"/v1/cases?number={number}").is_success
    assert look(fresh, on) == 0


def test_what_is_told_as_a_stream_stops_no_notice(fresh: World) -> None:
    """Of that no number says how much it showed."""
    case, on = new_case(fresh), watch(fresh)
    assert case.send("social_worker", "GET", "/timeline").status_code == 200
    assert case.send("coordinator", "GET").status_code == 200
    shown = select(table(AuditEvent).c.detail)
    with transaction(fresh.house.engine) as db:
        assert "all" in {one.get("shown") for one in db.execute(shown).scalars()}
    assert look(fresh, on) > 0


def test_what_is_told_of_a_night_grows_and_is_unseen_again(fresh: World) -> None:
    case, on = new_case(fresh), watch(fresh)
    case.get("coordinator")
    look(fresh, on)
    (first,) = told(fresh, "social_worker")
    seen = fresh.as_("social_worker")("POST", f"/v1/me/notices/{first['id']}/seen")
    assert seen.json()["seen_at"]
    case.get("coordinator", "/team")
    case.get("coordinator")
    look(fresh, on)
    (now,) = told(fresh, "social_worker")
    assert (now["id"], now["count"], now["seen_at"]) == (first["id"], 3, None)
    assert now["first_at"] == first["first_at"] < first["last_at"] < now["last_at"] or (
        first["first_at"] == first["last_at"] < now["last_at"]
    )
    new_case(fresh).get("coordinator")
    look(fresh, on)
    assert len(told(fresh, "social_worker")) == 2  # one a case


def test_the_team_and_offices_of_oversight_read_as_their_work_is(fresh: World) -> None:
    case, on = new_case(fresh), watch(fresh)
    for role in ("social_worker", "psychologist", "supervisor", "auditor"):
        case.get(role)
        case.get(role, "/team")
    case.get("data_protection_officer")
    assert look(fresh, on) == 0
    case.get("centre_manager")
    assert look(fresh, on) == 3  # of the unit, and neither leads nor is on the team
    assert {one["topic"] for one in stored(fresh)} == {TEAM}


def test_a_mandate_is_a_relationship_of_its_own(fresh: World) -> None:
    case = new_case(fresh)
    on_docket(case, "defence_lawyer")
    on = watch(fresh)
    case.get("defence_lawyer")
    assert look(fresh, on) == 0


def test_who_was_released_since_was_on_the_team(fresh: World) -> None:
    case, on = new_case(fresh), watch(fresh)
    case.get("psychologist")
    (member,) = [
        one
        for one in case.get("social_worker", "/team")["items"]
        if one["user_id"] == staff_id(fresh, "psychologist")
    ]
    path = f"{case.path}/team/{member['id']}"
    tag = case.as_("social_worker")("GET", path).headers["ETag"]
    released = case.as_("social_worker")(
        "POST", f"{path}/release", json={"reason": "moved"}, headers={"If-Match": tag}
    )
    assert released.status_code == 200, released.text
    assert case.send("psychologist", "GET").status_code == 404
    assert look(fresh, on) == 0


def test_the_file_of_a_person_is_that_of_each_of_their_cases(fresh: World) -> None:
    case = new_case(fresh)
    body = {"person_id": case.person_id, "programme": "alder"}
    again = fresh.as_("social_worker")("POST", "/v1/cases", json=body)
    assert again.status_code == 201, again.text
    on = watch(fresh)
    path = f"/v1/people/{case.person_id}"
    assert fresh.as_("psychologist")("GET", path).status_code == 200  # on the team of the first
    assert look(fresh, on) == 0
    assert fresh.as_("coordinator")("GET", path).status_code == 200
    look(fresh, on)
    found = {one["case_id"] for one in told(fresh, "social_worker", topic=TEAM)}
    assert found == {case.id, again.json()["id"]}


def test_somebody_of_the_same_family_name_is_told_of(fresh: World) -> None:
    case = new_case(fresh)
    namesake = hire(fresh, "psychologist", display_name="Карим Синтетов")
    member = {"user_id": namesake.id, "part": "second opinion", "reason": "for a test"}
    assert case.post("social_worker", "/team", member).status_code == 201
    token, on = namesake.pair()["access_token"], watch(fresh)
    assert fresh.with_token(token)("GET", case.path).status_code == 200
    case.get("psychologist")
    look(fresh, on)
    (mine,) = told_with(token, fresh)
    assert (mine["topic"], mine["case_id"], mine["count"]) == (SURNAME, case.id, 1)
    assert "Синтетов" not in str(mine)
    for role in ("social_worker", *LEADING):
        (notice,) = told(fresh, role)
        assert (notice["topic"], notice["about_id"]) == (SURNAME, namesake.id)
    assert told(fresh, "psychologist") == []


def test_many_files_within_an_hour_are_told_of_as_one(fresh: World) -> None:
    cases = [new_case(fresh, team=("psychologist",)) for _ in range(4)]
    on = watch(fresh, most=3)
    for case in cases[:3]:
        for _ in range(3):  # however often, they are three
            case.get("psychologist")
    assert look(fresh, on) == 0
    fresh.as_("psychologist")("GET", f"/v1/people/{cases[3].person_id}")
    look(fresh, on)
    (mine,) = told(fresh, "psychologist")
    assert (mine["topic"], mine["count"], mine["case_id"]) == (BULK, 4, None)
    (lead,) = told(fresh, "social_worker")
    assert (lead["count"], lead["about_id"]) == (4, staff_id(fresh, "psychologist"))
    assert len(told(fresh, "supervisor")) == 1
    cases[0].get("psychologist")
    look(fresh, on)
    assert [one["count"] for one in told(fresh, "psychologist")] == [4]


def test_lists_count_what_they_showed(fresh: World) -> None:
    new_case(fresh)
    supervisor = fresh.as_("supervisor")
    shown = {one["id"] for one in supervisor("GET", "/v1/cases?limit=200").json()["items"]}
    some = supervisor("GET", "/v1/cases?limit=5").json()["items"]
    leads = {one["id"]: one["lead_worker_id"] for one in some}
    assert len(shown) > 6
    on = watch(fresh, most=len(shown))
    supervisor("GET", "/v1/cases?limit=200")
    assert look(fresh, on) == 0
    on = watch(fresh, most=len(shown) - 1)
    for role in ("coordinator", "auditor"):  # who look at lists all day
        fresh.as_(role)("GET", "/v1/cases?limit=200")
    assert look(fresh, on) == 0
    supervisor("GET", "/v1/cases?limit=5")
    look(fresh, on)
    (mine,) = told(fresh, "supervisor")
    assert (mine["topic"], mine["count"]) == (BULK, len(shown))
    worker = staff_id(fresh, "social_worker")
    assert worker in leads.values()
    (lead,) = told(fresh, "social_worker")
    assert 0 < lead["count"] <= len(shown)


def test_who_opens_a_case_when_nobody_is_at_work_is_told_of(fresh: World) -> None:
    case, on = new_case(fresh), watch(fresh, NEVER)
    case.get("psychologist")
    case.get("health_worker")  # works in shifts
    fresh.as_("psychologist")("GET", "/v1/cases")  # a list opens nothing
    look(fresh, on)
    for role in ("psychologist", "social_worker", *LEADING):
        (notice,) = told(fresh, role)
        assert (notice["topic"], notice["count"]) == (AFTER, 1)
        assert notice["about_id"] == staff_id(fresh, "psychologist")
    assert told(fresh, "health_worker") == []


def test_of_a_case_that_the_reader_does_not_know_nobody_is_told(fresh: World) -> None:
    """Else the number of notices would say how many cases the person has."""
    case = new_case(fresh)
    body = {"person_id": case.person_id, "programme": "alder"}
    hidden = fresh.as_("social_worker")("POST", "/v1/cases", json=body).json()["id"]
    reader = fresh.as_("psychologist")
    assert reader("GET", f"/v1/cases/{hidden}").status_code == 404
    for hours, most in ((NEVER, 100), (ALWAYS, 1)):  # after hours; of one case more than one
        on = watch(fresh, hours, most)
        assert reader("GET", f"/v1/people/{case.person_id}").status_code == 200
        look(fresh, on)
        made = stored(fresh, about_id=UUID(staff_id(fresh, "psychologist")))
        assert {one["on_case_id"] for one in made} == {UUID(case.id)}
    (notice,) = told(fresh, "psychologist")
    assert (notice["case_id"], notice["topic"]) == (case.id, AFTER)


def test_that_somebody_has_a_mandate_is_not_told_to_the_team(fresh: World) -> None:
    case = new_case(fresh)
    on_docket(case, "defence_lawyer")
    on = watch(fresh, NEVER)
    case.get("defence_lawyer")
    look(fresh, on)
    (mine,) = told(fresh, "defence_lawyer")
    assert mine["topic"] == AFTER
    assert len(told(fresh, "supervisor")) == 1  # leads the unit of the lawyer
    assert told(fresh, "social_worker") == []


def test_a_superior_to_whom_the_case_is_closed_is_told_without_it(fresh: World) -> None:
    case = new_case(fresh)
    above = staff_id(fresh, "administrator")
    reader = hire(fresh, "coordinator")
    assert reader.change(supervisor_id=above).is_success
    token, on = reader.pair()["access_token"], watch(fresh)
    for path in (case.path, new_case(fresh).path):
        assert fresh.with_token(token)("GET", path).status_code == 200
    look(fresh, on)
    found = told(fresh, "administrator")
    assert [(one["case_id"], one["about_id"]) for one in found] == [(None, reader.id)] * 2
    assert case.id not in fresh.as_("administrator")("GET", "/v1/me/notices").text
    assert case.id in {one["case_id"] for one in told_with(token, fresh)}
    sealed(case)
    assert len(told(fresh, "administrator")) == 1


def test_a_sealed_case_is_in_no_notice(fresh: World) -> None:
    """Whether the seal is put on it before or after the notice is made."""
    before, after = new_case(fresh), new_case(fresh)
    on = watch(fresh, NEVER)
    before.get("psychologist")
    after.get("psychologist")
    sealed(before)
    look(fresh, on)
    roles = ("psychologist", "social_worker", *LEADING)
    for role in roles:
        assert {one["case_id"] for one in told(fresh, role, topic=AFTER)} == {after.id}, role
    sealed(after)
    for role in roles:
        assert told(fresh, role, topic=AFTER) == [], role
    for case in (before, after):
        made = stored(fresh, on_case_id=UUID(case.id), topic=AFTER)
        assert {str(one["about_id"]) for one in made} >= {staff_id(fresh, "psychologist")}


def test_a_conflict_of_interest_closes_the_notice_too(fresh: World) -> None:
    case, on = new_case(fresh), watch(fresh)
    case.get("coordinator")
    look(fresh, on)
    (notice,) = told(fresh, "centre_manager")
    made = declared(fresh, "centre_manager", "centre_manager", case.person_id)
    assert made.status_code == 201, made.text
    assert told(fresh, "centre_manager") == []
    seen = fresh.as_("centre_manager")("POST", f"/v1/me/notices/{notice['id']}/seen")
    assert seen.status_code == 404
    assert len(told(fresh, "supervisor")) == 1


def test_who_has_left_is_told_nothing(fresh: World) -> None:
    case: Made = new_case(fresh)
    on = watch(fresh)
    case.get("coordinator")
    left = [staff_id(fresh, role) for role in ("centre_manager", "coordinator")]
    for one in left:
        gone = change(fresh, one, disabled=True)
        assert gone.is_success, gone.text
    look(fresh, on)
    assert [stored(fresh, user_id=UUID(one)) for one in left] == [[], []]
    assert len(told(fresh, "supervisor")) == 1
