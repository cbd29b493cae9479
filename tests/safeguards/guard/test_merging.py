"""A page of who reaches cases by several relationships: the first of all, each of them once."""

from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from app.core.db import table
from app.core.values import new_id
from app.registry.cases.models import Case
from app.safeguards.access.bars import EVERYBODY, Bar
from app.safeguards.access.policy import POLICY
from app.safeguards.guard.door import NOW, somebody
from app.safeguards.guard.following import Owner
from app.safeguards.guard.merging import first_by_each
from tests.access.test_lines import case_of, hire_abroad, reports
from tests.conftest import World
from tests.hiring import change, hire
from tests.looking import transaction
from tests.making import new_case, on_docket
from tests.safeguards.guard.test_quick import Ways, both
from tests.safeguards.guard.test_quick import ways as ways


def walked(send: Any, query: str) -> list[str]:
    """Ids in the order of the pages."""
    found, cursor = [], ""
    while True:
        page = send("GET", f"/v1/cases?{query}{cursor}").json()
        found += [one["id"] for one in page["items"]]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


def test_pages_of_a_unit_and_a_line_are_those_of_one_list(fresh: World) -> None:
    """Cases of the unit and of the line alternate; one of them is within both."""
    head = hire_abroad(fresh, "supervisor")
    below, beside = hire(fresh), hire(fresh)
    reports(fresh, below.id, head.id)
    case_of(fresh, beside.id)  # within neither
    expected = [case_of(fresh, below.id).id for _ in range(3)]
    unit = fresh.as_("administrator")("GET", f"/v1/users/{head.id}").json()["unit_id"]
    worker = hire(fresh, unit_id=unit)
    send = fresh.with_token(worker.pair()["access_token"])
    for n in range(4):
        name = {"full": f"Проба {n}", "script": "Cyrl", "source": "test"}
        born = {"names": [name], "birth": {"value": "1990"}}
        person = send("POST", "/v1/people", json=born).json()["id"]
        opened = send("POST", "/v1/cases", json={"person_id": person, "programme": "alder"})
        assert opened.status_code == 201, opened.text
        expected.append(opened.json()["id"])
        if n % 2:
            expected.append(case_of(fresh, below.id).id)
    answer = change(fresh, worker.id, supervisor_id=head.id)
    assert answer.status_code == 200, answer.text
    boss = fresh.with_token(head.pair()["access_token"])
    for query in ("limit=200", "limit=1", "limit=3", "limit=2&status=open"):
        assert walked(boss, query) == expected, query


def test_one_relationship_has_nothing_to_merge_and_each_of_several_has_its_bars() -> None:
    def first(role: str) -> Any:
        owner = Owner(Case, POLICY.in_sight(role, "case"))
        return first_by_each(owner, table(Case), somebody(role), NOW, lambda page: page.limit(3))

    assert first("social_worker") is None
    by_unit_and_line = str(select(first("supervisor").c.id))
    assert by_unit_and_line.count("file_bars AS bars") == 2


def test_no_page_of_several_relationships_names_a_file_that_is_closed(
    fresh: World, ways: Ways
) -> None:
    head = hire_abroad(fresh, "supervisor")
    below = hire(fresh)
    reports(fresh, below.id, head.id)
    mine, kin, sealed = (case_of(fresh, below.id).id for _ in range(3))
    boss = fresh.with_token(head.pair()["access_token"])
    assert walked(boss, "limit=2") == [mine, kin, sealed]
    close(fresh, kin, UUID(head.id))
    close(fresh, sealed, EVERYBODY)
    assert walked(boss, "limit=2") == [mine]
    assert ways.short[-1]


def close(world: World, file_id: str, user_id: UUID) -> None:
    bar = {"file_id": UUID(file_id), "user_id": user_id, "source_id": new_id()}
    with transaction(world.house.engine) as db:
        db.execute(insert(table(Bar)).values(bar))


def test_beside_each_case_stands_what_its_own_relationship_opens(world: World, ways: Ways) -> None:
    """The team opens the tracks with the case, a docket does not."""
    role, officer = "legal_officer", "livelihoods_officer"
    on_team, docketed = new_case(world, team=(role, officer)), new_case(world, team=(officer,))
    on_docket(docketed, role)
    for made in (on_team, docketed):
        answer = made.post(officer, "/tracks", {"code": "LIV", "reason": "need"})
        assert answer.status_code == 201, answer.text
    long, short = both(ways, world.as_(role), "/v1/cases?limit=200")
    assert ways.short[-1]
    assert short.content == long.content
    tracks = {one["id"]: [*map(str, one["tracks"])] for one in short.json()["items"]}
    assert any("LIV" in one for one in tracks[on_team.id])
    assert not any("LIV" in one for one in tracks[docketed.id])
