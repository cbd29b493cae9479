"""A start with other settings, or another policy, is on record by name and never by value."""

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from app.cli.main import judged_by
from app.core.db import table
from app.core.installation import Fact, fact
from app.safeguards.audit.models import AuditEvent
from app.safeguards.guard.configuring import CONFIGURE, KNOWN, note_configuration
from tests.conftest import World
from tests.looking import transaction


def on_record(world: World) -> list[Any]:
    events = table(AuditEvent)
    mine = events.c.action == CONFIGURE
    with transaction(world.house.engine) as db:
        return [*db.execute(select(events).where(mine).order_by(events.c.id))]


def test_what_differs_from_the_last_start_is_named(fresh: World) -> None:
    house = fresh.house
    settings = house.settings
    assert set(note_configuration(house, {"policy.toml": "1"})) >= {
        "policy.toml",
        "host",
        "version",
    }
    assert note_configuration(house, {"policy.toml": "1"}) == []
    other = settings.model_copy(update={"session_hours": 3, "otlp_endpoint": "https://secret.test"})
    changed = replace(house, settings=other)
    assert note_configuration(changed, {"policy.toml": "2"}) == [
        *("otlp_endpoint", "policy.toml", "session_hours")
    ]
    assert note_configuration(changed, {"policy.toml": "2"}) == []
    assert note_configuration(house, {}) == ["otlp_endpoint", "policy.toml", "session_hours"]
    first, second, third = on_record(fresh)
    assert second.detail["changed"] == third.detail["changed"]
    for row in (first, second, third):
        assert (row.outcome, row.actor_id, row.route) == ("configured", None, "command run")
    with transaction(house.engine) as db:
        kept = fact(db, KNOWN)
        every = [*db.execute(select(table(Fact).c.name).where(table(Fact).c.name == KNOWN))]
    assert kept is not None
    assert len(every) == 1
    assert "secret" not in kept
    assert str(settings.session_hours) not in kept.split(":")


def test_who_oversees_and_who_runs_the_system_are_told(fresh: World) -> None:
    note_configuration(fresh.house, judged_by())
    for role, names in (("auditor", {"detail", "outcome"}), ("administrator", {"outcome"})):
        (told,) = fresh.as_(role)("GET", f"/v1/audit/events?action={CONFIGURE}").json()["items"]
        assert names <= told.keys()
        assert told["outcome"] == "configured"
    assert set(judged_by()) == {"policy.toml", "offices.toml", "SEALS.toml", "told.toml"}
    asked = fresh.as_("auditor")("GET", "/v1/audit/events?outcome=configured").json()["items"]
    assert len(asked) == 1
    assert fresh.as_("auditor", "south")("GET", f"/v1/audit/events?action={CONFIGURE}").json()[
        "items"
    ]
    assert (
        fresh.as_("social_worker")("GET", f"/v1/audit/events?action={CONFIGURE}").json()["items"]
        == []
    )
