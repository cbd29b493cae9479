"""The life of a judgement through HTTP: drafted, submitted, read, superseded, voided."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.core.db import table
from app.core.values import now
from app.registry.staff.models import User
from tests.casework.judgements.judging import (
    ASSESSOR,
    EVIDENCE,
    body,
    certify,
    colleague,
    drafted,
    submit,
    submitted,
)
from tests.conftest import World
from tests.hiring import settle
from tests.looking import rewritten, transaction
from tests.making import Made, new_case, staff_id, today, unmet
from tests.registry.test_certificates import recorded, withdrawn

TEAM = (ASSESSOR,)


def day(by: int) -> str:
    return str(today() + timedelta(days=by))


def read(made: Made, judgement_id: str) -> dict[str, Any]:
    found: dict[str, Any] = made.get(ASSESSOR, f"/judgements/{judgement_id}")
    return found


def patched(made: Made, judgement_id: str, **changes: Any) -> Any:
    path = f"/judgements/{judgement_id}"
    tag = made.send(ASSESSOR, "GET", path).headers["ETag"]
    return made.send(ASSESSOR, "PATCH", path, json=changes, headers={"If-Match": tag})


def test_a_draft_is_resumed_bit_by_bit_and_then_frozen(world: World) -> None:
    made = new_case(world, team=TEAM)
    certify(world)
    answer = made.post(ASSESSOR, "/judgements", {"tool": "vera2r"})
    assert answer.status_code == 201, answer.text
    draft = answer.json()
    assert (draft["status"], draft["tier"], draft["reassess_by"]) == ("draft", "unknown", None)
    early = submit(made, draft["id"])
    needed = {"assessed_on", "sources", "evidence", "information_missing"}
    needed |= {"quality", "overall", "rationale"}
    assert {code for code, _ in unmet(early)} == needed
    for name, value in body().items():
        if name != "tool":
            assert patched(made, draft["id"], **{name: value}).status_code == 200, name
    done = submit(made, draft["id"])
    assert done.status_code == 200, done.text
    told = done.json()
    assert told["evidence"] == EVIDENCE
    assert (told["status"], told["tier"]) == ("submitted", "high")
    assert told["reassess_by"] == told["valid_until"] == day(180)
    assert told["certificate_id"]
    assert told["author_id"] == staff_id(world, ASSESSOR)
    assert read(made, draft["id"]) == told
    late = patched(made, draft["id"], rationale="another one altogether")
    assert (late.status_code, late.json()["current"]) == (409, "submitted")
    again = submit(made, draft["id"])
    assert (again.status_code, again.json()["current"]) == (409, "submitted")


def test_there_is_no_number_in_it(world: World) -> None:
    told = submitted(new_case(world, team=TEAM))
    counted = {name for name, value in told.items() if isinstance(value, int | float)}
    assert counted == {"version", "tool_version"}


def test_a_draft_is_its_authors_alone(world: World) -> None:
    made = new_case(world, team=TEAM)
    draft = drafted(made)["id"]
    _, other = colleague(made)
    path = f"{made.path}/judgements"
    senders = [other, *(world.as_(role) for role in ("auditor", "supervisor", "social_worker"))]
    for send in senders:
        assert send("GET", path).json()["items"] == []
        assert send("GET", f"{path}/{draft}").status_code == 404
        for place in ("history?limit=200", "timeline"):
            told = send("GET", f"{made.path}/{place}")
            assert draft not in told.text
            assert "Kanarisk" not in told.text
    assert other("POST", f"{path}/{draft}/submit").status_code == 404
    certify(world)
    assert submit(made, draft).status_code == 200
    for send in senders:
        assert send("GET", f"{path}/{draft}").status_code == 200


def test_a_certificate_covers_the_day_and_today(world: World) -> None:
    """Each boundary: refused while none covers both, and the draft stays as it was."""
    made = new_case(world, team=TEAM)
    tool, holder = "trap18", staff_id(world, ASSESSOR)
    draft = drafted(made, tool=tool, evidence=EVIDENCE[:1], assessed_on=day(-10))["id"]

    def tried(*held: tuple[int, int], code: str = tool) -> int:
        ids = [
            recorded(world, holder, code=code, first=first, last=last).json()["id"]
            for first, last in held
        ]
        answer = submit(made, draft)
        for one in ids:
            gone = withdrawn(world, holder, one, withdrawn_on=day(-300))
            assert gone.status_code == 200, gone.text
        if answer.status_code != 200:
            assert (answer.status_code, answer.json()["code"]) == (409, "not-certified")
            assert read(made, draft)["status"] == "draft"
        return int(answer.status_code)

    assert tried() == 409
    assert tried((-200, 200), code="vera2r") == 409  # for another tool
    assert tried((-9, 200)) == 409  # issued the day after
    assert tried((-200, -1)) == 409  # over by yesterday
    assert tried((-200, -11), (0, 200)) == 409  # of then, over the day before
    assert tried((-9, 0)) == 409
    gone = recorded(world, holder, code=tool).json()["id"]
    assert withdrawn(world, holder, gone).status_code == 200  # from today on
    assert submit(made, draft).json()["code"] == "not-certified"
    assert tried((-10, 0)) == 200  # the first day, and the last
    two = drafted(made, tool="erg22", evidence=EVIDENCE[:1], assessed_on=day(-10))["id"]
    for first, last in ((-200, -10), (0, 0)):  # renewed meanwhile
        assert recorded(world, holder, code="erg22", first=first, last=last).status_code == 201
    assert submit(made, two).status_code == 200


@pytest.mark.parametrize(
    ("more", "pointer", "code"),
    [
        ({"assessed_on": day(1)}, "/assessed_on", "future"),
        ({"valid_until": day(366)}, "/valid_until", "out-of-range"),
        ({"valid_until": day(-1)}, "/valid_until", "before-since"),
        ({"evidence": [{"indicator": "7.1"}]}, "/evidence/0/indicator", "unknown"),
        ({"tool_name": "My tool"}, "/tool_name", "not-named"),
        ({"tool": "sira"}, "/tool", "unknown"),
        ({"supersedes_id": "00000000-0000-7000-8000-000000000001"}, "/supersedes_id", "unknown"),
        ({"total": 12}, "/total", "extra-forbidden"),
        ({"overall": 3}, "/overall", "literal-error"),
        ({"sources": None}, "/sources", "list-type"),
    ],
)
def test_what_cannot_be_is_refused_at_its_place(
    world: World, more: dict[str, Any], pointer: str, code: str
) -> None:
    made = new_case(world, team=TEAM)
    answer = made.post(ASSESSOR, "/judgements", body(**more))
    assert answer.status_code == 422, answer.text
    found = {(one["pointer"], one["code"]) for one in answer.json()["errors"]}
    assert (pointer, code) in found


def test_any_other_tool_is_named_in_words(world: World) -> None:
    made = new_case(world, team=TEAM)
    certify(world, "other")
    draft = drafted(made, tool="other", evidence=[{"indicator": "44.9", "for": "said so"}])["id"]
    assert {code for code, _ in unmet(submit(made, draft))} == {"tool_name"}
    assert patched(made, draft, tool_name="Tool of the ministry").status_code == 200
    assert submit(made, draft).json()["tool_name"] == "Tool of the ministry"


@pytest.mark.parametrize("birth", [str(today().year - 17), None])
def test_who_may_be_under_age_is_not_judged_by_these_tools(world: World, birth: str | None) -> None:
    made = new_case(world, birth, team=TEAM)
    answer = made.post(ASSESSOR, "/judgements", body())
    assert (answer.status_code, answer.json()["code"]) == (409, "may-be-child")
    assert made.get(ASSESSOR, "/judgements")["items"] == []


def test_who_was_a_child_on_the_day_is_not_judged_for_it(world: World) -> None:
    made = new_case(world, day(-19 * 365), team=TEAM)
    draft = drafted(made)["id"]
    early = patched(made, draft, assessed_on=day(-2 * 365), valid_until=None)
    assert (early.status_code, early.json()["code"]) == (409, "may-be-child")


def test_a_second_agrees(world: World) -> None:
    made = new_case(world, team=TEAM)
    one = submitted(made)["id"]
    path = f"{made.path}/judgements/{one}/second-reading"
    own = made.post(ASSESSOR, f"/judgements/{one}/second-reading", {"agrees": True})
    assert (own.status_code, own.json()["code"]) == (403, "own-judgement")
    _, stranger = colleague(made, certified=False)
    refused = stranger("POST", path, json={"agrees": True})
    assert (refused.status_code, refused.json()["code"]) == (409, "not-certified")
    other, send = colleague(made)
    done = send("POST", path, json={"agrees": True})
    assert done.status_code == 200, done.text
    told = done.json()
    assert (told["status"], told["second_opinion"], told["tier"]) == ("read", "agrees", "high")
    assert told["second_reader_id"] == other.id
    assert send("POST", path, json={"agrees": True}).status_code == 409


def test_whom_somebody_let_in_lately_is_no_second_reader(world: World) -> None:
    """It might be whoever let them in."""
    made = new_case(world, team=TEAM)
    one = submitted(made)["id"]
    other, send = colleague(made)
    with transaction(world.house.engine) as db:
        rewritten(db, User, table(User).c.id == UUID(other.id), credentials_reset_at=now())
    path = f"{made.path}/judgements/{one}/second-reading"
    for words in ({"agrees": True}, {"agrees": False, "words": "too high"}):
        refused = send("POST", path, json=words)
        assert (refused.status_code, refused.json()["code"]) == (403, "reset-lately")
    settle(world, other.id)
    assert send("POST", path, json={"agrees": True}).status_code == 200


def test_a_dissent_suspends_the_tier_until_it_is_settled(world: World) -> None:
    made = new_case(world, team=TEAM)
    one = submitted(made)["id"]
    path = f"{made.path}/judgements/{one}"
    _, send = colleague(made)
    wordless = send("POST", f"{path}/second-reading", json={"agrees": False})
    assert wordless.json()["errors"][0]["pointer"] == "/words"
    why = {"agrees": False, "words": "the letters are not his"}
    told = send("POST", f"{path}/second-reading", json=why).json()
    assert (told["status"], told["tier"], told["overall"]) == ("dissented", "unknown", "high")
    assert made.get("social_worker", "/judgements")["items"][0]["tier"] == "unknown"
    both = {"text": "read once more together: they are"}
    for alone in (made.as_(ASSESSOR), colleague(made)[1]):
        refused = alone("POST", f"{path}/consensus", json=both)
        assert (refused.status_code, refused.json()["code"]) == (403, "not-yours")
    done = send("POST", f"{path}/consensus", json=both).json()
    assert (done["status"], done["tier"], done["consensus"]) == ("read", "high", both["text"])
    assert (done["second_opinion"], done["second_words"]) == ("dissents", why["words"])
    assert send("POST", f"{path}/consensus", json=both).status_code == 409


def test_a_dissent_is_not_ended_by_judging_the_same_again(world: World) -> None:
    made = new_case(world, team=TEAM)
    one = submitted(made)["id"]
    _, send = colleague(made)
    why = {"agrees": False, "words": "the letters are not his"}
    assert send("POST", f"{made.path}/judgements/{one}/second-reading", json=why).is_success
    again = submit(made, drafted(made, supersedes_id=one)["id"])
    assert {code for code, _ in unmet(again)} == {"supersedes_id"}
    assert made.get("social_worker", "/judgements")["items"][0]["tier"] == "unknown"
    assert submitted(made, overall="moderate", supersedes_id=one)["tier"] == "moderate"


def test_a_new_one_supersedes_and_both_say_so(world: World) -> None:
    made = new_case(world, team=TEAM)
    old = submitted(made)
    alone = drafted(made, overall="low")["id"]
    assert {code for code, _ in unmet(submit(made, alone))} == {"supersedes_id"}
    new = submitted(made, overall="low", supersedes_id=old["id"])
    before = read(made, old["id"])
    assert (before["status"], before["tier"], before["reassess_by"]) == (
        *("superseded", "unknown", None),
    )
    assert (before["superseded_by_id"], new["supersedes_id"]) == (new["id"], old["id"])
    kept = {"overall", "rationale", "evidence", "valid_until", "assessed_on"}
    assert {name: before[name] for name in kept} == {name: old[name] for name in kept}
    tiers = {one["id"]: one["tier"] for one in made.get("social_worker", "/judgements")["items"]}
    assert tiers == {old["id"]: "unknown", new["id"]: "low"}
    late = made.post(ASSESSOR, "/judgements", body(supersedes_id=old["id"]))
    assert late.json()["errors"][0]["pointer"] == "/supersedes_id"


def test_what_was_to_be_superseded_may_be_gone_by_then(world: World) -> None:
    made = new_case(world, team=TEAM)
    old = submitted(made)["id"]
    draft = drafted(made, supersedes_id=old)["id"]
    made.post(ASSESSOR, f"/judgements/{old}/void", {"reason": "of another person"})
    assert {code for code, _ in unmet(submit(made, draft))} == {"supersedes_id"}


def test_void_is_for_ever_and_has_a_reason(world: World) -> None:
    made = new_case(world, team=TEAM)
    one = submitted(made)["id"]
    path = f"/judgements/{one}/void"
    assert made.post(ASSESSOR, path).status_code == 422
    told = made.post(ASSESSOR, path, {"reason": "of another person"}).json()
    assert (told["status"], told["tier"], told["reassess_by"]) == ("void", "unknown", None)
    assert (told["overall"], told["void_reason"]) == ("high", "of another person")
    assert told["voided_by"] == staff_id(world, ASSESSOR)
    for place, given in (("void", {"reason": "again"}), ("statements", {"text": "I never"})):
        late = made.post(ASSESSOR, f"/judgements/{one}/{place}", given)
        assert (late.status_code, late.json()["current"]) == (409, "void")
    draft = f"/judgements/{drafted(made)['id']}/void"
    early = made.post(ASSESSOR, draft, {"reason": "begun for nothing"})
    assert (early.status_code, early.json()["current"]) == (409, "draft")


def test_the_persons_own_words_are_added_and_stay(world: World) -> None:
    made = new_case(world, team=TEAM)
    one = submitted(made)["id"]
    _, send = colleague(made, certified=False)
    path = f"{made.path}/judgements/{one}/statements"
    assert send("POST", path, json={"text": "I said the road is closed"}).status_code == 200
    told = made.post(ASSESSOR, f"/judgements/{one}/statements", {"text": "and I meant it"}).json()
    assert [said["text"] for said in told["statements"]] == [
        *("I said the road is closed", "and I meant it"),
    ]
    assert told["statements"][1]["recorded_by"] == staff_id(world, ASSESSOR)
    assert (told["overall"], told["tier"]) == ("high", "high")


def test_it_reaches_the_milestone_once_and_renews_its_deadlines(world: World) -> None:
    made = new_case(world, team=TEAM)
    given = {"code": "SEC", "reason": "assessment ordered", "since": day(0)}
    assert made.post(ASSESSOR, "/tracks", given).status_code == 201
    old = submitted(made)
    states = {d["rule"]: d["status"] for d in made.get(ASSESSOR, "/deadlines")["items"]}
    assert states == {"D08": "met", "D12": "running", "D12-validity": "running"}
    due = made.track(ASSESSOR, "SEC")["due_on"]
    moves = made.get(ASSESSOR, "/tracks/SEC")["state"]
    submitted(made, supersedes_id=old["id"])
    codes = [one["code"] for one in made.get(ASSESSOR, "/milestones")["items"]]
    assert codes.count("security_assessed") == 1
    every = made.get(ASSESSOR, "/deadlines")["items"]
    for rule in ("D12", "D12-validity"):
        found = sorted(one["status"] for one in every if one["rule"] == rule)
        assert found == ["met", "running"], rule
    assert made.track(ASSESSOR, "SEC")["due_on"] == due  # the same day in this test
    assert made.get(ASSESSOR, "/tracks/SEC")["state"] == moves == "assessment_due"


def test_a_case_that_is_closed_is_not_judged(world: World) -> None:
    made = new_case(world, team=TEAM)
    closing = {"reason": "duplicate", "outcome": "the same person has another file"}
    assert made.post("social_worker", "/close", closing).status_code == 200
    assert made.post("supervisor", "/close/approve", {"reason": "agreed"}).status_code == 200
    assert made.post(ASSESSOR, "/judgements", body()).status_code == 409
