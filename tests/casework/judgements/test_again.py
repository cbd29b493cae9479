"""When risk is judged anew: by which day, on which track, and of whom never."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from app.casework.judgements import service
from app.registry.cases.subject import subject_of
from tests.casework.judgements.judging import ASSESSOR, body, certify, drafted, submit, submitted
from tests.conftest import World
from tests.making import Made, new_case, today

TEAM = (ASSESSOR,)
REPEATED = ("D12", "D12-validity")


def on_track(world: World) -> Made:
    made = new_case(world, team=TEAM)
    given = {"code": "SEC", "reason": "assessment ordered", "since": str(today())}
    assert made.post(ASSESSOR, "/tracks", given).status_code == 201
    return made


def running(made: Made) -> dict[str, str]:
    """By rule, the last day of each deadline that repeats; two of one rule are a fault."""
    items = made.get(ASSESSOR, "/deadlines?limit=200")["items"]
    found = [one for one in items if one["status"] == "running" and one["rule"] in REPEATED]
    assert len({one["rule"] for one in found}) == len(found)
    return {one["rule"]: last_day(one["due_at"]) for one in found}


def last_day(due_at: str) -> str:
    """Where the case is, five hours before UTC; a moment within a day belongs to that day."""
    there = datetime.fromisoformat(due_at) + timedelta(hours=5, microseconds=-1)
    return str(there.date())


def day(by: int) -> str:
    return str(today() + timedelta(days=by))


def moved(made: Made, to: str) -> None:
    answer = made.move(ASSESSOR, "SEC", to, reason="decided", decided_by="the commission")
    assert answer.status_code == 200, answer.text


def test_it_runs_again_once_its_track_is_opened_again(world: World) -> None:
    made = on_track(world)
    old = submitted(made)
    moved(made, "not_required")
    assert running(made) == {}
    moved(made, "assessment_due")
    assert set(running(made)) == set(REPEATED)
    moved(made, "not_required")
    submitted(made, supersedes_id=old["id"])
    assert running(made) == {}


def test_it_is_due_by_the_last_day_on_which_it_holds(world: World) -> None:
    made = on_track(world)
    old = submitted(made, valid_until=day(40))
    assert running(made) == {"D12": day(40), "D12-validity": day(40)}
    assert made.track(ASSESSOR, "SEC")["due_on"] == day(40)
    # What another tool judged for longer does not make the first one hold longer.
    other = {"tool": "other", "tool_name": "one of their own", "evidence": OTHER}
    submitted(made, **other, valid_until=day(300))
    assert running(made) == {"D12": day(40), "D12-validity": day(40)}
    submitted(made, supersedes_id=old["id"], valid_until=day(300))
    assert running(made)["D12-validity"] == day(300)


OTHER: list[dict[str, Any]] = [
    {"indicator": "44.9", "rating": "present", "for": "said so", "against": None}
]


def test_nobody_is_judged_whose_pathway_forbids_it(world: World) -> None:
    made = new_case(world, team=TEAM, returnee=False)
    certify(world)
    early = drafted(made)
    given: dict[str, Any] = {
        "code": "P9_FAMILY_IN_COMMUNITY",
        "decided_by": "district",
        "reason": "never left",
    }
    given |= {"members": ["A. Aliev"]}
    answer = made.post("social_worker", "/pathways", given)
    assert answer.status_code == 201, answer.text
    for refused in (made.post(ASSESSOR, "/judgements", body()), submit(made, early["id"])):
        assert (refused.status_code, refused.json()["code"]) == (409, "track-refused")


def test_of_two_at_once_one_is_the_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = on_track(world)
    certify(world)
    certify(world, "other")
    named = {"tool": "other", "tool_name": "one of their own", "evidence": OTHER}
    drafts = [drafted(made)["id"], drafted(made, **named)["id"]]
    met, known = Barrier(2), subject_of

    def together(*what: Any) -> Any:
        found = known(*what)
        with suppress(BrokenBarrierError):  # who has to wait for the other does not come
            met.wait(timeout=0.5)
        return found

    with monkeypatch.context() as slowly, ThreadPoolExecutor(2) as pool:
        slowly.setattr(service, "subject_of", together)
        answers = [*pool.map(lambda one: submit(made, one), drafts)]
    assert [one.status_code for one in answers] == [200, 200]
    codes = [one["code"] for one in made.get(ASSESSOR, "/milestones")["items"]]
    assert codes.count("security_assessed") == 1
    assert set(running(made)) == set(REPEATED)
