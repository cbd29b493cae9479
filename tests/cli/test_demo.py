"""The demo as it is found by who signs in: every role has work, and nobody sees beyond it."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, text

from app.cli.commands import OPERATOR
from app.cli.demo import load_demo
from app.cli.migrating import migrate
from app.cli.population.people import WHOLE
from app.cli.population.relatives import IN_THE_WHOLE
from app.core.db import table
from app.main import open_house
from app.registry.cases.models import Case
from app.safeguards.access.bars import EVERYBODY, Bar
from app.safeguards.access.policy import POLICY, ROLES
from app.safeguards.audit.chain import broken
from app.safeguards.audit.models import AuditEvent
from tests.conftest import World
from tests.looking import transaction
from tests.worlds import Worlds


@pytest.mark.parametrize("role", [r for r in ROLES if r in POLICY.classes["case"]])
def test_every_role_finds_cases_to_work_on(world: World, role: str) -> None:
    found = world.as_(role)("GET", "/v1/cases?status=open&limit=200")
    assert found.status_code == 200
    assert found.headers["X-Data-Class"] == "synthetic"
    assert found.json()["items"], role


def test_a_school_finds_pupils_tracks_and_no_case(world: World) -> None:
    assert world.as_("educator")("GET", "/v1/cases").status_code == 403


def test_a_glass_was_broken_told_of_and_reviewed(world: World) -> None:
    officer, path = world.as_("data_protection_officer"), "/v1/break-glass?limit=200"
    told = [one for one in officer("GET", path).json()["items"] if "Fictional" in one["text"]]
    (glass,) = told
    assert (glass["opened_class"], glass["verdict"]) == ("therapy_notes", "justified")
    assert glass["ended_at"] < glass["until"]
    for role in ("data_protection_officer", "supervisor"):
        notices = world.as_(role)("GET", "/v1/me/notices?limit=200").json()["items"]
        about = [one["topic"] for one in notices if one["about_id"] == glass["id"]]
        assert about == ["break_glass.opened"], role
    events = f"/v1/audit/events?file_id={glass['case_id']}&outcome=written&limit=200"
    acts = [one["action"] for one in world.as_("auditor")("GET", events).json()["items"]]
    done = [one for one in acts if "glass" in one]
    assert done == ["glass.open", "glass.open", "break_glass.review"]


def test_one_file_of_a_child_is_sealed_and_nobody_finds_it(fresh: World) -> None:
    bars, cases = table(Bar), table(Case)
    sealed = select(cases).select_from(cases.join(bars, bars.c.file_id == cases.c.id))
    with transaction(fresh.house.engine) as db:
        (row,) = db.execute(sealed.where(bars.c.user_id == EVERYBODY)).all()
    for role, unit in fresh.staff:
        send = fresh.as_(role, unit)
        for path in ("/v1/cases?limit=200", "/v1/people?limit=200", "/v1/audit/events?limit=200"):
            answer = send("GET", path)
            assert str(row.id) not in answer.text, (role, path)
            assert row.number not in answer.text, (role, path)
        assert send("GET", f"/v1/cases/{row.id}").status_code in (403, 404), role
    coordinator = fresh.as_("coordinator", "south")
    order = {"authority": "District Court 1", "reference": "D-18", "dated_on": "2026-01-15"}
    body = {**order, "reason": "the court asks for the file"}
    assert coordinator("POST", f"/v1/cases/{row.id}/unseal", json=body).status_code == 201


def test_the_same_population_in_two_databases(worlds: Worlds, tmp_path: Path) -> None:
    """Identifiers and numbers are chance; what is told of people is not."""
    first, second = (loaded(worlds, tmp_path / name, 12) for name in ("one", "two"))
    assert first == second
    assert first["persons"]


@pytest.mark.prove
def test_the_whole_population_loads_and_every_chain_holds(worlds: Worlds, tmp_path: Path) -> None:
    told = loaded(worlds, tmp_path / "whole", WHOLE)
    assert len(told["cases"]) == WHOLE + IN_THE_WHOLE
    assert len(told["persons"]) > WHOLE + IN_THE_WHOLE  # some are known twice
    assert [rule for rule, status, _ in told["deadlines"] if (rule, status) == ("D04", "running")]
    phases = Counter(phase for _, phase, _ in told["cases"])
    assert phases["closed"] == pytest.approx(0.28 * len(told["cases"]), rel=0.05)


def loaded(worlds: Worlds, folder: Path, people: int) -> dict[str, list[tuple[Any, ...]]]:
    folder.mkdir()
    with worlds.database(folder) as settings:
        migrate(settings)
        house = open_house(settings)
        try:
            shown: list[int] = []
            assert load_demo(house, OPERATOR, folder / "told.json", people, shown.append)
            assert sum(shown) == people
            assert load_demo(house, OPERATOR, folder / "told.json", people) is None
            with transaction(house.engine) as db:
                hold_chains(db)
                return {
                    name: sorted(map(tuple, db.execute(text(statement)).all()), key=str)
                    for name, statement in TOLD.items()
                }
        finally:
            house.engine.dispose()


def hold_chains(db: Connection) -> None:
    events = table(AuditEvent)
    chains: dict[Any, list[Any]] = defaultdict(list)
    for row in db.execute(select(events).where(events.c.chain.is_not(None))):
        chains[row.file_id, row.chain].append(row._mapping)
    assert not [place for place, rows in chains.items() if broken(rows)]


TOLD = {
    "persons": "SELECT display_name, sex, birth_value, birth_precision FROM persons",
    "cases": "SELECT programme, phase, opened_on FROM cases",
    "tracks": "SELECT code, state, since, due_on FROM tracks",
    "moves": "SELECT track, from_state, to_state, effective_on FROM track_moves",
    "deadlines": "SELECT rule, status, settled_on FROM deadlines",
    "pathways": "SELECT code, since, until FROM pathway_assignments",
}
