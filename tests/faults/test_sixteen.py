"""Sixteen who write at once: on one case, and each on many; nobody is told of a deadlock."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from random import Random
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from app.core.db import table
from app.core.transactions import reading
from app.safeguards.audit.models import AuditEvent, ChainHead
from app.safeguards.guard.second_wall import BEYOND
from tests.access.test_leavers import joined
from tests.conftest import World
from tests.faults.observing import chains_hold
from tests.hiring import change
from tests.making import Made, colleague_of, new_case, today

SIXTEEN = 16
NOTE = {"kind": "social_work", "occurred_on": str(today()), "text": "all at once"}
WHY = {"reason": "test"}
Job = Callable[[], Any]


def at_once(jobs: Sequence[Job]) -> list[Any]:
    """One job after the other by each of sixteen; what they were answered."""
    start = Barrier(SIXTEEN)

    def work(number: int) -> list[Any]:
        start.wait()
        return [job() for job in jobs[number::SIXTEEN]]

    with ThreadPoolExecutor(SIXTEEN) as pool:
        return [answer for some in pool.map(work, range(SIXTEEN)) for answer in some]


def refused(answers: Sequence[Any]) -> list[str]:
    return [f"{one.status_code} {one.text[:200]}" for one in answers if not one.is_success]


def on_one_case(world: World, each: int) -> None:
    made = new_case(world, team=())

    def note(keyed: bool) -> Job:
        headers = {"Idempotency-Key": str(uuid4())} if keyed else {}
        return lambda: made.post("social_worker", "/notes", NOTE, headers=headers)

    answers = at_once([note(number % 2 == 0) for number in range(SIXTEEN * each)])
    assert not refused(answers)
    assert len({one.json()["id"] for one in answers}) == SIXTEEN * each
    events, heads = table(AuditEvent).c, table(ChainHead).c
    mine = (events.file_id == UUID(made.id), events.chain == "psychosocial_notes")
    head = (heads.file_id == UUID(made.id), heads.chain == "psychosocial_notes")
    with reading(world.house.engine, BEYOND) as db:
        count = db.execute(select(func.count()).where(*mine)).scalar_one()
        seq = db.execute(select(heads.seq).where(*head)).scalar_one()
    assert count == seq == SIXTEEN * each
    assert chains_hold(world.house)


def on_many_cases(world: World, leavers: int, cases: int) -> None:
    """Whoever leaves is taken off all their teams, in one unit of work; meanwhile others write
    on the same cases, bring families together and join the same household.
    """
    chance, some = Random(5), [new_case(world, team=()) for _ in range(cases)]
    users = [colleague_of(world, "psychologist") for _ in range(leavers)]
    for user in users:
        for one in chance.sample(some, cases):  # in another order for each
            joined(one, user)
    answer = world.as_("social_worker")(
        "POST", "/v1/households", json={"members": [{"person_id": some[0].person_id, **WHY}]}
    )
    home = f"/v1/households/{answer.json()['id']}/members"
    jobs: list[Job] = [lambda u=user: change(world, u["id"], disabled=True) for user in users]  # type: ignore[misc]
    pairs = [chance.sample(pair, 2) for pair in combinations(some, 2)]
    jobs += [kin(world, *pair) for pair in pairs]
    jobs += [
        lambda one=one: world.as_("social_worker")(  # type: ignore[misc]
            "POST", home, json={"person_id": one.person_id, **WHY}
        )
        for one in some[1:]
    ]
    jobs += [lambda one=one: one.post("social_worker", "/notes", NOTE) for one in some * 8]  # type: ignore[misc]
    chance.shuffle(jobs)
    assert not refused(at_once(jobs))
    for one in some:
        ended = one.get("supervisor", "/team?limit=200")["items"]
        left = [row for row in ended if row["user_id"] in {user["id"] for user in users}]
        assert [row["until"] for row in left] == [str(today())] * leavers
        assert len(one.get("social_worker", "/notes")["items"]) == 8
    assert chains_hold(world.house)


def kin(world: World, one: Made, other: Made) -> Job:
    body = {"other_id": other.person_id, "type": "cousin", "source": "test"}
    path = f"/v1/people/{one.person_id}/relationships"
    return lambda: world.as_("social_worker")("POST", path, json=body)


def test_sixteen_on_one_case(fresh: World) -> None:
    on_one_case(fresh, 3)


def test_sixteen_on_many_cases(fresh: World) -> None:
    on_many_cases(fresh, 3, 4)


@pytest.mark.prove
@pytest.mark.timeout(0)
def test_sixteen_on_one_case_for_long(fresh: World) -> None:
    on_one_case(fresh, 250)


@pytest.mark.prove
@pytest.mark.timeout(0)
def test_sixteen_on_many_cases_for_long(fresh: World) -> None:
    for _ in range(5):
        on_many_cases(fresh, 8, 8)
