"""The second record: each event that is committed has its line before the answer leaves."""

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.db import table
from app.core.errors import Uncertain
from app.core.settings import Settings
from app.core.values import new_id, now
from app.safeguards.audit import sink as sinking
from app.safeguards.audit.chain import LOGGED, log_leaf
from app.safeguards.audit.models import AuditEvent
from app.safeguards.audit.sink import Sink, UnsafeSink, open_sink, real_place
from app.safeguards.guard.circumstances import Circumstances
from tests.conftest import World
from tests.looking import transaction
from tests.making import new_case

NOTE = {"kind": "social_work", "occurred_on": "2026-01-05", "text": "a visit"}


def made(count: int = 1) -> list[dict[str, Any]]:
    told = Circumstances(None, "case.read", "GET /route", new_id(), now())
    return [told.event("refused") for _ in range(count)]


def lines(place: Any) -> list[str]:
    return [line for line in Path(place).read_text().splitlines() if line]


def line_of(event: Any) -> str:
    return f"{event['id']} {log_leaf(event).hex()}"


def test_events_are_appended_in_one_piece_each(tmp_path: Path) -> None:
    place = tmp_path / "below" / "log.sink"
    one, two = open_sink(str(place)), open_sink(str(place))
    assert one
    assert two
    some = made(3)
    one.tell(some[:2])
    two.tell(some[2:])
    one.tell([])
    assert lines(place) == [line_of(event) for event in some]
    assert place.stat().st_mode & 0o777 == 0o600
    assert open_sink("") is None


def test_a_record_that_was_begun_is_not_begun_anew(tmp_path: Path) -> None:
    place = tmp_path / "below" / "log.sink"
    with pytest.raises(UnsafeSink, match="No such file"):
        open_sink(str(place), begins=False)
    assert not place.parent.exists()
    assert open_sink(str(place))
    assert open_sink(str(place), begins=False)
    assert open_sink("", begins=False) is None


def test_a_place_is_the_same_by_whichever_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "linked").symlink_to(tmp_path / "below")
    there = str(tmp_path.resolve() / "below" / "log.sink")
    for said in ("below/log.sink", "./below/log.sink", "linked/log.sink", there):
        assert real_place(said) == there
        assert real_place(f"syslog:{said}") == f"syslog:{there}"
    assert real_place("") == ""


def test_the_system_log_is_told_each(tmp_path: Path) -> None:
    place = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(place)
        ear.settimeout(5)
        sink, some = open_sink(f"syslog:{place}"), made(2)
        assert sink
        sink.tell(some)
        heard = [ear.recv(1000).decode() for _ in some]
        assert heard == [f"<110>casework: {line_of(event)}" for event in some]
        ear.close()
        with pytest.raises(Uncertain):
            sink.tell(some)


@pytest.mark.parametrize("place", ["{}", "syslog:{}/nowhere", "/proc/nowhere/log.sink"])
def test_what_cannot_be_written_to_stops_the_start(tmp_path: Path, place: str) -> None:
    with pytest.raises(UnsafeSink, match="CASEWORK_SINK"):
        open_sink(place.format(tmp_path))


@pytest.mark.parametrize("place", ["syslog:", "syslog:host:514"])
def test_the_system_log_is_a_socket_of_this_machine(place: str) -> None:
    with pytest.raises(ValueError, match="sink"):
        Settings(sink=place)


def test_a_line_that_was_cut_spoils_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink, some, write = Sink(str(tmp_path / "log.sink")), made(3), os.write
    sink.tell(some[:1])
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda file, whole: write(file, whole[:51]))
        with pytest.raises(Uncertain):
            sink.tell(some[1:2])
    sink.tell(some[2:])
    first, cut, last = lines(tmp_path / "log.sink")
    assert (first, cut, last) == (line_of(some[0]), line_of(some[1])[:50], line_of(some[2]))


def test_a_stump_of_another_process_spoils_no_line(tmp_path: Path) -> None:
    place, some = tmp_path / "log.sink", made(2)
    Sink(str(place)).tell(some[:1])
    with place.open("a") as other:
        other.write(line_of(some[0])[:50])
    Sink(str(place)).tell(some[1:])
    assert lines(place) == [line_of(some[0]), line_of(some[0])[:50], line_of(some[1])]


def test_threads_write_no_line_into_another(tmp_path: Path) -> None:
    place, some = tmp_path / "log.sink", made(200)
    sink = Sink(str(place))
    with ThreadPoolExecutor(6) as pool:
        [*pool.map(lambda one: sink.tell([one]), some)]
    assert sorted(lines(place)) == sorted(map(line_of, some))


def test_a_system_log_that_began_anew_is_found_again(tmp_path: Path) -> None:
    place, some = str(tmp_path / "socket"), made(2)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as first:
        first.bind(place)
        sink = open_sink(f"syslog:{place}")
        assert sink
        sink.tell(some[:1])
    Path(place).unlink()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as again:
        again.bind(place)
        again.settimeout(5)
        sink.tell(some[1:])
        assert again.recv(1000).decode() == f"<110>casework: {line_of(some[1])}"


def test_a_system_log_that_takes_nothing_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sinking, "PATIENCE", (0, 50_000))
    place = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(place)
        sink = open_sink(f"syslog:{place}")
        assert sink
        with pytest.raises(Uncertain):
            sink.tell(made(5_000))


@pytest.fixture
def sunk(fresh: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A world, and the lines of its second record from here on."""
    place = tmp_path / "log.sink"
    object.__setattr__(fresh.house, "sink", Sink(str(place)))
    return fresh, lambda: lines(place)


def test_each_way_of_a_request_has_its_line(sunk: Any) -> None:
    """As the database has its events: none is missing, and none says anything else."""
    world, told = sunk
    case = new_case(world)
    note = case.post("social_worker", "/notes", NOTE).json()["id"]
    case.post("social_worker", "/notes", NOTE, headers={"Idempotency-Key": "key"})
    case.post("social_worker", "/notes", NOTE, headers={"Idempotency-Key": "key"})
    for _ in range(2):
        for role, path in (
            *(("social_worker", ""), ("social_worker", f"/notes/{note}"), ("auditor", "/history")),
            *(("auditor", "/timeline?limit=2"), ("social_worker", "/timeline"), ("auditor", "")),
            *(("administrator", ""), ("educator", "/notes"), ("social_worker", "/notes?limit=1")),
        ):
            case.send(role, "GET", path)
    case.post("social_worker", "/notes", {"kind": "nonsense"})
    world.as_("coordinator")("GET", "/v1/cases?limit=3")
    world.with_token("nobody")("GET", "/v1/me")
    user = world.staff["coordinator", "north"]
    form = {"grant_type": "password", "username": user.username, "password": user.password}
    pair = world.client.post("/v1/token", data=form).json()
    renewed = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
    pair = world.client.post("/v1/token", data=renewed).json()
    world.client.post("/v1/token", data={**form, "password": "wrong"})
    world.client.post("/v1/token", data={"grant_type": "nonsense"})
    world.client.post("/v1/token/revoke", data={"token": pair["access_token"]})
    world.client.post("/v1/token/revoke", data={})
    events, said = table(AuditEvent), told()
    ids = [UUID(line.partition(" ")[0]) for line in said]
    with transaction(world.house.engine) as db:
        columns = [events.c[name] for name in LOGGED]
        found = db.execute(select(*columns).where(events.c.id >= min(ids))).mappings().all()
    assert len(said) == len({*said}) == len(found)
    assert {*said} == {line_of(event) for event in found}
    outcomes = {event["outcome"] for event in found}
    assert outcomes == {"read", "written", "refused", "signed-in", "signed-out"}


def test_without_it_nothing_is_answered(sunk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world, _ = sunk
    case = new_case(world)
    case.get("social_worker")

    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("app.safeguards.audit.sink.os.write", full)
        for answer in (
            case.send("social_worker", "GET", ""),
            case.send("social_worker", "GET", "/notes"),
            case.send("auditor", "GET", "/history"),
            case.send("administrator", "GET", ""),
            case.post("social_worker", "/notes", NOTE),
            world.with_token("nobody")("GET", "/v1/me"),
            world.client.post("/v1/token", data={"grant_type": "nonsense"}),
        ):
            assert answer.status_code == 503, answer.text
            assert case.id not in answer.text
    assert case.send("social_worker", "GET", "").status_code == 200
