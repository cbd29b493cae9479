"""A witness elsewhere, the program that a partner runs, and a log that shows it what it signs."""

import json
import socket
import sqlite3
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from http.client import HTTPConnection
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

import pytest
from sqlalchemy import select, text, update

from app import verify, witness
from app.core.db import table
from app.core.engine import UnsafeDatabase
from app.core.settings import UnsafeSettings
from app.core.transactions import reading
from app.safeguards.audit import witnessing
from app.safeguards.audit.exported import export
from app.safeguards.audit.keys import SigningKey
from app.safeguards.audit.models import LogHead
from app.safeguards.audit.notes import read_note, verified
from app.safeguards.audit.sequencer import Sequencer, open_sequencer
from app.safeguards.audit.stored_log import head_of
from app.safeguards.audit.witnessing import Unwitnessed, post, witnesses_of
from tests.conftest import World
from tests.looking import past_insistence, transaction

Serving = tuple[witness.Witness, str]


@pytest.fixture
def serving(fresh: World, tmp_path: Path) -> Iterator[Serving]:
    """The program, which watches the log of this world."""
    keys = open_sequencer(fresh.house.engine, fresh.house.vault, fresh.house.settings)
    watched = [one.vkey() for one in (k.verifier for k in keys.sequencing.keys.signers)]
    files = {"key_file": tmp_path / "witness.key", "store": tmp_path / "witness.db"}
    made = witness.witness_of(Namespace(name="ombudsman.example/w1", log=watched, **files))
    made.prepare()
    with ThreadingHTTPServer(("127.0.0.1", 0), witness.handler_of(made)) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield made, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def told(serving: Serving, number: int = 0) -> str:
    made, address = serving
    return f"{made.keys[number].verifier.vkey()} {address}"


def sequencer(world: World, *witnesses: str) -> Sequencer:
    settings = world.house.settings.model_copy(update={"witnesses": [*witnesses]})
    made = open_sequencer(world.house.engine, world.house.vault, settings)
    made.shown_at = -1000.0
    return made


def head(world: World) -> Any:
    with transaction(world.house.engine) as db:
        return db.execute(select(table(LogHead))).one()


def test_what_is_signed_is_witnessed(fresh: World, serving: Serving, tmp_path: Path) -> None:
    lets_grow = sequencer(fresh, told(serving), told(serving, 1))
    lets_grow.once()
    found = head(fresh)
    note = read_note(found.witnessed.encode())
    keys = [one.verifier for one in serving[0].keys]
    assert verified(note, keys).keys() == set(keys)
    assert note.text == read_note(found.note.encode()).text
    ask = fresh.as_("auditor")
    assert ask("GET", "/v1/audit/checkpoint").json()["witnessed"] == found.witnessed
    lets_grow.shown_at = -1000.0
    lets_grow.once()  # the log has grown by one, and the witness holds what was before
    assert f"\n{head(fresh).size}\n" in head(fresh).witnessed
    with reading(fresh.house.engine) as db:
        export(db, tmp_path / "log")
    given = [f"--key={one}" for one in (tmp_path / "log" / "keys").read_text().split()]
    given += [f"--witness={one.vkey()}" for one in keys]
    assert verify.main(["log", str(tmp_path / "log"), *given]) == 0
    (event, *_) = ask("GET", "/v1/audit/events?limit=1").json()["items"]
    (case, *_) = fresh.as_("coordinator")("GET", "/v1/cases?limit=1").json()["items"]
    shown = ask("GET", f"/v1/audit/events/{event['id']}/proof").json()
    (tmp_path / "proof").write_text(shown["proof"])
    (tmp_path / "entry").write_text(json.dumps(shown["entry"]))
    of_it = ["proof", str(tmp_path / "proof"), "--entry", str(tmp_path / "entry")]
    assert verify.main([*of_it, *given]) == 0
    bundle = ask("GET", f"/v1/cases/{case['id']}/audit-bundle").content
    (tmp_path / "bundle").write_bytes(bundle)
    assert verify.main(["case", str(tmp_path / "bundle"), *given]) == 0
    (tmp_path / "log" / "checkpoint").write_text(head(fresh).note)
    assert verify.main(["log", str(tmp_path / "log"), *given]) == 1


def test_a_witness_that_is_silent_is_not_waited_for(fresh: World, serving: Serving) -> None:
    sequencer(fresh, told(serving)).once()
    with reading(fresh.house.engine) as db:
        found = head_of(db)
    assert found is not None
    assert found.given_away() == (found.size, found.witnessed)
    assert found.signed_at is not None
    later = found._replace(signed_at=found.signed_at + timedelta(hours=2), size=found.size + 1)
    assert later.given_away() == (found.size + 1, found.note)


def test_it_goes_on_from_where_the_witness_is(fresh: World, serving: Serving) -> None:
    sequencer(fresh, told(serving)).once()
    fresh.as_("auditor")("GET", "/v1/audit/checkpoint")
    anew = sequencer(fresh, told(serving))  # another process, that does not know what it holds
    anew.once()
    assert f"\n{head(fresh).size}\n" in head(fresh).witnessed


def test_an_older_state_is_refused_even_without_our_own_file(
    fresh: World, serving: Serving
) -> None:
    lets_grow = sequencer(fresh, told(serving))
    lets_grow.sequencing.batch(most=700)
    before = head(fresh)
    lets_grow.drain()
    lets_grow.show_witnesses()
    fresh.house.settings.log_checkpoint_file.unlink()
    with past_insistence(fresh.house) as db:
        db.execute(text(f"DELETE FROM log_leaves WHERE leaf_index >= {before.size}"))
        db.execute(update(table(LogHead)).values(dict(before._mapping)))
    with pytest.raises(UnsafeDatabase, match="a witness has signed more"):
        sequencer(fresh, told(serving))
    alone = sequencer(fresh)
    alone.witnesses = witnesses_of([told(serving)])
    alone.witnesses.sign_now(fresh.house.engine)
    assert alone.witnesses.behind


def test_who_holds_another_past_says_so(
    fresh: World, serving: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    lets_grow = sequencer(fresh, told(serving))
    lets_grow.once()
    with closing(sqlite3.connect(serving[0].store)) as db, db:
        db.execute("UPDATE seen SET root = ?", (b"x" * 32,))
    lets_grow.shown_at, lets_grow.witnesses.signed = -1000.0, 0
    lets_grow.once()
    assert "a witness has seen more than there is" in caplog.text
    assert lets_grow.witnesses.behind


@pytest.mark.parametrize(
    "answer",
    [
        (200, "text/plain", b"nonsense\n"),
        (200, "text/plain", "— ombudsman.example/w1 AAAAAAAA\n".encode()),
        (409, "text/x.tlog.size", b"many\n"),
        (500, "text/plain", b""),
        (404, "text/plain", b"not here\n"),
    ],
)
def test_no_other_answer_is_the_word_of_a_witness(
    fresh: World, serving: Serving, answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    lets_grow = sequencer(fresh, told(serving))
    (one,) = lets_grow.witnesses.each
    one.post = lambda *_: answer
    lets_grow.once()
    assert "a witness did not sign" in caplog.text
    assert not lets_grow.witnesses.behind
    assert "ombudsman" not in (head(fresh).witnessed or "")
    one.post = post
    lets_grow.shown_at = -1000.0
    lets_grow.once()
    assert "ombudsman" in head(fresh).witnessed


def head_now(world: World) -> Any:
    with reading(world.house.engine) as db:
        return head_of(db)


def test_who_answers_byte_by_byte_is_waited_for_no_longer(
    fresh: World, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is not asked again while that answer is still coming; meanwhile the log grows."""
    lets_grow, over, asked = sequencer(fresh, told(serving)), Event(), list[int]()
    pool: Any = fresh.house.engine.pool
    before = pool.checkedout()

    def trickling(*_: Any) -> Any:
        asked.append(pool.checkedout())
        over.wait(30)
        return 200, "text/plain", b""

    monkeypatch.setattr(witnessing, "PATIENCE", 0.05)
    (one,) = lets_grow.witnesses.each
    one.post = trickling
    for _ in range(2):
        lets_grow.once()
        lets_grow.shown_at = -1000.0
        assert lets_grow.witnesses.why == ["no answer"]
    assert asked == [before], "no connection is held while a witness thinks"
    over.set()
    assert one.errand.thread is not None
    one.errand.thread.join()
    one.post = post
    monkeypatch.setattr(witnessing, "PATIENCE", 5)
    lets_grow.once()
    assert lets_grow.witnesses.why == []


def test_each_has_a_thread_of_its_own(fresh: World) -> None:
    lets_grow, waited = sequencer(fresh), Event()
    object.__setattr__(lets_grow, "show_witnesses", lambda: waited.wait(30))
    lets_grow.start()
    try:
        until = monotonic() + 30
        while lets_grow.size == 0 and monotonic() < until:
            sleep(0.05)
        assert lets_grow.size > 1000
    finally:
        waited.set()
        lets_grow.stop()


def test_what_goes_wrong_with_witnesses_is_told_and_passes(
    fresh: World, caplog: pytest.LogCaptureFixture
) -> None:
    lets_grow = sequencer(fresh)
    object.__setattr__(lets_grow, "show_witnesses", lambda: 1 / 0)
    lets_grow.once()
    assert "witnesses could not be asked" in caplog.text
    assert lets_grow.size > 1000


def test_nobody_there_does_not_stop_the_log(fresh: World, serving: Serving) -> None:
    key = told(serving).partition(" ")[0]
    lets_grow = sequencer(fresh, f"{key} http://127.0.0.1:9")
    lets_grow.once()
    assert lets_grow.size > 1000
    assert lets_grow.witnesses.why == ["no answer"]


@pytest.mark.parametrize(
    ("key", "address"),
    [("", "http://witness.example"), ("", "ftp://127.0.0.1"), ("x", "https://witness.example")],
)
def test_a_witness_is_reached_safely_or_not_at_all(
    serving: Serving, key: str, address: str
) -> None:
    known = told(serving).partition(" ")[0]
    with pytest.raises(UnsafeSettings, match="CASEWORK_WITNESSES"):
        witnesses_of([f"{key or known} {address}"])


# --- the program ----------------------------------------------------------------------------------


def asked(serving: Serving, body: bytes, path: str = "/add-checkpoint", **more: str) -> Any:
    port = int(serving[1].rpartition(":")[2])
    with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as line:
        line.request("POST", path, body, more)
        answer = line.getresponse()
        return answer.status, answer.getheader("Content-Type"), answer.read()


def test_what_is_no_request_is_refused(serving: Serving) -> None:
    assert asked(serving, b"nonsense")[0] == 400
    assert asked(serving, b"", "/other")[0] == 404
    assert asked(serving, b"", **{"Content-Length": str(1 << 21)})[0] == 413


def test_it_hangs_up_on_who_comes_when_it_is_full(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witness, "AT_ONCE", 1)
    with witness.Server(("127.0.0.1", 0), witness.handler_of(serving[0])) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        here = serving[0], f"http://127.0.0.1:{server.server_address[1]}"
        with closing(socket.create_connection(("127.0.0.1", server.server_port))) as slow:
            slow.sendall(b"POST")
            until = monotonic() + 10
            while server.free._value and monotonic() < until:  # until it has been taken up
                sleep(0.01)
            with pytest.raises(OSError):  # noqa: PT011 - reset, or closed without a word
                asked(here, b"nonsense")
        until = monotonic() + 10
        while not server.free._value and monotonic() < until:
            sleep(0.01)
        assert asked(here, b"nonsense")[0] == 400
        server.shutdown()
        thread.join()


def test_who_trickles_is_hung_up_on(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often a byte comes, all of a request has so long."""
    monkeypatch.setattr(witness, "WAIT", 0.5)
    port, until = int(serving[1].rpartition(":")[2]), monotonic() + 8
    with closing(socket.create_connection(("127.0.0.1", port))) as slow:
        slow.sendall(b"POST /add-checkpoint HTTP/1.1\r\n")
        slow.settimeout(0.1)
        while monotonic() < until:
            try:
                slow.sendall(b"X-More: more\r\n")
                if slow.recv(1) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
    assert monotonic() < until
    assert asked(serving, b"nonsense")[0] == 400


def test_it_keeps_its_word_over_a_start(fresh: World, serving: Serving) -> None:
    """What it has signed it holds in its file, and its key has not changed."""
    sequencer(fresh, told(serving)).once()
    made = serving[0]
    given = Namespace(name="ombudsman.example/w1", log=[], store=made.store)
    given.key_file = made.store.with_name("witness.key")
    again = witness.witness_of(given)
    assert [one.seed for one in again.keys] == [one.seed for one in made.keys]
    with closing(again.connect()) as db:
        assert db.execute("SELECT size FROM seen").fetchall() == [(head(fresh).size,)]


def test_who_has_lost_what_they_saw_begins_anew_only_if_told_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Any past would be the first to them."""
    log = SigningKey("log.example/1", witness.KINDS[0], bytes(32)).verifier.vkey()
    store = tmp_path / "witness.db"
    given = ["--name", "ombudsman.example/w1", "--log", log, "--store", str(store), "--keys"]
    given += ["--key-file", str(tmp_path / "witness.key")]
    assert witness.main(given) == 0
    keys = capsys.readouterr().out
    assert witness.main(given) == 0, "its store is there from the first moment"
    store.unlink()
    assert witness.main(given) == 2
    assert f"{store} is gone" in capsys.readouterr().err
    assert witness.main([*given, "--anew"]) == 0
    assert capsys.readouterr().out == keys
    assert store.exists()


def test_it_signs_nothing_that_it_has_not_stored(
    fresh: World, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    lets_grow = sequencer(fresh, told(serving))
    lets_grow.drain()
    connect = witness.Witness.connect

    class Full:
        def __init__(self, db: sqlite3.Connection) -> None:
            self.db = db

        def execute(self, statement: str, *given: Any) -> Any:
            if statement == "COMMIT":
                raise sqlite3.OperationalError("disk is full")
            return self.db.execute(statement, *given)

        def close(self) -> None:
            self.db.close()

    monkeypatch.setattr(witness.Witness, "connect", lambda self: Full(connect(self)))
    (one,) = lets_grow.witnesses.each
    with pytest.raises(Unwitnessed):
        one.signature(fresh.house.engine, head_now(fresh))
