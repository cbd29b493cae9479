"""`casework intake` on both engines: tried by default, loaded on demand, by somebody who may."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from app.cli.main import main
from app.core.db import table
from app.safeguards.audit.models import AuditEvent
from tests.conftest import World
from tests.looking import transaction
from tests.registry.acting import operation, rows

EXAMPLE = Path(__file__).parents[3] / "docs/examples/manifest.csv"
Command = Callable[..., Result]


@pytest.fixture
def command(world: World, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setattr("app.cli.intake.open_house", lambda _: world.house)

    def run(file: Path, code: str, *more: str) -> Result:
        return CliRunner().invoke(main, ["intake", str(file), "--operation", code, *more])

    return run


def planned(world: World) -> tuple[str, str]:
    place = operation(world)
    return place, world.as_("coordinator")("GET", f"/v1/operations/{place}").json()["code"]


def test_tried_then_loaded_then_refused(world: World, command: Command) -> None:
    place, code = planned(world)
    who = ("--as", "demo-social-worker-north")
    before = rows(world)
    tried = command(EXAMPLE, code, *who)
    assert tried.exit_code == 0, tried.output
    assert "12 lines, 0 errors" in tried.output
    assert "12 people, 12 cases, 3 households" in tried.output
    assert "(birth-placeholder)" in tried.output
    assert "Nothing was written" in tried.output
    assert "Синтетова" not in tried.output
    assert rows(world) == before
    done = command(EXAMPLE, code, *who, "--commit")
    assert done.exit_code == 0, done.output
    assert "Loaded: 12 people" in done.output
    assert rows(world)["cases"] == before["cases"] + 12
    arrivals = world.as_("social_worker")("GET", f"/v1/operations/{place}/arrivals").json()
    assert len(arrivals["items"]) == 12
    after = rows(world)
    again = command(EXAMPLE, code, *who, "--commit")
    assert again.exit_code == 1, again.output
    assert "--confirm-duplicates" in again.output
    assert rows(world) == after


def test_what_is_wrong_is_told_by_line(world: World, command: Command, tmp_path: Path) -> None:
    _, code = planned(world)
    broken = tmp_path / "broken.csv"
    broken.write_text("name,birth date\nCANARY Синтетова,32.01.2015\n", encoding="utf-8")
    before = rows(world)
    for more in ((), ("--commit",)):
        refused = command(broken, code, "--as", "demo-social-worker-north", *more)
        assert refused.exit_code == 1
        assert "2  birth" in refused.output
        assert "(no-such-day)" in refused.output
        assert "CANARY" not in refused.output
    assert rows(world) == before


def test_the_lead_has_the_cases(world: World, command: Command, tmp_path: Path) -> None:
    place, code = planned(world)
    file = tmp_path / "one.csv"
    file.write_text("name,birth date\nСинтетова Ведомая,1991\n", encoding="utf-8")
    lead = ("--lead", "demo-social-worker-north")
    done = command(file, code, *lead, "--as", "demo-coordinator-north", "--commit")
    assert done.exit_code == 0, done.output
    me = world.as_("social_worker")("GET", "/v1/me").json()["id"]
    (came,) = world.as_("social_worker")("GET", f"/v1/operations/{place}/arrivals").json()["items"]
    case = world.as_("social_worker")("GET", f"/v1/cases/{came['case_id']}").json()
    assert case["lead_worker_id"] == me


@pytest.mark.parametrize(
    ("who", "told"),
    [
        (("--as", "nobody-here"), "nobody on the staff"),
        (("--as", "demo-prosecutor-north"), "(forbidden)"),
        (("--as", "demo-supervisor-north"), "(forbidden)"),
        (("--as", "demo-social-worker-south"), "no operation within reach"),
        (("--as", "demo-social-worker-north", "--lead", "nobody-here"), "nobody on the staff"),
        ((), "name who loads it"),
    ],
)
def test_who_may_not(world: World, command: Command, who: Any, told: str) -> None:
    _, code = planned(world)
    before = rows(world)
    refused = command(EXAMPLE, code, *who, "--commit")
    assert refused.exit_code != 0
    assert told in refused.output
    assert rows(world) == before


def test_a_refusal_is_on_record(world: World, command: Command) -> None:
    _, code = planned(world)
    assert command(EXAMPLE, code, "--as", "demo-supervisor-north").exit_code == 1
    events = table(AuditEvent)
    with transaction(world.house.engine) as db:
        last = db.execute(
            select(events.c.outcome, events.c.role, events.c.action)
            .where(events.c.route == "command operation.receive")
            .order_by(events.c.id.desc())
            .limit(1)
        ).one()
    assert tuple(last) == ("refused", "supervisor", "operation.receive")
