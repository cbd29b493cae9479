"""A client that asks for a long stream and takes none of it, on a real line."""

import socket
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, IncompleteRead
from signal import SIGTERM
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from app.core.db import table
from app.core.values import new_id, now
from app.core.wire import AT_THE_END, wire
from app.registry.cases.models import TeamMember
from app.safeguards.audit.models import SAID, AuditEvent
from tests.hostile.siege import Siege, besieged, request
from tests.looking import rewritten, transaction
from tests.making import today
from tests.worlds import Worlds

MANY = 30_000  # entries: more bytes than a line holds between two sockets


def prolong(siege: Siege) -> None:
    """As many versions of one record as make a long timeline; of its chain, nobody asks here."""
    events, case_id = table(AuditEvent), UUID(siege.places["case"])
    with transaction(siege.house.engine) as db:
        here = (events.c.file_id == case_id, events.c.record == "case")
        first = db.execute(select(*SAID).where(*here, events.c.outcome == "written")).first()
        assert first is not None
        for start in range(0, MANY, 5_000):
            rows = [
                {
                    **first._mapping,
                    **{"id": new_id(), "created_at": now()},
                    **{"seq": 1_000_000 + number, "record_version": 1_000_000 + number},
                }
                for number in range(start, start + 5_000)
            ]
            db.execute(insert(events), rows)


@pytest.fixture(scope="module")
def long(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    with besieged(worlds, tmp_path_factory.mktemp("stalled")) as siege:
        prolong(siege)
        yield siege


def asked(siege: Siege) -> socket.socket:
    """A line on which the timeline begins to come, and is not taken."""
    (whole,) = request(siege, "GET", "/v1/cases/{case}/timeline")
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    line.settimeout(60)
    line.connect(("127.0.0.1", siege.served.port))
    line.sendall(whole)
    assert line.recv(12) == b"HTTP/1.1 200"
    return line


def told(siege: Siege) -> bytes:
    (whole,) = request(siege, "GET", "/v1/cases/{case}/timeline")
    return siege.send(whole).raw


def test_the_client_sees_that_a_stream_was_cut_short(long: Siege) -> None:
    def leaves(until: Any) -> None:
        members = table(TeamMember)
        mine = members.c.case_id == UUID(long.places["case"])
        with transaction(long.house.engine) as db:
            rewritten(db, TeamMember, mine, until=until)

    line = HTTPConnection("127.0.0.1", long.served.port, timeout=60)
    headers = {"Authorization": f"Bearer {long.token('social_worker')}"}
    with closing(line):
        line.request("GET", f"/v1/cases/{long.places['case']}/timeline", headers=headers)
        answer = line.getresponse()
        assert answer.read(12) == b'{"items":[{"'
        leaves(today())
        with pytest.raises(IncompleteRead):
            answer.read()
    assert "stream ended before its end" in long.served.log.read_text()
    leaves(None)


def test_who_takes_nothing_keeps_neither_others_nor_a_stop_waiting(long: Siege) -> None:
    lines = [asked(long) for _ in range(12)]  # more than there are lanes
    try:
        assert long.ask("social_worker", "GET", f"/v1/cases/{long.places['case']}")["id"]
        assert told(long).endswith(b'],"next":null}\r\n0\r\n\r\n')
        long.served.process.send_signal(SIGTERM)
        assert long.served.process.wait(9) == 0  # the server itself would wait for ten
    finally:
        for line in lines:
            line.close()
    log = long.served.log.read_text()
    assert "Traceback" not in log
    assert "Cancel" not in log


class Line:
    """Stands for a transport and for the clock of its loop."""

    def __init__(self) -> None:
        self.after: list[float] = []
        self.aborted = False

    def call_later(self, seconds: float, step: Any) -> Any:
        self.after.append(seconds)
        return SimpleNamespace(cancel=self.after.pop)

    def abort(self) -> None:
        self.aborted = True


def test_a_client_has_its_time_to_take_what_waits_and_less_at_the_end() -> None:
    line = Line()
    one = object.__new__(wire(10, 1_000, 30, most_open=1000))
    one.loop = one.transport = line
    one.flow = SimpleNamespace(pause_writing=int, resume_writing=int)
    one.stalled, one.cycle = None, SimpleNamespace(response_complete=False, keep_alive=True)
    one.pause_writing()
    assert line.after == [30]
    one.resume_writing()
    assert line.after == []
    one.pause_writing()
    one.shutdown()
    assert line.after == [AT_THE_END]
    one.resume_writing()
    one.pause_writing()
    assert line.after == [AT_THE_END]
    assert not one.cycle.keep_alive
