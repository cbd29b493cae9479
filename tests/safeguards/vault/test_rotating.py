"""A new master key while everything is in use, and after a kill in the middle."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from signal import SIGKILL
from threading import Event, Thread
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from passlib.totp import TOTP
from sqlalchemy import select

from app.cli.main import main
from app.core.db import table
from app.core.installation import MASTER_KEY, fact
from app.core.key_file import UnsafeKey
from app.core.settings import Settings
from app.main import open_house
from app.registry.people.models import Identifier
from app.safeguards.audit.models import AuditEvent
from app.safeguards.audit.sequencer import open_sequencer
from app.safeguards.guard.calls import House
from app.safeguards.guard.second_wall import BEYOND
from app.safeguards.vault import rotating
from app.safeguards.vault.master import wrapper_of
from app.safeguards.vault.rotating import Rotation, tables
from tests.looking import transaction
from tests.making import new_case
from tests.serving import ROOT, environment_of, plain_environment
from tests.worlds import PASSWORD, World, working

NUMBER = {"system": "passport", "value": "X-4417-22", "source": "shown"}
KILLED = """
import os, signal, sys
from app.core.settings import Settings
from app.core.settings import Settings
from app.main import open_house
from app.safeguards.guard.calls import House
from app.safeguards.guard.second_wall import BEYOND
from app.safeguards.vault import rotating

rotating.SOME = 20
house = open_house(Settings())
batches = []

def told(count):
    batches.append(count)
    if len(batches) == 3:
        os.kill(os.getpid(), signal.SIGKILL)

rotating.Rotation(house.engine, house.vault, BEYOND).run(told)
"""


def wrappers(world: World) -> set[str]:
    """The ids of the master keys with which anything is wrapped."""
    found = set()
    with transaction(world.house.engine) as db:
        for rows in tables():
            for column in (one for one in rows.c if "wrapped" in one.info):
                values = db.execute(select(column).where(column.is_not(None))).scalars()
                found |= {wrapper_of(value) for value in values}
    return found


def told(world: World) -> str:
    with transaction(world.house.engine) as db:
        return fact(db, MASTER_KEY) or ""


def rotation(world: World) -> Rotation:
    return Rotation(world.house.engine, world.house.vault, BEYOND)


@contextmanager
def at_work(*jobs: Callable[[], Any]) -> Iterator[list[Any]]:
    """Each again and again beside what is done here; all that they answer but 200 and 201."""
    over, faults = Event(), list[Any]()

    def work(job: Callable[[], Any]) -> None:
        while not over.is_set():
            try:
                answer = job()
                if answer.status_code not in (200, 201):
                    faults.append(answer.text)
            except Exception as failure:  # whatever it is, it is one
                faults.append(failure)

    threads = [Thread(target=work, args=(job,)) for job in jobs]
    for one in threads:
        one.start()
    try:
        yield faults
    finally:
        over.set()
        for one in threads:
            one.join()


def test_all_is_wrapped_anew_while_two_servers_read_and_write(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotating, "SOME", 20)
    made, before = new_case(fresh), told(fresh)
    assert wrappers(fresh) == {before}
    text = {"kind": "social_work", "occurred_on": "2026-03-01", "text": "spoke with the family"}
    second = open_house(fresh.house.settings)  # as another process has its own keys
    folder = (fresh.house.settings.master_key_path).parent
    opened = list[str]()

    def write() -> Any:
        return made.post("social_worker", "/notes", text)

    def read() -> Any:
        return made.send("social_worker", "GET", "/notes?limit=200")

    def open_another() -> Any:
        opened.append(new_case(fresh, team=()).id)
        return made.send("social_worker", "GET")

    with working(second, folder) as other:
        there = other.as_("social_worker")
        jobs = (lambda: there("POST", f"{made.path}/notes", json=text), write, read, open_another)
        with at_work(*jobs) as faults:
            count = rotation(fresh).run()
        assert faults == []
        assert count > 100
        assert len(opened) > 0
        assert told(fresh) == fresh.house.vault.ring.newest != before
        assert wrappers(fresh) == {told(fresh)}
        assert there("GET", f"{made.path}/notes").status_code == 200
        assert other.house.vault.ring.newest == told(fresh)
        # Nobody needs the old key any more: neither who knew it nor who starts now.
        assert fresh.house.vault.ring.drop_all_but(told(fresh)) == 1
    second.engine.dispose()
    third = open_house(fresh.house.settings)
    assert list(third.vault.ring.keys) == [told(fresh)]
    with working(third, folder) as anew:
        listed = anew.as_("social_worker")("GET", f"{made.path}/notes?limit=1").json()
        assert listed["items"][0]["text"] == text["text"]
    third.engine.dispose()
    log = open_sequencer(fresh.house.engine, fresh.house.vault, fresh.house.settings)
    log.drain()
    assert log.unvouched == 0


def test_a_rotation_that_is_killed_goes_on(fresh: World) -> None:
    before, settings = told(fresh), fresh.house.settings
    environment = {**plain_environment(), **environment_of(settings), "PYTHONPATH": str(ROOT)}
    killed = subprocess.run(
        [sys.executable, "-c", KILLED], env=environment, capture_output=True, timeout=80
    )
    assert killed.returncode == -SIGKILL, killed.stderr.decode()[-2000:]
    new, old = told(fresh).split()
    assert (old, wrappers(fresh)) == (before, {old, new})
    made = new_case(fresh)  # by a server that runs on, and learns of the new key by itself
    assert made.send("social_worker", "GET").status_code == 200
    lines = settings.master_key_path.read_text().splitlines()
    settings.master_key_path.write_text(lines[1])
    with pytest.raises(UnsafeKey, match=f"{old} is missing"):  # as long as something needs it
        open_house(settings)
    settings.master_key_path.write_text("\n".join(lines))
    assert rotation(fresh).run() > 0
    assert (told(fresh), wrappers(fresh)) == (new, {new}), "no third key is made"
    assert settings.master_key_path.read_text().split() == lines


def test_what_does_not_hang_on_the_master_key(fresh: World) -> None:
    made, key = new_case(fresh), {"Idempotency-Key": "once"}
    worker, path = fresh.as_("social_worker"), f"/v1/people/{made.person_id}/identifiers"
    first = worker("POST", path, json=NUMBER, headers=key)
    assert first.status_code == 201, first.text
    listed = worker("GET", "/v1/cases?limit=1").json()
    rotation(fresh).run()
    fresh.house.vault.ring.drop_all_but(told(fresh))
    again = worker("POST", path, json=NUMBER, headers=key)
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert worker("POST", path, json=NUMBER).status_code == 201
    numbers = table(Identifier)
    with transaction(fresh.house.engine) as db:
        mine = numbers.c.person_id == UUID(made.person_id)
        blind = db.execute(select(numbers.c.blind).where(mine)).scalars().all()
    assert len(blind) == 2
    assert len({*blind}) == 1, "found by equality, before and after"
    assert worker("GET", f"/v1/cases?limit=1&cursor={listed['next']}").status_code == 200


def test_second_factors_outlast_it(fresh: World) -> None:
    member = fresh.staff["social_worker", "north"]
    me, password = fresh.with_token(member.token), {"password": PASSWORD}
    told_ = fresh.sign_ins["social_worker"]
    enrolled = me("POST", "/v1/me/second-factor", json={"password": told_["password"]})
    assert enrolled.status_code in (200, 201), (enrolled.text, password)
    secret = enrolled.json()["secret"]
    rotation(fresh).run()
    fresh.house.vault.ring.drop_all_but(told(fresh))
    code = TOTP(key=secret).generate().token
    confirmed = me("POST", "/v1/me/second-factor/confirm", json={"otp": code})
    assert confirmed.status_code in (200, 201, 204), confirmed.text


def test_the_commands(fresh: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment_of(fresh.house.settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("CASEWORK_MIGRATION_URL", raising=False)
    before, run, houses = told(fresh), CliRunner().invoke, list[House]()

    def house_of(settings: Settings) -> House:
        houses.append(open_house(settings))
        return houses[-1]

    monkeypatch.setattr("app.cli.keys.open_house", house_of)
    added = run(main, ["keys", "add"])
    assert added.exit_code == 0, added.output
    assert told(fresh) == before
    done = run(main, ["keys", "rotate"])
    assert done.exit_code == 0, done.output
    assert told(fresh) in added.output
    assert told(fresh) != before
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rotating, "said", lambda db: ["new", "old"])
        assert "cut short" in run(main, ["keys", "drop"]).output
    dropped = run(main, ["keys", "drop"])
    assert f"the key {told(fresh)} alone; 1 went" in dropped.output
    events = table(AuditEvent)
    with transaction(fresh.house.engine) as db:
        mine = events.c.route.startswith("command keys"), events.c.outcome == "done"
        acts = db.execute(select(events.c.action).where(*mine).order_by(events.c.id)).scalars()
        assert list(acts) == ["key.add", "key.rotate", "key.drop"]
    trail = fresh.as_("auditor")("GET", "/v1/audit/events?action=key.rotate")
    assert trail.status_code == 200, "it can be asked for"
    for house in houses:
        house.engine.dispose()
