"""A break-glass that is refused leaves nothing: no open class, no notice, no event to others.

Only that it was asked for is on record, as any refusal is.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, get_args
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from app.casework.break_glass.rules import recent
from app.casework.break_glass.schemas import Reason
from app.core.db import Base, table
from app.core.values import now
from app.safeguards.audit.models import AuditEvent
from app.safeguards.identity import sessions
from app.safeguards.identity.models import Session
from tests.access.test_break_glass import WHY, move, therapy
from tests.conftest import World
from tests.looking import transaction
from tests.making import Made, Send, new_case, signed_in_now

ROLE, CLASS = "health_worker", "therapy_notes"
LEFT_OUT = "left out"
BLANK = ("", " ", "\t\n ", "\u00a0", "\u2003\u3000")
NO_REASON = (LEFT_OUT, None, "", "curiosity", "Medical_Emergency", ["medical_emergency"], 1)
NO_TEXT = (LEFT_OUT, None, 7, *BLANK)
TOO_LONG = (241, 10_000, 0, -1, 60.5, "60", True, None)
WRONG = [
    *(("reason_code", value) for value in NO_REASON),
    *(("text", value) for value in NO_TEXT),
    *(("minutes", value) for value in TOO_LONG),
]


def body(**more: Any) -> dict[str, Any]:
    whole = {"record_class": CLASS, **WHY, **more}
    return {name: value for name, value in whole.items() if value is not LEFT_OUT}


def asked(case: Made, send: Send | None = None, **more: Any) -> Any:
    send = send or signed_in_now(case.world, ROLE)
    return send("POST", f"{case.path}/break-glass", json=body(**more))


def signed_in_ago(world: World, ago: timedelta) -> Send:
    with transaction(world.house.engine) as db:
        user = UUID(world.staff[ROLE, "north"].id)
        key, life = world.house.vault.admitting, timedelta(hours=12)
        pair = sessions.start(db, key, user, now(), life, life)
        kept = table(Session)
        mine = update(kept).where(kept.c.id == pair.session_id)
        db.execute(mine.values(created_at=now() - ago))
    return world.with_token(pair.access)


def length(begun: str, until: str) -> timedelta:
    first, last = (datetime.fromisoformat(one) for one in (begun, until))
    return last - first


def rows(world: World) -> dict[str, int]:
    """How many there are in each table: whatever is left somewhere is counted."""
    with transaction(world.house.engine) as db:
        return {
            name: db.execute(select(func.count()).select_from(kept)).scalar_one()
            for name, kept in Base.metadata.tables.items()
        }


def last_event(world: World) -> Any:
    events = table(AuditEvent)
    with transaction(world.house.engine) as db:
        return db.execute(select(events).order_by(events.c.id.desc()).limit(1)).one()


@pytest.fixture(scope="module")
def case(world: World) -> Made:
    made = new_case(world)
    therapy(made)
    return made


def left_nothing(
    case: Made, send: Send, ask: Callable[[], Any], status: int, code: str, opened: int = 0
) -> Any:
    """What was answered; beside the one event of it no table has a row more.

    `opened`: how many notes of the class an earlier break-glass shows, which goes on.
    """
    before = rows(case.world)
    answer = ask()
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    after, told = rows(case.world), last_event(case.world)
    assert after == {**before, "audit_events": before["audit_events"] + 1}
    assert (told.outcome, told.code) == ("refused", code)
    assert (told.action, str(told.actor_id)) == ("glass.open", case.world.staff[ROLE, "north"].id)
    assert WHY["text"] not in str(told.detail)
    assert len(send("GET", f"{case.path}/notes").json().get("items", [])) == opened
    return answer


@pytest.mark.parametrize(("name", "value"), WRONG, ids=repr)
def test_what_is_not_said_is_asked_for_and_nothing_is_left(
    case: Made, name: str, value: Any
) -> None:
    send = signed_in_now(case.world, ROLE)
    answer = left_nothing(case, send, lambda: asked(case, send, **{name: value}), 422, "invalid")
    (fault,) = answer.json()["errors"]
    assert fault["pointer"] == f"/{name}"


def test_a_sign_in_of_more_than_five_minutes_ago_is_not_enough(case: Made) -> None:
    send = signed_in_ago(case.world, timedelta(minutes=5, milliseconds=1))
    left_nothing(case, send, lambda: asked(case, send), 403, "sign-in-too-old")


def test_five_minutes_are_these_and_no_more() -> None:
    at, minutes = now(), timedelta(minutes=5)
    assert recent(at - minutes, at)
    assert not recent(at - minutes - timedelta(microseconds=1), at)
    assert not recent(None, at)


def test_a_class_that_the_matrix_does_not_mark_is_not_broken(case: Made) -> None:
    send = signed_in_now(case.world, ROLE)
    for name in ("justice", "faith_counselling", "no_such_class"):
        ask = partial(asked, case, send, record_class=name)
        left_nothing(case, send, ask, 403, "not-breakable")


def test_without_any_word_it_is_not_broken_but_with_these_it_is(world: World) -> None:
    """Else what is refused above might be so for another reason."""
    case = new_case(world)
    note, send = therapy(case), signed_in_ago(world, timedelta(minutes=4, seconds=50))
    for minutes, lasts in ((LEFT_OUT, 60), (240, 240), (1, 1)):
        made = asked(case, send, minutes=minutes)
        assert made.status_code == 201, made.text
        glass = made.json()
        begun, until = (glass[name] for name in ("created_at", "until"))
        assert length(begun, until) == timedelta(minutes=lasts)
        assert [one["id"] for one in send("GET", f"{case.path}/notes").json()["items"]] == [note]
        assert send("POST", f"{case.path}/break-glass/{glass['id']}/end").is_success
        verdict = {"verdict": "justified", "text": "seen"}
        path = f"/break-glass/{glass['id']}/review"
        assert case.post("data_protection_officer", path, verdict).is_success


def test_a_second_one_and_one_too_many_leave_nothing(fresh: World) -> None:
    case = new_case(fresh)
    therapy(case)
    send = signed_in_now(fresh, ROLE)
    glass = asked(case, send, minutes=200).json()["id"]
    left_nothing(case, send, lambda: asked(case, send), 409, "wrong-state", opened=1)
    move(fresh, "created_at", glass, -timedelta(minutes=201))
    move(fresh, "until", glass, -timedelta(minutes=1))
    left_nothing(case, send, lambda: asked(case, send, minutes=41), 409, "wrong-state")
    move(fresh, "review_due_at", glass, -timedelta(seconds=1))
    left_nothing(case, send, lambda: asked(case, send, minutes=1), 403, "suspended")


def test_each_reason_of_the_list_is_one(world: World) -> None:
    for code in get_args(Reason):
        assert asked(new_case(world), reason_code=code).status_code == 201, code
