"""Reporting lines: who is above somebody reaches their cases, and answers for none of their own."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from app.cli.commands import OPERATOR
from app.registry.staff.lines import heads, same_line
from app.safeguards.guard.carrying import operator_work
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.unit_of_work import UnitOfWork
from tests.access.test_break_glass import VERDICT
from tests.access.test_break_glass import WHY as GLASS
from tests.access.test_disclosures import asking, exact
from tests.access.test_sealing import SEAL, WHY
from tests.conftest import World
from tests.hiring import Hired, change, hire
from tests.making import Made, new_case

Rule = Callable[[UnitOfWork, UUID, UUID], bool]


def reports(world: World, user_id: str, to: str | None) -> Any:
    answer = change(world, user_id, supervisor_id=to)
    assert answer.status_code == 200, answer.text
    return answer


def case_of(world: World, user_id: str) -> Made:
    case = new_case(world, team=())
    member = {"user_id": user_id, "part": "second worker", "reason": "test"}
    assert case.post("social_worker", "/team", member).status_code == 201
    return case


def hire_abroad(world: World, role: str) -> Hired:
    """In another unit of the same jurisdiction, so that the unit opens nothing."""
    code, boss = "lines-apart", world.as_("administrator")
    units = {one["code"]: one["id"] for one in boss("GET", "/v1/units?limit=200").json()["items"]}
    if code not in units:
        made = boss("POST", "/v1/units", json={"code": code, "name": code, "jurisdiction": "ra"})
        units[code] = made.json()["id"]
    return hire(world, role, unit_id=units[code])


def sees(world: World, who: Hired, case: Made) -> bool:
    send = world.with_token(who.pair()["access_token"])
    one: bool = send("GET", case.path).status_code == 200
    listed = send("GET", f"/v1/cases?person_id={case.person_id}&count=true").json()
    noted = send("GET", f"{case.path}/notes").status_code == 200
    assert {one, noted, listed["total"] == 1, len(listed["items"]) == 1} == {one}
    return one


def test_the_line_opens_the_cases_of_those_below_at_any_depth(world: World) -> None:
    worker, head, top, other = (
        hire(world),
        *(hire_abroad(world, "supervisor") for _ in range(3)),
    )
    case = case_of(world, worker.id)
    assert not sees(world, head, case)
    reports(world, worker.id, head.id)
    assert sees(world, head, case)
    assert not sees(world, top, case)
    reports(world, head.id, top.id)
    assert sees(world, top, case)
    assert not sees(world, other, case)
    reports(world, worker.id, other.id)
    assert (sees(world, head, case), sees(world, other, case)) == (False, True)
    reports(world, worker.id, None)
    assert not sees(world, other, case)


def test_a_line_has_no_circle(world: World) -> None:
    one, two, three = (hire(world, "supervisor") for _ in range(3))
    reports(world, two.id, one.id)
    reports(world, three.id, two.id)
    for superior, code in ((three.id, "cycle"), (one.id, "self"), (two.id, "cycle")):
        answer = change(world, one.id, supervisor_id=superior)
        told = answer.json()["errors"][0]
        assert (answer.status_code, told["code"]) == (422, code), answer.text
    gone = change(world, one.id, supervisor_id="00000000-0000-7000-8000-000000000001")
    assert gone.json()["errors"][0]["code"] == "unknown"


def judged(world: World, rule: Rule, one: Hired, other: Hired) -> bool:
    with operator_work(world.house, OPERATOR, Permit("user.read")) as work:
        return rule(work, UUID(one.id), UUID(other.id))


def test_one_line_is_above_or_below_or_of_the_same_head(world: World) -> None:
    top, head = hire_abroad(world, "supervisor"), hire_abroad(world, "supervisor")
    one, two, three = hire(world), hire(world), hire(world)
    auditor = hire(world, "auditor")
    assert judged(world, same_line, one, two)  # no superior is known: the unit
    assert not judged(world, same_line, one, head)
    reports(world, one.id, head.id)
    reports(world, head.id, top.id)
    for other in (head, top):
        assert judged(world, same_line, one, other)
        assert judged(world, same_line, other, one)
    assert judged(world, same_line, one, one)
    reports(world, two.id, top.id)
    assert not judged(world, same_line, one, two)  # another head, though of one unit
    reports(world, two.id, head.id)
    reports(world, three.id, top.id)
    assert judged(world, same_line, one, two)
    assert not judged(world, same_line, one, three)
    assert not judged(world, same_line, one, auditor)


def test_an_office_is_independent_of_units_and_of_no_superior(world: World) -> None:
    worker, peer = hire(world), hire(world, "coordinator")
    for role in ("coordinator", "auditor", "data_protection_officer"):
        office, top = hire(world, role), hire_abroad(world, "supervisor")
        assert not judged(world, same_line, worker, office)  # of one unit
        reports(world, worker.id, office.id)
        assert judged(world, same_line, worker, office), role
        assert judged(world, same_line, office, worker), role
        assert not judged(world, same_line, worker, peer)
        for one in (worker, office):
            reports(world, one.id, top.id)
        assert judged(world, same_line, worker, office), role  # of one head
        reports(world, worker.id, None)


def test_who_is_above_gives_no_independent_word_whatever_their_office(world: World) -> None:
    head, worker = hire(world, "coordinator"), hire(world, "child_protection_officer")
    nurse = hire(world, "health_worker")
    for one in (worker, nurse):
        reports(world, one.id, head.id)
    case = case_of(world, worker.id)
    member = {"user_id": nurse.id, "part": "nurse", "reason": "test"}
    assert case.post("social_worker", "/team", member).status_code == 201
    boss = world.with_token(head.pair()["access_token"])

    def asked(by: Hired, path: str, body: dict[str, Any]) -> str:
        send = world.with_token(by.pair()["access_token"])
        made = send("POST", f"{case.path}/{path}", json=body)
        assert made.status_code == 201, made.text
        return f"{case.path}/{path}/{made.json()['id']}"

    glass = asked(nurse, "break-glass", {"record_class": "therapy_notes", **GLASS})
    paper = asked(worker, "disclosures", asking("", items=[exact(case)]))
    assert world.as_("supervisor")("POST", f"{paper}/approve", json=WHY).is_success
    seal = asked(worker, "seal", SEAL)
    for path, body in (
        (f"{glass}/review", VERDICT),
        (f"{paper}/approve", WHY),
        (f"{seal}/approve", WHY),
    ):
        answer = boss("POST", path, json=body)
        assert (answer.status_code, answer.json().get("code")) == (403, "same-line"), path
        other = world.as_("coordinator")("POST", path, json=body)
        assert other.status_code == 200, other.text


def test_the_head_is_who_is_on_record_or_who_leads_the_unit(world: World) -> None:
    worker, boss, abroad = hire(world), hire(world, "supervisor"), hire_abroad(world, "supervisor")
    assert judged(world, heads, boss, worker)
    assert not judged(world, heads, abroad, worker)
    assert not judged(world, heads, worker, boss)
    assert not judged(world, heads, boss, boss)
    reports(world, worker.id, abroad.id)
    assert judged(world, heads, abroad, worker)
    assert not judged(world, heads, boss, worker)
