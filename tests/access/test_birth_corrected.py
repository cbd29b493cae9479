"""A birth that is corrected decides at once under which justice a case is."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.casework.notes.models import Note
from app.casework.proceedings.models import Party, Proceeding
from app.core.db import table
from tests.access.test_docket import NOTE, opened
from tests.access.test_sealing import sealed
from tests.conftest import World
from tests.looking import transaction
from tests.making import Made, new_case, on_docket
from tests.safeguards.guard.test_released import held, somebody_waits

ADULT, CHILD = {"docket", "justice"}, {"child_docket", "child_justice"}
BOARD = {"decided_by": "Board", "members": ["A. Aliev", "B. Brown", "C. Cherny"]}


def corrected(case: Made, birth: str) -> Any:
    path, worker = f"/v1/people/{case.person_id}", case.world.as_("social_worker")
    tag = {"If-Match": worker("GET", path).headers["ETag"]}
    claim = {"birth": {"value": birth, "source": "passport"}, "reason": "the passport was found"}
    answer = worker("PATCH", path, json=claim, headers=tag)
    assert answer.status_code == 200, answer.text
    return answer


def classes(case: Made) -> set[str]:
    """Of the proceedings of a case, who acts in them, and what was noted of them."""
    found = set()
    with transaction(case.world.house.engine) as db:
        for kind in (Proceeding, Party, Note):
            rows = table(kind)
            mine = rows.c.case_id == UUID(case.id)
            found |= set(db.execute(select(rows.c.record_class).where(mine)).scalars())
    return found


def prosecuted(case: Made, **more: Any) -> Made:
    on_docket(case, "prosecutor", **more)
    assert case.post("prosecutor", "/notes", NOTE).status_code == 201
    return case


def test_an_adult_who_was_a_child_is_out_of_reach_of_the_unspecialised(fresh: World) -> None:
    case = prosecuted(new_case(fresh, team=()), juvenile=False)
    body = {"person_id": case.person_id, "programme": "birch"}
    second = fresh.as_("social_worker")("POST", "/v1/cases", json=body).json()["id"]
    hidden = prosecuted(Made(fresh, second, case.person_id))
    sealed(hidden)
    assert classes(case) == classes(hidden) == ADULT
    corrected(case, "2012-02-02")
    assert case.send("prosecutor", "GET").status_code == 404
    assert classes(case) == classes(hidden) == CHILD
    entries = case.get("supervisor", "/history")["items"]
    assert "person.change" in {one["action"] for one in entries if one["record"] == "proceeding"}


def test_a_child_who_was_none_is_before_the_court_of_adults(world: World) -> None:
    case = prosecuted(new_case(world, "2012-02-02", team=()))
    assert classes(case) == CHILD
    corrected(case, "2012-03-02")  # which makes no difference
    assert classes(case) == CHILD
    corrected(case, "1991-05-17")
    assert classes(case) == ADULT
    assert [one["text"] for one in case.get("prosecutor", "/notes")["items"]] == [NOTE["text"]]


def test_what_was_opened_as_a_childs_matter_stays_one(world: World) -> None:
    case = prosecuted(new_case(world, "2012-02-02", team=()))
    opened(case, kind="child_justice")
    corrected(case, "1991-05-17")
    assert classes(case) == CHILD


def test_the_day_of_the_act_decides_where_one_is_on_record(world: World) -> None:
    case = prosecuted(new_case(world, "2001-05-17", team=()))
    for code, more in (
        ("P2_ADULT_ACCUSED_AT_LIBERTY", {}),
        ("P7_CHILD_CONTACT_LAW", {"act_on": "2018-06-01"}),
    ):
        plan = {"code": code, "reason": "heard", **BOARD, **more}
        assert case.post("supervisor", "/pathways", plan).status_code == 201
    assert classes(case) == CHILD
    corrected(case, "2000-07-01")  # a child then, still
    assert classes(case) == CHILD
    corrected(case, "1999-07-01")
    assert classes(case) == ADULT


def test_who_writes_on_the_case_meanwhile_is_waited_for(world: World) -> None:
    case = prosecuted(new_case(world, team=()))
    with ThreadPoolExecutor(1) as pool:
        with transaction(world.house.engine) as db:
            held(db, case)
            answer = pool.submit(corrected, case, "2012-02-02")
            somebody_waits(world)
        answer.result()
    assert classes(case) == CHILD
