"""A server that is told to stop finishes what it took in, and forgets nothing it acknowledged."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from json import dumps, loads
from pathlib import Path
from signal import SIGTERM
from threading import Event
from time import sleep

from sqlalchemy import select

from app.casework.notes.models import Note
from app.core.db import table
from tests.hostile.siege import JSON, Siege, besieged, request
from tests.looking import transaction
from tests.worlds import Worlds

WRITERS, ENOUGH = 8, 40


def write(siege: Siege, stopping: Event, acknowledged: list[str]) -> list[str]:
    """Notes one after the other until the server is gone; what went wrong before that."""
    line = HTTPConnection("127.0.0.1", siege.served.port, timeout=30)
    headers = {"Authorization": f"Bearer {siege.token('social_worker')}", "Content-Type": JSON}
    note = {"kind": "social_work", "occurred_on": "2025-11-01", "text": "written while it stops"}
    wrong = []
    while True:
        try:
            line.request("POST", f"/v1/cases/{siege.places['case']}/notes", dumps(note), headers)
            answer = line.getresponse()
            body = answer.read()
        except (HTTPException, OSError) as gone:
            line.close()
            if not stopping.is_set():
                wrong.append(repr(gone))
            return wrong
        if answer.status == 201:
            acknowledged.append(loads(body)["id"])
        else:
            wrong.append(f"{answer.status} {body[:200]!r}")
            return wrong


def test_what_was_acknowledged_is_there_after_a_stop_under_load(
    worlds: Worlds, tmp_path: Path
) -> None:
    stopping = Event()
    acknowledged: list[str] = []
    with besieged(worlds, tmp_path / "stop") as siege, ThreadPoolExecutor(WRITERS) as pool:
        writers = [pool.submit(write, siege, stopping, acknowledged) for _ in range(WRITERS)]
        while len(acknowledged) < ENOUGH and not any(one.done() for one in writers):
            sleep(0.01)
        stopping.set()
        siege.served.process.send_signal(SIGTERM)
        assert siege.served.process.wait(30) == 0
        assert [one.result() for one in writers] == [[]] * WRITERS
        assert len(acknowledged) >= ENOUGH
        notes = table(Note).c
        with transaction(siege.house.engine) as db:
            kept = set(db.execute(select(notes.id).where(notes.text.is_not(None))).scalars())
        assert set(acknowledged) <= {str(one) for one in kept}
        log = siege.served.log.read_text()
        assert "Traceback" not in log
        assert "Cancel" not in log  # nobody's request was given up


def test_who_asked_before_the_stop_is_answered(worlds: Worlds, tmp_path: Path) -> None:
    """One request waits for a writer that the test holds; it is answered after SIGTERM."""
    with besieged(worlds, tmp_path / "wait") as siege:
        headers = {"Authorization": f"Bearer {siege.token('social_worker')}"}
        line = HTTPConnection("127.0.0.1", siege.served.port, timeout=30)
        alive = request(siege, "GET", "/healthz", b"", role=None)
        with closing(line):
            with siege.held():
                line.request("GET", f"/v1/cases/{siege.places['case']}", headers=headers)
                for _ in range(3):  # others are answered: the one before them has been read
                    assert siege.send(*alive).status == 200
                siege.served.process.send_signal(SIGTERM)
                while "server stops" not in siege.served.log.read_text():
                    sleep(0.01)
            answer = line.getresponse()
            assert (answer.status, loads(answer.read())["id"]) == (200, siege.places["case"])
        assert siege.served.process.wait(30) == 0
